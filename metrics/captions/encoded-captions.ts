/**
 * Captions as integers: every metric works on this one encoding, so text is tokenised once for all of them.
 * Each image holds its candidate first and then its references; each word position holds the 1- to 4-gram that starts there.
 */
import type { Tokeniser } from '../tokenise/tokeniser.js';
import type { CaptionRecord } from './caption-record.js';
import { grown, NgramTable, NO_GRAM } from './ngram-table.js';

export const MAXIMUM_ORDER = 4;

// What captions of ordinary length need; longer ones make the arrays grow.
const WORDS_PER_CAPTION = 12;
const GRAMS_PER_CAPTION = 8;

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
  /** N-gram of order n + 1 starting at word w at [4 w + n], or NO_GRAM; [4 × words]. */
  readonly grams: Int32Array;
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
  const table = new NgramTable(GRAMS_PER_CAPTION * captions);

  const wordStart = new Int32Array(captions + 1);
  const spaceTokens = new Map<number, Int32Array>();
  let grams: Int32Array<ArrayBuffer> = new Int32Array(MAXIMUM_ORDER * WORDS_PER_CAPTION * captions);
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
    extendGrams(table, grams, wordStart[caption]!, words);
    caption++;
  };
  const push = (word: number): void => {
    if (4 * words + 4 > grams.length) grams = grown(grams);
    grams[4 * words++] = word;
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
    grams: grams.subarray(0, 4 * words),
    spaceTokens,
    emptyCandidates,
    emptyReferences,
  };
}

function extendGrams(table: NgramTable, grams: Int32Array, from: number, to: number): void {
  for (let order = 1; order < MAXIMUM_ORDER; order++) {
    for (let word = from; word < to; word++) {
      const last = word + order;
      grams[4 * word + order] = last < to ? table.extend(grams[4 * word + order - 1]!, grams[4 * last]!) : NO_GRAM;
    }
  }
}
