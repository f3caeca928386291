/** The map that takes the place of tfjs's weak maps answers as a `WeakMap` does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedValues } from '../../../reference-model/engines/wasm/keyed-values.js';

test('gives the answers of a weak map, whatever the order of calls', () => {
  const call = fc.record({ method: fc.constantFrom('set', 'delete'), key: fc.nat(4), value: fc.integer() });
  fc.assert(
    fc.property(fc.array(call), (calls) => {
      const keys = Array.from({ length: 5 }, () => ({}));
      const expected = new WeakMap<object, number>();
      const actual = new KeyedValues<number>();
      for (const { method, key, value } of calls) {
        const target = keys[key]!;
        if (method === 'delete') expect(actual.delete(target)).toBe(expected.delete(target));
        else {
          expected.set(target, value);
          actual.set(target, value);
        }
        expect(keys.map((one) => actual.get(one))).toEqual(keys.map((one) => expected.get(one)));
        expect(keys.map((one) => actual.has(one))).toEqual(keys.map((one) => expected.has(one)));
      }
    }),
  );
});

test('two maps keep different values of one key', () => {
  const key = {};
  const [first, second] = [new KeyedValues<string>(), new KeyedValues<string>()];
  first.set(key, 'first');
  expect(second.has(key)).toBe(false);
  second.set(key, 'second');
  expect([first.get(key), second.get(key)]).toEqual(['first', 'second']);
});

test('entries of the map that it replaces stay in reach until they are changed or deleted', () => {
  const [kept, changed] = [{}, {}];
  const earlier = new WeakMap<object, string>([
    [kept, 'kept'],
    [changed, 'earlier'],
  ]);
  const map = new KeyedValues(earlier);
  map.set(changed, 'later');
  expect([map.get(kept), map.get(changed)]).toEqual(['kept', 'later']);
  expect([map.delete(kept), map.delete(changed)]).toEqual([true, true]);
  expect([map.has(kept), map.has(changed)]).toEqual([false, false]);
});
