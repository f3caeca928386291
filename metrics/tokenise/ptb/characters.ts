/**
 * How the Penn Treebank tokenisation of CoreNLP 3.4.1 sees single characters: which are letters, marks, digits and symbols.
 * The tables were observed, character by character, with `test/oracle/observe-character-classes.py`; they follow an older
 * Unicode than today's, and every character outside them is dropped. Characters beyond U+FFFF are dropped as well.
 */

// Ranges above U+007F: distance from the last range's end, then "-" and its length less one; all in base 36.

/** Letters that form words and hyphenated words. */
const LETTER_RANGES =
  '16 b 5 6-m 2-u 2-cp 5-b f-4 8 2 3m-4 2-1 3-3 9 2-2 2 2-j 2-2a 2-3u 9-4d a-11 3 8-12 21-q 6-2 1a-16 ' +
  '10-1 2-2q 2 g-1 8-1 b-2 3 h 2-t u-2g c p-w a-1 5 6-l 5 a 4 o-o 20 2-a 2g-1h 4 j 8-9 g-6 2-6 6-7 3-1 ' +
  '3-l 2-6 2 4-3 4 h e-1 2-2 f-1 k-5 5-1 3-l 2-6 2-1 2-1 2-1 w-3 2 k-2 h-8 2-2 2-l 2-6 2-1 2-4 4 j g-1 ' +
  '10-7 3-1 3-l 2-6 2-1 2-4 4 v-1 2-2 g i 2-5 4-2 2-3 4-1 2 2-1 4-1 4-2 4-b n 1h-7 2-2 2-m 2-9 2-4 4 ' +
  'r-1 7-1 10-7 2-2 2-m 2-9 2-4 4 x 2-1 g-1 j-7 2-2 2-14 3 h i-1 p-5 6-h 4-n 2-8 2 3-6 1n-1b 2-1 d-6 ' +
  '1n-1 2 3-1 2 3 7-3 2-6 2-2 2 2 3-1 2-3 2-1 a 3-4 2 m-3 x 1s-7 2-z s-4 38-16 l h-5 5-3 4 4-1 8-2 5-c ' +
  'd i-11 2 6 3-16 2-98 2-3 3-6 2 2-3 3-14 2-3 3-w 2-3 3-6 2 2-3 3-e 2-1k 2-3 3-1u 12-f h-2c d-h7 3-g ' +
  '2-p 6-22 m-c 2-3 f-h f-h f-c 2-2 g-1f 10 5 1w-2f 9-14 2 6-1x b-s 1g-t 3-4 c-17 m-6 1l-m a-1g 2b ' +
  '2m-1a i-6 1k-t e-1 b-17 r-z 16-2 b-z 30-3 2-3 4-1 a-5b 1t-7p 3-5 3-11 3-5 3-7 2 2 2 2-u 3-1g 2-6 2 ' +
  '4-2 2-6 4-3 3-5 5-c 6-2 2-6 39 e h-c 2u 5 3-9 2 4-4 7 2 2 2-3 2-a 3-3 6-4 5 1h-1 22k-1a 2-1a 2-3o ' +
  '7-3 4-1 d-11 2 6 3-1j 8 h-m a-6 2-6 2-6 2-6 2-6 2-6 2-6 2-6 29 d2-1 17-4 6-1 5-2d 7-2 2-2h 2-3 6-14 ' +
  '4-2l i-q 1i-f e9-52t 23-g5o 1g-wc 1w-19 3-7g 4-f b-1 l-1a h-o 9-1x 1e-8 3-2u 3-3 2-3 d-a 26-9 2-2 ' +
  '2-3 2-m u-1f f-1d 1r-5 4 f-r b-m q-s 8-1a t 1d-14 o-2 2-7 l-m 4 6-1b 2 4-1 3-4 3 2 p-2 3-a 8-2 d-5 ' +
  '3-5 3-5 a-6 2-6 42-y u-8mb d-m 5-1c 6it-a5 3-2x 13-6 d-4 6 2-9 2-c 2-4 2 2-1 2-1 2-2z y-a2 j-1r 3-1h ' +
  '15-b 39-4 2-3q 11-p 7-p c-2g 4-5 3-5 3-5 3-2';

/** Combining marks and modifiers: inside words, but not in hyphenated words. */
const MARK_RANGES =
  'g2-3 d-d 6-6 2 2-3k 6 3-1 b-1 35 3x-4 5v-5 1e-18 2 2-1 2-1 2 26-5 1d-j i 2u-e 3-6 g-1 h 2 v-s 2i-a ' +
  '1n-8 7h-3 1l 2-g 3-4 d-1 u-2 1l 2-6 3-1 3-2 a b-1 u-2 1l 2-h 1e-2 1l 2-h 4z 1o-4 4-2 2-3 1g-2 1n-o ' +
  '6g-6 2-2 6h 3-6 d-7 2r 3-8 c-5';

/** Decimal digits other than 0–9. */
const DIGIT_RANGES =
  '15s-9 3r-9 5j-9 bh-9 3b-9 3b-9 3b-9 3b-9 3b-9 3b-9 3b-9 3b-9 69-9 3b-9 1z-9 7r-9 1z-9 1fr-9 13-9 ' +
  '8d-9 3l-9 4n-9 7-9 53-9 2f-9 3r-9 7-9 r7r-9 iv-9 13-9 5j-9 3b-9 bb-9 gev-9';

/** Characters that are a token on their own. */
const SYMBOL_RANGES =
  '0 h-3 2-1 a-8 2-1 2-6 2-3 2-4 o w hz 9 ea 1h 2 3 3 19-1 c-3 3-6 8 7 3-1 23 3 2v 18-d 6h-2 a4-1 yi g ' +
  '3fy 2e-g 3 a-b 3-4 2 18 4-a 2-e i 4 8 2c-1 2-3 2-1 b 2-2 6-5 2 2 2 5 c-1 5-4 6-3 2 4-b 1e-227 si-1 g ' +
  '6h 14p2-e b-6 r-5 r-a 3f-1 4-1';

/** Part of a word, though it is removed from its token. */
export const SOFT_HYPHEN = 0xad;

/** Hyphens that join words as "-" does and vanish elsewhere. */
export const WORD_HYPHENS = '\u058a\u2010\u2011';

export const CharacterClass = {
  dropped: 0,
  letter: 1,
  mark: 2,
  digit: 3,
  symbol: 4,
  asciiPunctuation: 5,
  space: 6,
} as const;

/** Class of each character below U+10000. */
export const CHARACTER_CLASSES: Uint8Array = /* @__PURE__ */ buildClasses();

/** Body of a regular-expression character class. */
export const DIGITS: string = /* @__PURE__ */ `0-9${classBody(DIGIT_RANGES)}`;

function decode(ranges: string): [first: number, last: number][] {
  let position = 0x80;
  return ranges.split(' ').map((range) => {
    const [gap, length] = range.split('-');
    const first = position + Number.parseInt(gap!, 36);
    position = first + (length === undefined ? 0 : Number.parseInt(length, 36));
    return [first, position];
  });
}

function classBody(ranges: string): string {
  const escapeCode = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
  return decode(ranges)
    .map(([first, last]) => (first === last ? escapeCode(first) : `${escapeCode(first)}-${escapeCode(last)}`))
    .join('');
}

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(0x10000);
  const tables = [
    [LETTER_RANGES, CharacterClass.letter],
    [MARK_RANGES, CharacterClass.mark],
    [DIGIT_RANGES, CharacterClass.digit],
    [SYMBOL_RANGES, CharacterClass.symbol],
  ] as const;
  for (const [ranges, characterClass] of tables) {
    for (const [first, last] of decode(ranges)) classes.fill(characterClass, first, last + 1);
  }
  classes.fill(CharacterClass.asciiPunctuation, 0x21, 0x7f);
  classes.fill(CharacterClass.digit, 0x30, 0x3a);
  classes.fill(CharacterClass.letter, 0x41, 0x5b);
  classes.fill(CharacterClass.letter, 0x61, 0x7b);
  classes[SOFT_HYPHEN] = CharacterClass.letter;
  for (const space of [0x09, 0x20, 0xa0, 0x3000]) classes[space] = CharacterClass.space;
  classes.fill(CharacterClass.space, 0x2000, 0x200b);
  return classes;
}
