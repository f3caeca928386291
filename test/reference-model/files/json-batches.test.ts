/** Documents read in batches against `JSON.parse`: the same value, or nothing, and then always for a text that is no JSON. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJsonBatches } from '../../../reference-model/files/json-batches.js';

async function read(text: string, chunkBytes: number, batchBytes: number): Promise<unknown> {
  async function* chunks() {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  return (await parseJsonBatches(chunks(), { batchBytes }))?.document;
}

const record = fc.record({ image_id: fc.oneof(fc.integer(), fc.string()), caption: fc.string({ unit: 'binary' }) });
const list = fc.array(fc.oneof(record, fc.jsonValue({ maxDepth: 2 })), { maxLength: 12 });
const document = fc
  .oneof(list, fc.record({ info: fc.jsonValue({ maxDepth: 2 }), images: list, 7: list, annotations: list }))
  .filter((value) => !JSON.stringify(value).includes('__proto__'));
const spacing = fc.constantFrom(0, 1);

it('gives the value of every good document, whatever the pieces and batches', async () => {
  await fc.assert(
    fc.asyncProperty(
      document,
      spacing,
      fc.integer({ min: 1, max: 40 }),
      fc.nat(60),
      async (value, space, piece, batch) => {
        const text = JSON.stringify(value, null, space);
        expect(await read(text, piece, batch)).toEqual(JSON.parse(text));
      },
    ),
    { numRuns: 300 },
  );
});

it('gives nothing for a text that is no JSON', async () => {
  const changes = fc.constantFrom(...'{}[],:"\\0-.e \u0001');
  await fc.assert(
    fc.asyncProperty(document, fc.nat(), changes, fc.nat(60), async (value, position, character, batch) => {
      const text = JSON.stringify(value);
      const at = position % (text.length + 1);
      // Through bytes, as a file is: the two halves of a character become two of their own.
      const changed = Buffer.from(text.slice(0, at) + character + text.slice(at)).toString();
      let expected: unknown;
      try {
        expected = JSON.parse(changed);
      } catch {
        expect(await read(changed, 16, batch)).toBeUndefined();
        return;
      }
      const found = await read(changed, 16, batch);
      if (found !== undefined) expect(found).toEqual(expected);
    }),
    { numRuns: 600 },
  );
});

it.each([
  '[1,2,]',
  '[,1]',
  '[1,,2]',
  '{"a": [1,2,]}',
  '{"a": [1], "a": [2]}',
  '[{"a":1,"a":2}]',
  '[[1,2}',
  '[1] [2]',
  '[1',
  '',
])('gives nothing for %s, with the smallest batches', async (text) => {
  expect(await read(text, 1, 0)).toBeUndefined();
  expect(await read(text, 3, 1000)).toBeUndefined();
});
