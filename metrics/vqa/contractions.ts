/**
 * The contractions that the VQA v2 evaluation restores: an answer written without an apostrophe gets it back.
 * The table of the evaluation is regular but for a few entries, so it is derived from the contracted forms:
 * a form with one apostrophe is found without it, a form with two is found with either of them missing.
 */

const ONE_APOSTROPHE =
  "ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how'll how's I'm I've " +
  "isn't it'd it'll ma'am mightn't might've mustn't must've needn't not've o'clock oughtn't shan't should've shouldn't " +
  "somebody'll somebody's someone'd someone'll someone's something'd something'll that's there'd there're there's " +
  "they'd they'll they're they've 'twas wasn't we've weren't what'll what're what's what've when's where'd where's " +
  "where've who'd who'll who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've";

const TWO_APOSTROPHES =
  "couldn't've hadn't've he'd've I'd've it'd've mightn't've she'd've shouldn't've somebody'd've someone'd've " +
  "something'd've there'd've they'd've we'd've who'd've wouldn't've you'd've";

/** Entries of the official table that follow no rule; they are part of what "official" means. */
const IRREGULAR: readonly (readonly [string, string])[] = [
  ["ow's'at", "'ow's'at"],
  ["'ows'at", "'ow's'at"],
  ["'ow'sat", "'ow's'at"],
  ["somebody'd", 'somebodyd'],
  ["yall'll", "y'all'll"],
  ["y'allll", "y'all'll"],
  ["yall'd've", "y'all'd've"],
  ["y'alld've", "y'all'd've"],
  ["y'all'dve", "y'all'd've"],
];

function buildContractions(): ReadonlyMap<string, string> {
  const contractions = new Map<string, string>(IRREGULAR);
  for (const form of ONE_APOSTROPHE.split(' ')) contractions.set(form.replace("'", ''), form);
  for (const form of TWO_APOSTROPHES.split(' ')) {
    const [word, middle, end] = form.split("'") as [string, string, string];
    contractions.set(`${word}${middle}'${end}`, form);
    contractions.set(`${word}'${middle}${end}`, form);
  }
  return contractions;
}

/** Word without its apostrophe → word with it. */
export const CONTRACTIONS: ReadonlyMap<string, string> = /* @__PURE__ */ buildContractions();
