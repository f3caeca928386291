/**
 * The shapes of punctuation that can be of any length: marks that stay together, hashtags and mentions, numeric entities.
 */
import type { Scan } from './scan.js';
import { ASCII_ALPHANUMERIC, Trait } from './traits.js';
import { accentEntityEnd } from './word-shapes.js';

/** Runs of one character, or of one kind of character, that are one token. */
export function matchRun(scan: Scan, start: number): number {
  const character = scan.text[start]!;
  if ('-*#@_'.includes(character)) return repeatedEnd(scan, start, character);
  if (character === '\\') return repeatedEnd(scan, start, '\\*');
  for (const kind of [Trait.exclamation, Trait.superscript, Trait.lowQuote]) {
    if (scan.has(start, kind)) return scan.runEnd(start, kind);
  }
  return 0;
}

/** "#word" and "@name_1". */
export function matchHashOrMention(scan: Scan, start: number): number {
  const { text } = scan;
  const name = start + 1;
  if (text[start] === '#') return endOrNone(name, hashtagEnd(scan, name));
  if (text[start] !== '@' || !(scan.has(name, Trait.asciiLetter) || text[name] === '_')) return 0;
  return scan.runEnd(name, ASCII_ALPHANUMERIC | Trait.underscore);
}

function hashtagEnd(scan: Scan, name: number): number {
  let end = name;
  for (;;) {
    end = scan.runEnd(end, Trait.letter | Trait.softHyphen);
    const entityEnd = accentEntityEnd(scan.text, end);
    if (entityEnd === 0) return end;
    end = entityEnd;
  }
}

/** "&#8217;". */
export function matchNumericEntity(scan: Scan, start: number): number {
  if (!scan.text.startsWith('&#', start)) return 0;
  const end = endOrNone(start + 2, scan.runEnd(start + 2, Trait.asciiDigit));
  return end > 0 && scan.text[end] === ';' ? end + 1 : 0;
}

function repeatedEnd(scan: Scan, start: number, unit: string): number {
  let end = start;
  while (scan.text.startsWith(unit, end)) end += unit.length;
  scan.examined += end - start;
  return endOrNone(start, end);
}

function endOrNone(start: number, end: number): number {
  return end > start ? end : 0;
}
