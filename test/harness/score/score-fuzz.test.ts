/**
 * Files of every kind that are read, changed at random: each is either read as it stands, checked against the decoder and the parser of
 * the platform, or refused by one clear error. FUZZ_RUNS sets how many are tried of each kind.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { problemsOf } from '../../../harness/errors.js';
import type { AnswerLayout } from '../../../harness/score/answer-layouts.js';
import { readDocumentFrequencies } from '../../../harness/score/document-frequency-file.js';
import { pairCaptions } from '../../../harness/score/pair-captions.js';
import { scoreAnswerFile } from '../../../harness/score/score-answers.js';
import { tokeniseStream } from '../../../harness/score/tokenise-stream.js';
import { readYamlSource } from '../../../harness/suite/yaml-source.js';
import { readSystem } from '../../../harness/systems/read-system.js';

const runs = Number(process.env.FUZZ_RUNS ?? 230);
const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-fuzz-'));

function written(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const images = ['1', '2', '3'];
const captions = ['a cat, "red"', 'ein Mädchen – 日本', 'two dogs\\n'];
const annotations = images.flatMap((id, index) => [
  { image_id: Number(id), id: index, caption: captions[index]! },
  { image_id: Number(id), id: index + 10, caption: 'one more' },
]);
const coco = JSON.stringify({ images: images.map((id) => ({ id: Number(id) })), annotations });
const predictions = images.map((id, index) => ({ image_id: id, caption: captions[index]! }));
const jsonLines = predictions.map((record) => `${JSON.stringify(record)}\n`).join('');
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csv = `image_id,caption\n${predictions.map((record) => `${record.image_id},${quoted(record.caption)}\n`).join('')}`;
const answers = JSON.stringify([
  { question_id: 'a', answer: 'yes' },
  { question_id: 'b', answer: 'two cells' },
]);
const pathVqa = JSON.stringify([
  { question_id: 'a', image: 'x', question: 'is it?', answer: 'yes' },
  { question_id: 'b', image: 'y', question: 'what?', answer: 'cells' },
]);
const easyVqa = JSON.stringify([
  ['is it red?', 'yes', 0],
  ['what is it?', 'circle', 1],
]);
const easyAnswers = JSON.stringify(['yes', 'circle']);
const consensus = JSON.stringify({
  annotations: [
    {
      question_id: 1,
      image_id: 5,
      answers: Array.from({ length: 10 }, () => ({ answer: 'yes' })),
      answer_type: 'yes/no',
    },
  ],
});
const scores = JSON.stringify({
  format: 'vlm-bench scores 1',
  label: 'new',
  metrics: { M: { signature: 'M|version:1' } },
  images: images.map((id) => ({ id, scores: { M: 0.5 } })),
});
const frequencies =
  '{"format":"vlm-bench document frequencies 1","images":2,"tokeniser":"ptb-1","ngrams":2}\n1\ta\n2\ta cat\n';

interface Kind {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** Reads a changed file; what it returns is compared with `expected`, where there is one. */
  readonly read: (file: string, bytes: Buffer) => Promise<unknown>;
  readonly expected?: (bytes: Buffer) => unknown;
}

let references: string;
let cocoPredictions: string;
let pathVqaFile: string;

beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  references = written('references.json', coco);
  cocoPredictions = written('coco-predictions.json', JSON.stringify(predictions));
  pathVqaFile = written('path-vqa.json', pathVqa);
});

const strict = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** Caption by image as the platform reads it; fails where the platform does. */
const pairs = (records: readonly { image_id: unknown; caption: unknown }[]) =>
  Object.fromEntries(records.map(({ image_id, caption }) => [imageOf(String(image_id)), caption]));
/** Folders, endings and leading zeros make no other image of a number. */
const imageOf = (name: string) =>
  name
    .replace(/^.*[/\\]/s, '')
    .replace(/\.[A-Za-z]\w{1,4}$/, '')
    .replace(/^(?:.*_)?0*(?=\d+$)/s, '');
const answered = (layout: AnswerLayout, own: string, file: string) =>
  scoreAnswerFile(file, { references: own, layout });
const candidates = async (file: string) =>
  Object.fromEntries(
    (await pairCaptions(references, file)).records.map(({ imageId, candidate }) => [imageId, candidate]),
  );
const firstColumns = (records: readonly { image_id?: unknown; caption?: unknown }[]) =>
  pairs(records as readonly { image_id: unknown; caption: unknown }[]);

const kinds: readonly Kind[] = [
  {
    name: 'predictions.json',
    content: JSON.stringify(predictions, null, 1),
    read: candidates,
    expected: (bytes) => firstColumns(JSON.parse(strict(bytes))),
  },
  {
    name: 'predictions.jsonl',
    content: jsonLines,
    read: candidates,
    expected: (bytes) =>
      firstColumns(
        strict(bytes)
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line)),
      ),
  },
  { name: 'predictions.csv', content: csv, read: candidates },
  { name: 'predictions.csv.gz', content: gzipSync(csv), read: candidates },
  { name: 'predictions-16.csv', content: Buffer.from(`\ufeff${csv}`, 'utf16le'), read: candidates },
  { name: 'coco.json', content: coco, read: (file) => pairCaptions(file, cocoPredictions) },
  { name: 'answers.json', content: answers, read: (file) => answered('pathvqa', pathVqaFile, file) },
  {
    name: 'questions.json',
    content: pathVqa,
    read: (file) => answered('pathvqa', file, written('answers-of-questions.json', answers)),
  },
  {
    name: 'easy.json',
    content: easyVqa,
    read: (file) => answered('easy-vqa', file, written('easy-answers.json', easyAnswers)),
  },
  {
    name: 'consensus.json',
    content: consensus,
    read: (file) => answered('vqav2', file, written('one.json', '[{"question_id": 1, "answer": "yes"}]')),
  },
  { name: 'scores.json', content: scores, read: (file) => readSystem({ paths: [file] }) },
  { name: 'corpus.df', content: frequencies, read: (file) => readDocumentFrequencies(file) },
  {
    name: 'suite.yaml',
    content: 'id: é\nseeds: [1, 2]\narms:\n  a: {b: 1}\n',
    read: async (file) => readYamlSource(file).value,
  },
  {
    name: 'lines.txt',
    content: 'a cat\nein Mädchen\n',
    read: async (_, bytes) => {
      const output = new PassThrough();
      output.resume();
      await tokeniseStream(Readable.from([bytes]), output, { keepPunctuation: false });
    },
  },
];

/** One change to some bytes. */
const pieces = [
  '\ufeff',
  '\u0000',
  '"',
  '""',
  ',',
  '\n',
  '\r',
  '{',
  '}',
  '[',
  ']',
  ':',
  'NaN',
  '1e999',
  '\\u0061',
  '__proto__',
  '12345678901234567890',
  'é',
];
const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(40) }),
  fc.record({ kind: fc.constant('end' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), text: fc.constantFrom(...pieces) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.nat(60) }),
);

function changed(
  content: Buffer,
  changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[],
): Buffer {
  return changes.reduce<Buffer>((bytes, one) => {
    const at = one.at % (bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (one.kind) {
      case 'flip':
        return Buffer.concat([before, Buffer.of(one.byte), after.subarray(1)]);
      case 'cut':
        return Buffer.concat([before, after.subarray(one.length)]);
      case 'end':
        return before;
      case 'insert':
        return Buffer.concat([before, Buffer.from(one.text), after]);
      case 'repeat':
        return Buffer.concat([before, after.subarray(0, one.length), after]);
      default:
        return one satisfies never;
    }
  }, content);
}

describe('a changed file is read as it stands or refused by one clear error', () => {
  test.each(kinds.map((kind) => [kind.name, kind] as const))('%s', async (name, { content, read, expected }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = changed(Buffer.from(content), changes);
        const file = written(name, bytes);
        let result: unknown;
        try {
          result = await read(file, bytes);
        } catch (error) {
          const problems = problemsOf(error);
          expect(problems, String((error as Error).stack)).toBeDefined();
          for (const { what, fix } of problems!) {
            expect(what).toMatch(/^\S/);
            expect(what).not.toMatch(/undefined|\[object|\n {4}at /);
            expect(fix).not.toContain('--debug');
          }
          return;
        }
        if (!name.endsWith('.gz') && !name.includes('-16')) strict(bytes);
        if (expected !== undefined && String(bytes.subarray(0, 2)) !== '\ufffd\ufffd')
          expect(result).toEqual(expected(bytes));
      }),
      { numRuns: runs },
    );
  });
});
