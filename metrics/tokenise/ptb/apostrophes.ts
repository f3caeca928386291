/**
 * Apostrophes as they are written, and the names that begin with one.
 */
import type { Scan } from './scan.js';
import { Trait } from './traits.js';

/** "O'Brien", "d'Artagnan". */
export function namePrefixEnd(scan: Scan, start: number): number {
  const { text } = scan;
  const code = text.charCodeAt(start);
  const isInitial = code >= 0x41 && code <= 0x5a ? code !== 0x49 && code !== 0x59 : 'doln'.includes(text[start]!);
  const apostrophe = isInitial ? apostropheLength(text, start + 1) : 0;
  if (apostrophe === 0) return 0;
  const name = start + 1 + apostrophe;
  const end = scan.runEnd(name, Trait.letter);
  return end < name + 2 ? 0 : end;
}

export function isLetterN(text: string, position: number): boolean {
  return (text.charCodeAt(position) | 32) === 0x6e;
}

export function apostropheLength(text: string, position: number): number {
  switch (text.charCodeAt(position)) {
    case 0x27:
    case 0x60:
    case 0x91:
    case 0x92:
    case 0x2018:
    case 0x2019:
    case 0x201b:
      return 1;
    case 0x26:
      return text.startsWith('&apos;', position) ? 6 : 0;
    default:
      return 0;
  }
}
