/** The position of a JSON error against the parser of the platform. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scanJson } from '../../../reference-model/files/json-scan.js';

/** Offset of the first byte that no JSON text can hold there; the text's length if only its end is missing or nothing is wrong. */
function jsonErrorPosition(text: string): number {
  const bytes = Buffer.from(text);
  return scanJson(bytes).fault?.offset ?? bytes.length;
}

// The key __proto__ is refused on purpose, and has a test of its own.
const plainJson = fc.json().filter((text) => !text.includes('__proto__'));

it('reaches the end of every valid text, and never passes a character that spoils it', () => {
  fc.assert(
    fc.property(plainJson, fc.nat(), (text, at) => {
      expect(jsonErrorPosition(text)).toBe(Buffer.byteLength(text));
      const index = at % (text.length + 1);
      const spoiled = `${text.slice(0, index)}\u0001${text.slice(index)}`;
      expect(() => JSON.parse(spoiled)).toThrow();
      expect(jsonErrorPosition(spoiled)).toBeLessThanOrEqual(Buffer.byteLength(text.slice(0, index)));
    }),
  );
});

it.each([
  ['{"a": [}', 7],
  ['[1, 2,]', 6],
  ['{"a" 1}', 5],
  ['[NaN]', 1],
  ['{} {}', 3],
  ["['a']", 1],
])('%s at %i', (text, position) => {
  expect(jsonErrorPosition(text)).toBe(position);
});
