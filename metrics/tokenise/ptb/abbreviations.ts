/**
 * Words that keep a following period, as observed of CoreNLP 3.4.1 over every string of up to four letters and a large
 * vocabulary, in lower case, capitalised and in capitals.
 */

/** Keep the period; at the end of a sentence a second period follows ("etc. .", "inc. ."). Any case. */
const CLOSING =
  'al ala apr ariz assn aug bhd bldg blvd bros calif co colo conn corp cos ct dak dec esq est etc ext feb fla fri ga inc ' +
  'ind intl jan jr jul jun kan kans ky ltd mar md mich minn mo mon mont neb nev nov oct okla penn plc rd rt sep sept seq ' +
  'sq sr sys tel tenn thu tue tues univ va vt wed wis wisc wyo';

/** As above, but not in capitals. */
const CLOSING_UNLESS_CAPITALS = 'ppte ppty pte ptes pty ptys';

/** As above, but only capitalised or in capitals. */
const CLOSING_CAPITALISED = 'ark az del ill la mass miss ore pa tex wash';

/** Keep the period and never end a sentence. Any case. */
const OPENING =
  'adj adm adv alex assoc asst atty ave brig capt cf cie cmdr col cpl dept det dr drs elec ens ft gen gov govs hon insp ' +
  'invt jos lt maj mlle mme mr mrs ms msgr mt natl pfc ph pres prof pvt rep reps rev sen sens sfc sgt spc st ste supt vs wm';

/** As above, but not in capitals. */
const OPENING_UNLESS_CAPITALS = 'mfg mtg';

/** Keep the period before a number only ("no. 5"). Any case. */
const NUMBERING = 'art ca fig figs no nos op pp prop';

export type AbbreviationKind = 'closing' | 'opening' | 'numbering';

const KINDS: ReadonlyMap<string, AbbreviationKind> = /* @__PURE__ */ new Map([
  ...kindOf('closing', CLOSING, CLOSING_UNLESS_CAPITALS, CLOSING_CAPITALISED),
  ...kindOf('opening', OPENING, OPENING_UNLESS_CAPITALS),
  ...kindOf('numbering', NUMBERING),
]);

const CAPITALISED_ONLY: ReadonlySet<string> = /* @__PURE__ */ new Set(CLOSING_CAPITALISED.split(' '));
const NEVER_CAPITALS: ReadonlySet<string> = /* @__PURE__ */ new Set(
  `${CLOSING_UNLESS_CAPITALS} ${OPENING_UNLESS_CAPITALS}`.split(' '),
);

const LONGEST = 5;

/** What kind of abbreviation `word` is, written without its period; `undefined` if it is none. */
export function abbreviationKind(word: string): AbbreviationKind | undefined {
  if (word.length > LONGEST) return undefined;
  const lower = word.toLowerCase();
  const kind = KINDS.get(lower);
  if (kind === undefined) return undefined;
  if (NEVER_CAPITALS.has(lower) && word === word.toUpperCase()) return undefined;
  if (CAPITALISED_ONLY.has(lower) && word[0] === lower[0]) return undefined;
  return kind;
}

/** Capitalised words that show that the single letter or acronym before them ended a sentence. */
export const SENTENCE_STARTERS: ReadonlySet<string> = /* @__PURE__ */ new Set(
  (
    'a about according additionally after an as at but earlier he her here however if in it last many more now once one ' +
    'other our she since so some such that the their then there these they this we what when while yet you mr. ms.'
  ).split(' '),
);

function kindOf(kind: AbbreviationKind, ...lists: string[]): [string, AbbreviationKind][] {
  return lists.flatMap((list) => list.split(' ').map((word): [string, AbbreviationKind] => [word, kind]));
}
