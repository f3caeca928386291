/**
 * The shape of mark-up: elements with attributes ("<a href='x'>", "</b>", "<br />") and declarations ("<!-- x -->").
 * A tag that fails is looked at again from a later "<" only inside a quoted value. Of all tags begun at one place or
 * another, no more than three can be alive at the same character: one between its values, one in each kind of quotes.
 */
import type { Scan } from './scan.js';
import { Trait } from './traits.js';

export function matchMarkup(scan: Scan, start: number): number {
  const { text } = scan;
  if (text[start] !== '<') return 0;
  const next = text[start + 1];
  if (next === '!' || next === '?') return declarationEnd(scan, start);
  const closes = next === '/';
  const name = closes ? start + 2 : start + 1;
  if (!scan.has(name, Trait.asciiLetter)) return 0;
  let end = scan.runEnd(name, Trait.markupName);
  if (closes) return tagEnd(text, spacesEnd(scan, end));
  for (;;) {
    const afterSpaces = spacesEnd(scan, end);
    if (afterSpaces === end || !scan.has(afterSpaces, Trait.asciiLetter)) {
      return tagEnd(text, text[afterSpaces] === '/' ? spacesEnd(scan, afterSpaces + 1) : afterSpaces);
    }
    end = scan.runEnd(afterSpaces, Trait.markupName);
    const equalsSign = spacesEnd(scan, end);
    if (text[equalsSign] !== '=') continue;
    const value = spacesEnd(scan, equalsSign + 1);
    if (text[value] !== '"' && text[value] !== "'") return 0;
    const closing = text.indexOf(text[value]!, value + 1);
    scan.examined += (closing < 0 ? text.length : closing) - value;
    if (closing < 0) return 0;
    end = closing + 1;
  }
}

function tagEnd(text: string, position: number): number {
  return text[position] === '>' ? position + 1 : 0;
}

function declarationEnd(scan: Scan, start: number): number {
  const { text, declaration } = scan;
  if (!scan.has(start + 2, Trait.asciiLetter) && text[start + 2] !== '-') return 0;
  if (start + 3 > declaration.end) {
    declaration.last = text.indexOf('>', start + 3);
    declaration.end = declaration.last < 0 ? text.length : declaration.last;
    scan.examined += declaration.end - start;
  }
  return declaration.last + 1;
}

function spacesEnd(scan: Scan, start: number): number {
  const { text } = scan;
  let end = start;
  while (text.charCodeAt(end) === 0x20) end++;
  scan.examined += end - start;
  return end;
}
