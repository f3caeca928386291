/** Strict JSON against `JSON.parse`, and every kind of what it refuses beyond that. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { InputError } from '../../../reference-model/files/input-error.js';
import { DEEPEST_JSON, scanJson } from '../../../reference-model/files/json-scan.js';
import { parseJson } from '../../../reference-model/files/read-json.js';

function problemOf(text: string) {
  try {
    parseJson(text, 'f.json');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).problem;
  }
  throw new Error(`nothing was refused in ${text}`);
}

const plainJson = fc.json({ maxDepth: 4 }).filter((text) => !text.includes('__proto__'));

it('gives what JSON.parse gives, and refuses what it refuses', () => {
  const changes = fc.constantFrom(...'{}[],:"\\ntu0-.eE+ \u0001é');
  fc.assert(
    fc.property(plainJson, fc.nat(), changes, fc.nat(3), (text, position, character, kind) => {
      const at = position % (text.length + 1);
      const changed = [text, text.slice(0, at) + character + text.slice(at), text.slice(0, at) + text.slice(at + 1)];
      const tried = Buffer.from(changed[kind] ?? text.slice(0, at) + character + text.slice(at + 1)).toString();
      let expected: unknown;
      try {
        expected = JSON.parse(tried);
      } catch {
        expect(problemOf(tried).code).toBe('data-invalid');
        return;
      }
      // A change may make two keys equal.
      if (scanJson(Buffer.from(tried)).fault?.kind === 'duplicate-key') return;
      expect(parseJson(tried, 'f.json')).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

describe('a key that occurs twice', () => {
  test.each([
    ['{"a": 1, "a": 2}', 'a', '1:10'],
    ['{"a": 1, "\\u0061": 2}', 'a', '1:10'],
    ['{"\\u0061": 1,\n "a": 2}', 'a', '2:2'],
    ['[{"x": {"b": 1, "c": {"b": 2}, "b": 3}}]', 'b', '1:32'],
    [`{${Array.from({ length: 40 }, (_, index) => `"k${index}": 0`).join(',\n')},\n"k7": 1}`, 'k7', '41:1'],
    ['{"": 1, "": 2}', '', '1:9'],
    ['{"é": 1, "é": 2}', 'é', '1:10'],
    ['{"__a": 1, "__a": 2}', '__a', '1:12'],
  ])('is refused in %s', (text, key, place) => {
    expect(problemOf(text)).toMatchObject({
      what: `the key ${JSON.stringify(key)} occurs twice in one object`,
      where: `f.json:${place}`,
    });
  });

  it('is found wherever it stands, and equal keys of different objects are none', () => {
    const keys = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 3 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(keys, fc.nat(), fc.nat(), (names, from, to) => {
        const members = names.map((name) => `${JSON.stringify(name)}:{${JSON.stringify(names[0])}:1}`);
        expect(() => parseJson(`{${members.join()}}`, 'f')).not.toThrow();
        const again = names[from % names.length]!;
        members.splice(to % (names.length + 1), 0, `${JSON.stringify(again)}:2`);
        expect(problemOf(`{${members.join()}}`).what).toBe(
          `the key ${JSON.stringify(again)} occurs twice in one object`,
        );
      }),
    );
  });
});

test('a __proto__ key is refused, whatever it is written like, and changes nothing', () => {
  for (const text of ['{"__proto__": {"caption": "x"}}', '[{"a": {"__pr\\u006fto__": 1}}]']) {
    expect(problemOf(text).what).toBe('the key "__proto__" is reserved');
  }
  expect(({} as { caption?: string }).caption).toBeUndefined();
});

test('integers beyond 2^53 keep their digits where that is asked for', () => {
  const text = '[{"id": 9007199254740993}, -12345678901234567890, 9007199254740991, 1e30, "9007199254740993"]';
  expect(parseJson(text, 'f', { largeIntegers: 'exact' })).toEqual([
    { id: 9007199254740993n },
    -12345678901234567890n,
    9007199254740991,
    1e30,
    '9007199254740993',
  ]);
  expect(parseJson(text, 'f')).toEqual(JSON.parse(text));
});

test.each([
  ['[{"image_id": 103, "caption": NaN}]', '{"image_id": 103, "caption": NaN', '1:31'],
  ['[{"score": -Infinity}]', '-Infinity stands for it', '1:12'],
  ['[1,\n Infinity]', 'Infinity stands for it', '2:2'],
])('a value that Python had not is named with its record: %s', (text, what, place) => {
  expect(problemOf(text)).toMatchObject({ what: expect.stringContaining(what), where: `f.json:${place}` });
});

test.each([
  ['[1, 2, ]', 'nothing follows the comma'],
  ['{"a": 1,}', 'nothing follows the comma'],
  ['', 'it ends too early'],
  ['{"a": "x', 'it ends too early'],
  ["{'a': 1}", '"\'" cannot stand here'],
  ['{"a": 01}', '"1" cannot stand here'],
  ['{} {}', '"{" cannot stand here'],
])('%s is refused for its syntax', (text, what) => {
  expect(problemOf(text).what).toContain(what);
});

test('lists may stand in each other as deep as is said and no deeper', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect(() => parseJson(nested(DEEPEST_JSON), 'f')).not.toThrow();
  for (const depth of [DEEPEST_JSON + 1, 1_000_000]) {
    expect(problemOf(nested(depth)).what).toContain(`nested too deeply: at most ${DEEPEST_JSON}`);
  }
});
