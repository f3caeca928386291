/** The position of a JSON error against the parser of the platform. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonErrorPosition } from '../../../harness/score/json-error-position.js';

it('reaches the end of every valid text, and never passes a character that spoils it', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, at) => {
      expect(jsonErrorPosition(text)).toBe(text.length);
      const index = at % (text.length + 1);
      const spoiled = `${text.slice(0, index)}\u0001${text.slice(index)}`;
      expect(() => JSON.parse(spoiled)).toThrow();
      expect(jsonErrorPosition(spoiled)).toBeLessThanOrEqual(index);
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
