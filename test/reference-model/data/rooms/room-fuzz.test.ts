/**
 * Data sets in every layout, changed at random: each is opened as a whole, or refused with one error that names a file of it. More changes
 * for each layout are tried with FUZZ_RUNS=10000.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tarEnd, tarMember } from '../../../../reference-model/data/containers/tar-writer.js';
import type { DataDeclaration } from '../../../../reference-model/data/declared/declaration.js';
import { readDeclaredFile } from '../../../../reference-model/data/declared/declared-file.js';
import { openDeclared } from '../../../../reference-model/data/declared/open-declared.js';
import { InputError } from '../../../../reference-model/files/input-error.js';
import { drawImage, TEXTS, writeCopy } from './generated-copies.js';
import { parquetCopy } from './parquet-copy.js';

const runs = Number(process.env.FUZZ_RUNS ?? 500);

const files = (split: DataDeclaration['splits'][string]): DataDeclaration => ({
  format: 'files',
  captionStyle: 'human',
  splits: { all: { images: '.', ...split } },
});
const shards = (format: 'webdataset' | 'parquet', file: string): DataDeclaration => ({
  format,
  captionStyle: 'human',
  splits: { all: { shards: [file] } },
});

const tar = Buffer.concat([
  ...tarMember('0.jpg', Buffer.from('image')),
  ...tarMember('0.txt', Buffer.from('a caption')),
  ...tarMember('1.json', Buffer.from('{"caption":"another","width":4}')),
  ...tarMember('1.png', Buffer.from('image')),
  tarEnd(),
]);
const list = '1.jpg\n2.jpg\n';

const layouts: readonly (readonly [name: string, file: string, content: unknown, declaration: DataDeclaration])[] = [
  ['COCO', 'c.json', TEXTS.coco, files({ captions: ['c.json'] })],
  ['Karpathy', 'c.json', TEXTS.karpathy, files({ captions: ['c.json'] })],
  ['Karpathy records', 'c.jsonl', TEXTS.karpathyLines, files({ captions: ['c.jsonl'] })],
  ['the Flickr30k CSV', 'c.csv', TEXTS.flickrCsv, files({ captions: ['c.csv'] })],
  ['token captions', 'c.token', TEXTS.token, files({ captions: ['c.token'] })],
  ['captions with bars', 'c.csv', TEXTS.bars, files({ captions: ['c.csv'] })],
  ['captions.txt', 'captions.txt', TEXTS.captionsTxt, files({ captions: ['captions.txt'] })],
  ['a split list', 'list.txt', list, files({ captions: ['other.txt'], list: 'list.txt' })],
  ['JSON Lines', 'c.jsonl', TEXTS.captionLines, files({ captions: ['c.jsonl'] })],
  ['PathVQA as CSV', 'q.csv', TEXTS.pathVqaCsv, files({ questions: ['q.csv'] })],
  ['PathVQA as JSON', 'q.json', TEXTS.pathVqaJson, files({ questions: ['q.json'], imageName: '{id}.jpg' })],
  ['VQA-RAD', 'q.json', TEXTS.vqaRad, files({ questions: ['q.json'] })],
  [
    'VQA v2',
    'a.json',
    TEXTS.vqaV2,
    files({ questions: ['a.json'], questionTexts: ['words.json'], imageName: '{id:4}.jpg' }),
  ],
  [
    'words of VQA v2',
    'q.json',
    TEXTS.vqaV2Questions,
    files({ questions: ['answers.json'], questionTexts: ['q.json'] }),
  ],
  ['LLaVA', 'l.json', TEXTS.llava, files({ conversations: ['l.json'] })],
  ['webdataset', 's.tar', tar, shards('webdataset', 's.tar')],
];

const edit = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(60) }),
  fc.record({ kind: fc.constant('copy' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(60) }),
  fc.record({
    kind: fc.constant('end' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant('text' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.constantFrom(
      'null',
      '"',
      '{}',
      '[]',
      '../',
      '/',
      '\n',
      ',',
      '\0',
      '1e999',
      '<image>',
      '\u2028',
      'x'.repeat(300),
    ),
  }),
);
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function edited(bytes: Buffer, { kind, at, value }: Edit): Buffer {
  const place = Math.floor(at * bytes.length);
  switch (kind) {
    case 'byte': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[Math.min(place, copy.length - 1)] = value;
      return copy;
    }
    case 'cut':
      return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + value)]);
    case 'copy':
      return Buffer.concat([bytes.subarray(0, place + value), bytes.subarray(place)]);
    case 'end':
      return bytes.subarray(0, place);
    case 'text':
      return Buffer.concat([bytes.subarray(0, place), Buffer.from(value), bytes.subarray(place)]);
    default:
      return kind satisfies never;
  }
}

/** Opens a changed copy; images need not be there. */
async function openedOrRefused(root: string, declaration: DataDeclaration, name: string): Promise<void> {
  try {
    const source = await openDeclared('mine', declaration, root);
    const { samples, conversations } = source.splits.get('all')!;
    expect(samples.length + conversations.length).toBeGreaterThan(0);
    for (const { imageId } of samples) source.has(imageId);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { what, where, fix } = error.problem;
    expect(`${where} ${what}`).toContain(root);
    expect(what.length * fix.length).toBeGreaterThan(0);
    expect(what.length).toBeLessThan(1000);
    expect(where.startsWith(join(root, name)) || where.startsWith(root)).toBe(true);
  }
}

const beside = { 'other.txt': TEXTS.token, 'words.json': TEXTS.vqaV2Questions, 'answers.json': TEXTS.vqaV2 };

test.each(layouts)(
  '%s, changed at random',
  { timeout: 600_000 + runs * 100 },
  async (_, name, content, declaration) => {
    const root = writeCopy({ ...beside, [name]: content });
    const whole = readFileSync(join(root, name));
    await openDeclared('mine', declaration, root);
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        writeFileSync(join(root, name), edits.reduce(edited, whole));
        await openedOrRefused(root, declaration, name);
      }),
      { numRuns: runs },
    );
  },
);

test('parquet, changed at random', { timeout: 600_000 + runs * 200 }, async () => {
  const image = await drawImage(1, { side: 8 });
  const rows = [1, 2, 3].map((number) => ({ bytes: image, question: `what is ${number}?`, answer: 'this' }));
  const root = writeCopy({ 's.parquet': parquetCopy(rows) });
  const whole = readFileSync(join(root, 's.parquet'));
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 2 }), async (edits) => {
      writeFileSync(join(root, 's.parquet'), edits.reduce(edited, whole));
      await openedOrRefused(root, shards('parquet', 's.parquet'), 's.parquet');
    }),
    { numRuns: runs },
  );
});

test('declarations, changed at random', () => {
  const yaml =
    'name: mine\nlicense: CC0\nformat: files\nsplits:\n  all: { captions: c.json, images: images, part: [train] }\n  test:\n    questions: [a, b]\n';
  const root = writeCopy({ 'mine.yaml': yaml });
  const file = join(root, 'mine.yaml');
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      writeFileSync(file, edits.reduce(edited, Buffer.from(yaml)));
      try {
        readDeclaredFile(file);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        expect(error.problem.where.startsWith(file)).toBe(true);
      }
    }),
    { numRuns: runs },
  );
  rmSync(file);
});
