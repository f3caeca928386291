/**
 * The shapes of words with an apostrophe, which is straight, curly, a grave accent or an entity.
 */

import { apostropheLength, isLetterN, namePrefixEnd } from './apostrophes.js';
import type { Scan } from './scan.js';
import { Trait } from './traits.js';
import { matchWord } from './word-shapes.js';

/** The part of a negated verb before n't ("do" of "don't"). */
export function matchBeforeNegation(scan: Scan, start: number): number {
  const { text } = scan;
  const verbEnd = scan.runEnd(start, Trait.asciiLetter | Trait.softHyphen) - 1;
  const apostrophe = apostropheLength(text, verbEnd + 1);
  if (apostrophe === 0 || !isLetterN(text, verbEnd)) return 0;
  if ((text.charCodeAt(verbEnd + 1 + apostrophe) | 32) !== 0x74) return 0;
  let last = verbEnd - 1;
  while (last >= start && text[last] === '\u00ad') last--;
  if (last < start || isLetterN(text, last)) return 0;
  scan.ahead = apostrophe + 2;
  return verbEnd + scan.ahead;
}

const CLITIC_AHEAD = /(?:['\u0092\u2019]|&apos;)(?:s|d|m|ll|re|ve)/iy;

/** A word before 's, 'd, 'm, 'll, 're or 've. */
export function matchBeforeClitic(scan: Scan, start: number): number {
  const end = matchWord(scan, start);
  CLITIC_AHEAD.lastIndex = end;
  if (end === 0 || !CLITIC_AHEAD.test(scan.text)) return 0;
  scan.ahead = CLITIC_AHEAD.lastIndex - end;
  return CLITIC_AHEAD.lastIndex;
}

const CONTRACTION =
  /[Ee]'[eE][rR]|[cC]'(?:mon|Mon|MON)|[cC](?:['\u0092\u2019]|&apos;)(?:est|Est|EST)|(?:[cC]ap|CAP)(?:['\u0092\u2019]|&apos;)[nN]|[lL]i'l|[eE]v'ry|[jJ]usqu['\u0092\u2019]ici|(?:[dDlLjJ]|[oO][lL]|[yY](?=(?:['\u0092\u2019]|&apos;)\p{L}))(?:['\u0092\u2019]|&apos;)/uy;

/** Words that keep an inner apostrophe ("O'Brien", "d'Artagnan", "Hawai'i", "ma'am"), and clitics that end in one. */
export function matchWithApostrophe(scan: Scan, start: number): number {
  const { text } = scan;
  const name = namePrefixEnd(scan, start);
  if (name > 0) return name;
  const stem = scan.runEnd(start, Trait.letter);
  const apostrophe = apostropheLength(text, stem);
  if (apostrophe > 0 && stem > start + 1 && 'AEIOUYaeiouy'.includes(text[stem - 1]!)) {
    const after = stem + apostrophe;
    if (scan.has(after, Trait.capital) || 'aeiou'.includes(text[after]!)) return scan.runEnd(after, Trait.letter);
  }
  CONTRACTION.lastIndex = start;
  return CONTRACTION.test(text) ? CONTRACTION.lastIndex : 0;
}
