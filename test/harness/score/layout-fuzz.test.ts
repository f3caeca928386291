/** Damaged files of every layout: what is read is what stood there, or there is one clear error that names the file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { problemsOf } from '../../../harness/errors.js';
import { pairAnswers } from '../../../harness/score/pair-answers.js';
import { pairCaptions } from '../../../harness/score/pair-captions.js';
import { checkCaptionRecords } from '../../../metrics/index.js';

const RUNS = 200;
const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const quiet = { reading: { note: () => {} } };

const captions = [0, 1, 2].map((image) => [`caption ${image} one`, `caption ${image} two`]);
const fileName = (image: number) => `COCO_val2014_00000000010${image}.jpg`;
const each = <T>(make: (texts: readonly string[], image: number) => T): readonly T[] => captions.map(make);
const flat = <T>(make: (caption: string, image: number) => T): readonly T[] =>
  each((texts, image) => texts.map((text) => make(text, image))).flat();
const lines = (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join('\n');

interface Layout {
  /** JSON, or JSON Lines of a list. */
  readonly content: unknown;
  readonly asLines?: true;
}

const captionReferences: Readonly<Record<string, Layout>> = {
  coco: {
    content: {
      images: each((_, image) => ({ id: 100 + image, file_name: fileName(image) })),
      annotations: flat((caption, image) => ({ image_id: 100 + image, caption })),
    },
  },
  karpathy: {
    content: {
      images: each((texts, image) => ({
        cocoid: 100 + image,
        imgid: image,
        filename: fileName(image),
        split: 'test',
        sentences: texts.map((raw) => ({ raw })),
      })),
    },
  },
  'karpathy records': {
    content: each((sentences, image) => ({ filename: fileName(image), sentids: [1], cocoid: 100 + image, sentences })),
    asLines: true,
  },
  'lists under caption': { content: each((caption, image) => ({ image: fileName(image), caption })) },
  'one caption each': { content: flat((caption, image) => ({ image_id: 100 + image, caption })), asLines: true },
  'by image': { content: Object.fromEntries(each((texts, image) => [100 + image, texts])) },
  'by image, objects': {
    content: Object.fromEntries(each((texts, image) => [100 + image, texts.map((caption) => ({ caption }))])),
  },
  'lmms-eval': {
    content: each((target, image) => ({ doc_id: image, target, filtered_resps: ['x'], doc: { id: 100 + image } })),
    asLines: true,
  },
  VLMEvalKit: {
    content: each((answer, image) => ({ index: image, image_path: fileName(image), answer, prediction: 'x' })),
  },
};
const captionPredictions: Readonly<Record<string, Layout>> = {
  records: { content: each((_, image) => ({ image_id: 100 + image, caption: `said ${image}` })) },
  'JSON Lines': {
    content: each((_, image) => ({ image: fileName(image), caption: [`said ${image}`] })),
    asLines: true,
  },
  wrapped: { content: { results: each((_, image) => ({ image_id: fileName(image), prediction: `said ${image}` })) } },
  'by image': { content: Object.fromEntries(each((_, image) => [100 + image, [`said ${image}`]])) },
  'lmms-eval': {
    content: each((_, image) => ({ doc_id: image, filtered_resps: [`said ${image}`], doc: { id: 100 + image } })),
    asLines: true,
  },
};

const asked = [0, 1, 2].map((index) => ({
  question: `what is ${index}?`,
  answer: `thing ${index}`,
  image: `${index}.jpg`,
}));
const questionReferences: Readonly<Record<string, Layout>> = {
  records: { content: asked.map((record, question_id) => ({ question_id, ...record })) },
  'without identifiers': { content: asked },
  'image objects': { content: asked.map(({ image, ...rest }) => ({ ...rest, image: { bytes: null, path: image } })) },
  conversations: {
    content: asked.map(({ question, answer, image }, id) => ({
      id,
      image,
      conversations: [
        { from: 'human', value: question },
        { from: 'gpt', value: answer },
      ],
      answer_type: 'OPEN',
    })),
  },
  'VQA-RAD': {
    content: asked.map(({ image, ...rest }, qid) => ({
      qid,
      image_name: image,
      phrase_type: 'x',
      answer_type: 'OPEN',
      ...rest,
    })),
  },
  SLAKE: {
    content: asked.map(({ image, ...rest }, qid) => ({ qid, img_name: image, q_lang: 'en', ...rest })),
    asLines: true,
  },
  'VQA v2': {
    content: {
      annotations: asked.map(({ answer, image }, question_id) => ({
        question_id,
        image_id: image,
        answers: [{ answer }, { answer }],
      })),
    },
  },
  TextVQA: {
    content: {
      data: asked.map(({ question, answer, image }, question_id) => ({
        question_id,
        image_id: image,
        question,
        answers: [answer, answer],
      })),
    },
  },
  'easy-VQA': { content: asked.map(({ question, answer, image }) => [question, answer, image]) },
  'lmms-eval': {
    content: asked.map(({ question, answer }, doc_id) => ({
      doc_id,
      target: answer,
      filtered_resps: ['x'],
      doc: { question },
    })),
    asLines: true,
  },
};
const answerPredictions: Readonly<Record<string, Layout>> = {
  records: { content: asked.map((_, question_id) => ({ question_id, answer: `said ${question_id}` })) },
  LLaVA: {
    content: asked.map(({ question }, question_id) => ({
      question_id,
      prompt: question,
      text: `said ${question_id}`,
      answer_id: 'x',
    })),
    asLines: true,
  },
  list: { content: asked.map((_, index) => `said ${index}`) },
  'by question': { content: Object.fromEntries(asked.map((_, index) => [index, `said ${index}`])) },
};

function textOf({ content, asLines }: Layout, changed: unknown = content): string {
  return asLines === true && Array.isArray(changed) ? lines(changed) : JSON.stringify(changed);
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    ...(path.length === 0 ? [] : [path]),
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** A copy with the value at `path` replaced, or its field taken away. */
function changedAt(value: unknown, [key, ...rest]: Path, change: { readonly to?: unknown }): unknown {
  if (Array.isArray(value))
    return value.map((entry, index) =>
      index === key ? (rest.length === 0 ? (change.to ?? null) : changedAt(entry, rest, change)) : entry,
    );
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([name, inner]) => {
      if (name !== key) return [[name, inner]];
      if (rest.length > 0) return [[name, changedAt(inner, rest, change)]];
      return 'to' in change ? [[name, change.to]] : [];
    }),
  );
}

const damage = fc.constantFrom<{ readonly to?: unknown }>(
  {},
  { to: null },
  { to: true },
  { to: {} },
  { to: [] },
  { to: [[]] },
  { to: { a: { b: 1 } } },
);

/** One problem in the shape of all errors; `name` is the damaged file. */
function expectClear(error: unknown, name: string): void {
  const problems = problemsOf(error);
  expect(problems, String((error as Error).stack)).toHaveLength(1);
  const [{ what, where = '', expected = '', fix }] = problems as [NonNullable<typeof problems>[number]];
  expect(what).not.toMatch(/undefined|\[object|NaN/);
  expect(fix).toMatch(/\S/);
  expect(where).not.toMatch(/undefined|\[object/);
  // What does not match is found in the other file; both are named.
  expect(`${where} ${expected} ${where === '' ? what : ''}`).toMatch(new RegExp(`${name}|image |question `));
}

async function outcome<Result>(
  pair: () => Promise<Result>,
): Promise<{ readonly result: Result } | { readonly error: unknown }> {
  try {
    return { result: await pair() };
  } catch (error) {
    return { error };
  }
}

function fuzz(name: string, damaged: Layout, pair: (file: string) => Promise<unknown>): void {
  it(`${name}, a value at a time`, async () => {
    const paths = pathsOf(damaged.content);
    const right = await pair(write('right', textOf(damaged)));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), damage, async (path, change) => {
        const file = write('damaged', textOf(damaged, changedAt(damaged.content, path, change)));
        const found = await outcome(() => pair(file));
        if ('error' in found) expectClear(found.error, basename(file));
        else expect(found.result).toEqual(right);
      }),
      { numRuns: RUNS },
    );
  });

  it(`${name}, bytes at a time`, async () => {
    const text = textOf(damaged);
    const at = fc.integer({ min: 0, max: text.length });
    await fc.assert(
      fc.asyncProperty(
        at,
        at,
        fc.constantFrom('', '"', '}', ']', ',', '\n', '{', '\\', '\u0000', 'x'),
        async (one, other, put) => {
          const [from, to] = one < other ? [one, other] : [other, one];
          const file = write('damaged', text.slice(0, from) + put + text.slice(put === '' ? to : from + 1));
          const found = await outcome(() => pair(file));
          if ('error' in found) expectClear(found.error, basename(file));
        },
      ),
      { numRuns: RUNS },
    );
  });
}

/** What is scored, without the identities, which may change with a name that is taken away. */
async function scored(references: string, predictions: string): Promise<unknown> {
  const { records } = await pairCaptions(references, predictions, quiet);
  checkCaptionRecords(records);
  return records.map(({ references: texts, candidate }) => ({ texts, candidate }));
}

async function answered(references: string, predictions: string): Promise<unknown> {
  const { pairs } = await pairAnswers(references, predictions, quiet);
  return pairs.map(({ question, prediction }) => ({ answers: question.answers, prediction }));
}

describe('reference captions', () => {
  const own: Readonly<Record<string, string>> = { 'lmms-eval': 'lmms-eval', VLMEvalKit: 'JSON Lines' };
  for (const [name, layout] of Object.entries(captionReferences)) {
    fuzz(name, layout, (file) =>
      scored(file, write('predictions', textOf(captionPredictions[own[name] ?? 'records']!))),
    );
  }
});

describe('predicted captions', () => {
  for (const [name, layout] of Object.entries(captionPredictions)) {
    fuzz(name, layout, (file) => scored(write('references', textOf(captionReferences.coco!)), file));
  }
});

describe('questions', () => {
  for (const [name, layout] of Object.entries(questionReferences)) {
    const predictions = name === 'lmms-eval' ? 'list' : 'records';
    fuzz(name, layout, (file) => answered(file, write('predictions', textOf(answerPredictions[predictions]!))));
  }
});

describe('predicted answers', () => {
  for (const [name, layout] of Object.entries(answerPredictions)) {
    fuzz(name, layout, (file) => answered(write('references', textOf(questionReferences.records!)), file));
  }
});
