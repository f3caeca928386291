/**
 * Captions as integers: every metric works on this one encoding, so text is tokenised once for all of them.
 * Each image holds its candidate first and then its references; each word position holds the longest n-gram up to four words that
 * starts there, whose prefixes are the shorter ones.
 */
import type { Tokeniser } from '../tokenise/tokeniser.js';
import type { CaptionRecord } from './caption-record.js';
import { grown, NgramTable, NO_GRAM } from './ngram-table.js';

export const MAXIMUM_ORDER = 4;

// What captions of ordinary length need; longer ones make the arrays grow.
const WORDS_PER_CAPTION = 12;
const GRAMS_PER_CAPTION = 8;
/** Large corpora repeat themselves: room for more distinct n-grams is made when they come. */
const MOST_GRAMS_AT_FIRST = 1 << 20;

/** What separates words for Python, in which the public evaluation is written, beyond the white space of ASCII. */
const OTHER_BLANKS = '\\u001c-\\u001f\\u0085\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const OTHER_WHITE_SPACE = new RegExp(`[${OTHER_BLANKS}]`);
const WHITE_SPACE = new RegExp(`[\\u00a0${OTHER_BLANKS}]`);

export interface EncodedCaptions {
  readonly table: NgramTable;
  readonly imageIds: readonly string[];
  /** First caption of each image (its candidate); [images + 1]. */
  readonly captionStart: Int32Array;
  /** First word of each caption; [captions + 1]. */
  readonly wordStart: Int32Array;
  /** The longest n-gram of at most four words that starts at each word within its caption; [words]. */
  readonly longest: Int32Array;
  /**
   * ROUGE-L of the reference splits on single spaces only: a token that holds other white space is one token there and two
   * words for the n-gram metrics, and an empty caption has one empty token. Captions where that differs from the words.
   */
  readonly spaceTokens: ReadonlyMap<number, Int32Array>;
  /** Captions without any word, candidates and references apart. */
  readonly emptyCandidates: number;
  readonly emptyReferences: number;
}

/** Tokenises and interns `records`, in order. `normaliseWord` maps each word before interning (a stemmer, for example). */
export function encodeCaptions(
  records: readonly CaptionRecord[],
  tokeniser: Tokeniser,
  normaliseWord: (word: string) => string = (word) => word,
): EncodedCaptions {
  const captionStart = new Int32Array(records.length + 1);
  let captions = 0;
  records.forEach((record, image) => {
    captionStart[image] = captions;
    captions += 1 + record.references.length;
  });
  captionStart[records.length] = captions;
  const table = new NgramTable(Math.min(GRAMS_PER_CAPTION * captions, MOST_GRAMS_AT_FIRST));

  const wordStart = new Int32Array(captions + 1);
  const spaceTokens = new Map<number, Int32Array>();
  let longest: Int32Array<ArrayBuffer> = new Int32Array(WORDS_PER_CAPTION * captions);
  let words = 0;
  let caption = 0;
  let emptyCandidates = 0;
  let emptyReferences = 0;

  const encode = (text: string): void => {
    wordStart[caption] = words;
    const tokens = tokeniser.tokenise(text);
    let splits = false;
    // The tokeniser itself adds no white space but U+00A0.
    const mayHoldOther = OTHER_WHITE_SPACE.test(text);
    for (const token of tokens) {
      if (token.includes('\u00a0') || (mayHoldOther && WHITE_SPACE.test(token))) {
        splits = true;
        for (const part of token.split(WHITE_SPACE)) if (part !== '') push(table.word(normaliseWord(part)));
      } else push(table.word(normaliseWord(token)));
    }
    if (tokens.length === 0) spaceTokens.set(caption, Int32Array.of(table.word('')));
    else if (splits)
      spaceTokens.set(
        caption,
        Int32Array.from(tokens, (token) => table.word(normaliseWord(token))),
      );
    extendGrams(table, longest, wordStart[caption]!, words);
    caption++;
  };
  const push = (word: number): void => {
    if (words === longest.length) longest = grown(longest);
    longest[words++] = word;
  };

  for (const { candidate, references } of records) {
    let before = words;
    encode(candidate);
    if (words === before) emptyCandidates++;
    for (const reference of references) {
      before = words;
      encode(reference);
      if (words === before) emptyReferences++;
    }
  }
  wordStart[captions] = words;
  return {
    table,
    imageIds: records.map((record) => record.imageId),
    captionStart,
    wordStart,
    longest: longest.subarray(0, words),
    spaceTokens,
    emptyCandidates,
    emptyReferences,
  };
}

/** Turns the words `from` … `to` − 1 of a caption into the longest n-grams that start there. */
function extendGrams(table: NgramTable, longest: Int32Array, from: number, to: number): void {
  for (let order = 1; order < MAXIMUM_ORDER; order++) {
    // Whatever stands there by now begins with the word.
    for (let word = from; word + order < to; word++) {
      longest[word] = table.extend(longest[word]!, table.firstWordOf(longest[word + order]!));
    }
  }
}

/**
 * N-grams of order n + 1 starting at word `from` + w at [4 w + n] of the result, or NO_GRAM where the caption ends before.
 * @param target is used where it is large enough
 */
export function expandGrams(
  { table, longest }: Pick<EncodedCaptions, 'table' | 'longest'>,
  { from, to, target }: { readonly from: number; readonly to: number; readonly target: Int32Array },
): Int32Array {
  const length = MAXIMUM_ORDER * (to - from);
  const grams = target.length < length ? new Int32Array(2 * length) : target;
  for (let word = from, index = 0; word < to; word++, index += MAXIMUM_ORDER) {
    grams.fill(NO_GRAM, index, index + MAXIMUM_ORDER);
    let gram = longest[word]!;
    let order = table.orderOf(gram) - 1;
    for (; order >= 0; order--) {
      grams[index + order] = gram;
      gram = table.prefixOf(gram);
    }
  }
  return grams;
}
