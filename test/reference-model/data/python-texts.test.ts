/** Lists as Python prints them, as observed from `repr`. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePythonTexts } from '../../../reference-model/data/layouts/python-texts.js';

// [list, repr(list)] pairs, printed by Python 3.11.
const observed = JSON.parse(
  readFileSync(new URL('../../fixtures/captions/python-lists.json', import.meta.url), 'utf8'),
) as readonly [readonly string[], string][];

describe('parsePythonTexts', () => {
  it('reads what Python prints', () => {
    for (const [texts, printed] of observed) expect(parsePythonTexts(printed)).toEqual(texts);
    expect(observed.length).toBeGreaterThan(15);
  });

  it('reads numbers as they are written, and trailing commas', () => {
    expect(parsePythonTexts("[1, 'two', -3.5,]")).toEqual(['1', 'two', '-3.5']);
  });

  it.each(["['a' 'b']", "['a", "'a'", "['a'], ['b']", "[['a']]", '[a]', "['a',, 'b']", "{'a'}"])(
    'refuses %s',
    (text) => {
      expect(parsePythonTexts(text)).toBeUndefined();
    },
  );

  it('never fails on other texts', () => {
    fc.assert(fc.property(fc.string(), (text) => void parsePythonTexts(`[${text}]`)));
  });
});
