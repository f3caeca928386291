/** Evaluations of real programs on real layouts of data: what is asked, kept, asked again, counted and scored. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { commandAnswerer } from '../../../harness/answerers/command/command-answerer.js';
import { type EvaluateOptions, type Evaluation, evaluate } from '../../../harness/answers/evaluate.js';
import { evaluationPaths } from '../../../harness/records/evaluation-record.js';
import type { Benchmark } from '../../../harness/suite/benchmark/benchmark-schema.js';
import { readBenchmark } from '../../../harness/suite/benchmark/find-benchmark.js';
import { scoreCaptions } from '../../../metrics/index.js';
import { newFolder } from '../systems/system-files.js';
import { captionData, commandOf, questionData } from './small-data.js';

const IMAGES = 20;
const folder = newFolder();
const flickr = readBenchmark('flickr8k-caption');
let root: string;

beforeAll(async () => {
  root = await captionData(folder, IMAGES);
});

interface Asking {
  readonly program?: readonly string[];
  readonly version?: string;
  readonly timeLimit?: number;
  readonly concurrency?: number;
  readonly benchmark?: Benchmark;
}

/** Evaluates the program of tests under one name, whatever its arguments are. */
async function ask(
  out: string,
  { program = [], version, benchmark = flickr, ...command }: Asking = {},
  options: Partial<EvaluateOptions> = {},
): Promise<{ readonly evaluation: Evaluation; readonly asked: readonly string[] }> {
  const askedFile = join(newFolder(), 'asked');
  process.env.ASKED = askedFile;
  if (version === undefined) delete process.env.VERSION;
  else process.env.VERSION = version;
  const evaluation = await evaluate(
    { benchmark, variant: 'default', dataRoot: root, out, ...options },
    async () => ({ answerer: commandAnswerer(commandOf(...program), { name: 'model', timeLimit: 20, ...command }) }),
    async (done) => done,
  );
  const asked = existsSync(askedFile) ? readFileSync(askedFile, 'utf8').trimEnd().split('\n') : [];
  return { evaluation, asked };
}

const textsOf = ({ settled }: Evaluation) => new Map(settled.map(({ item, text }) => [item.id, text]));

describe('a program that answers', () => {
  test('is asked once about each image, and scored as its captions score elsewhere', async () => {
    const { evaluation, asked } = await ask(newFolder(), { concurrency: 2 });
    expect([...asked].sort()).toEqual([...new Set(asked)].sort());
    expect(asked).toHaveLength(IMAGES);
    const { record, settled, scored } = evaluation;
    expect(record).toMatchObject({ status: 'complete', unscored: 0, outcomes: { text: IMAGES, failed: 0 } });
    const independent = scoreCaptions(
      settled.map(({ item, text }) => ({ imageId: item.imageId, references: item.references, candidate: text! })),
      { split: 'test' },
    );
    for (const name of ['CIDEr-D', 'BLEU-4', 'ROUGE-L'] as const) {
      const score = record.scores.find((one) => one.name === name)!;
      expect(score.score).toBe(independent.metrics[name]!.score);
      expect(score.signature).toBe(
        `${independent.metrics[name]!.signature}|benchmark:flickr8k-caption@1|data:flickr8k/test|prompt:${score.signature.split('|prompt:')[1]}`,
      );
    }
    expect(record.scores[0]!.signature).toMatch(/\|decoding:greedy-64\|cut:failure\|post:trim$/);
    expect(scored!.system.items).toHaveLength(IMAGES);
  });

  test('is asked nothing when the evaluation is repeated, and all when it is to be refreshed', async () => {
    const out = newFolder();
    const first = await ask(out);
    const second = await ask(out);
    expect([first.asked.length, second.asked.length, second.evaluation.asked]).toEqual([IMAGES, 0, 0]);
    expect(second.evaluation.record).toEqual(first.evaluation.record);
    const third = await ask(out, {}, { refresh: true });
    expect(third.asked).toHaveLength(IMAGES);
  });

  test('is asked anew about an image whose bytes have changed', async () => {
    const out = newFolder();
    await ask(out);
    const other = await captionData(newFolder(), IMAGES);
    writeFileSync(join(other, 'Images', '5.jpg'), readFileSync(join(root, 'Images', '6.jpg')));
    const { asked } = await ask(out, {}, { dataRoot: other });
    expect(asked).toEqual(['5.jpg']);
  });

  test('goes on after it dies, again and again', async () => {
    const { evaluation, asked } = await ask(newFolder(), { program: ['--die-after', '3'] });
    expect(evaluation.record).toMatchObject({ status: 'complete', outcomes: { text: IMAGES } });
    // A request that a dying process swallowed is asked once more.
    expect(new Set(asked).size).toBe(IMAGES);
  });

  test('may answer twice, and write what is no answer: the first answer counts', async () => {
    const plain = await ask(newFolder());
    const { evaluation } = await ask(newFolder(), { program: ['--twice', '--noisy'] });
    expect(textsOf(evaluation)).toEqual(textsOf(plain.evaluation));
  });

  test('is another model when it states another version: nothing of the earlier one counts', async () => {
    const out = newFolder();
    await ask(out, { version: 'v1' }, { limit: { items: 8, seed: 1 } });
    const { evaluation, asked } = await ask(out, { version: 'v2' });
    expect(evaluation.record.model.reported).toBe('v2');
    expect(new Set(asked).size).toBe(IMAGES);
    expect(asked.length).toBe(IMAGES);
    expect((await ask(out, { version: 'v2' })).asked).toEqual([]);
  });
});

describe('what is no answer', () => {
  const mixed = ['--mixed'];

  test('is counted as what it is, is never scored, and leaves the evaluation incomplete', async () => {
    const out = newFolder();
    const { evaluation } = await ask(out, { program: mixed });
    const { record } = evaluation;
    expect(record.outcomes).toEqual({ text: 4, cut: 4, refused: 4, filtered: 4, failed: 4 });
    expect(record).toMatchObject({ status: 'incomplete', unscored: 16, scores: [] });
    expect(record.failures).toEqual([{ reason: 'the command says: out of memory', times: 4 }]);
    expect(existsSync(evaluationPaths(evaluation.folder).scores)).toBe(false);
    // Only failures are asked again.
    expect((await ask(out, { program: mixed })).asked).toHaveLength(4);
    // And their answers count, once there are some.
    expect((await ask(out)).evaluation.record.outcomes).toEqual({
      text: 8,
      cut: 4,
      refused: 4,
      filtered: 4,
      failed: 0,
    });
  });

  test('may be allowed up to a share; the others are scored alone, and the signature says so', async () => {
    const out = newFolder();
    const denied = await ask(out, { program: mixed }, { allowedShare: 0.79 });
    expect(denied.evaluation.record.status).toBe('incomplete');
    const { record } = (await ask(out, { program: mixed }, { allowedShare: 0.8 })).evaluation;
    expect(record.status).toBe('failures-allowed');
    expect(record.scores[0]!.signature).toMatch(/\|images:4\|.*\|subset:4-of-20@/);
  });

  test('a cut answer is scored where the variant says that those compared with do so', async () => {
    const benchmark: Benchmark = { ...flickr, cutAnswers: 'scored' };
    const { record } = (await ask(newFolder(), { program: mixed, benchmark }, { allowedShare: 0.6 })).evaluation;
    expect([record.unscored, record.outcomes.cut]).toEqual([12, 4]);
    expect(record.scores[0]!.signature).toContain('|cut:scored|');
  });

  test('a request that kills the program is a failure, and the others are answered', async () => {
    const { record } = (await ask(newFolder(), { program: ['--poison', '7'] })).evaluation;
    expect(record).toMatchObject({ status: 'incomplete', outcomes: { text: IMAGES - 1, failed: 1 } });
    expect(record.failures[0]!.reason).toContain('exit code 3');
  });

  test('neither is an answer that takes too long', async () => {
    const { record } = (await ask(newFolder(), { program: ['--hang', '7'], timeLimit: 1 })).evaluation;
    expect(record.outcomes).toMatchObject({ text: IMAGES - 1, failed: 1 });
    expect(record.failures[0]!.reason).toBe('no answer within 1 s');
  });

  test('a program that never answers is one error, with its last words', async () => {
    await expect(ask(newFolder(), { program: ['--broken'] })).rejects.toThrow(
      /the command gives no answer: .*exit code 1; its last words: no such module: vision/,
    );
  });
});

describe('a part', () => {
  test('is the same for equal seeds, another for others, and stamped in signatures', async () => {
    const out = newFolder();
    const one = await ask(out, {}, { limit: { items: 6, seed: 1 } });
    const other = await ask(out, {}, { limit: { items: 6, seed: 2 } });
    const again = await ask(out, {}, { limit: { items: 6, seed: 1 } });
    expect([one.asked.length, again.asked.length]).toEqual([6, 0]);
    expect(again.evaluation.record).toEqual(one.evaluation.record);
    expect(textsOf(other.evaluation)).not.toEqual(textsOf(one.evaluation));
    expect(one.evaluation.record.items).toEqual({ total: IMAGES, chosen: 6, limitSeed: 1 });
    expect(one.evaluation.record.scores[0]!.signature).toMatch(/\|subset:6-of-20@/);
    // What was asked of a part is part of the whole.
    const asked = new Set([...one.asked, ...other.asked]);
    expect((await ask(out)).asked).toHaveLength(IMAGES - asked.size);
  });

  test('is asked twice where it is asked for, and told to be the same', async () => {
    const { evaluation, asked } = await ask(newFolder(), {}, { times: 2 });
    expect(asked).toHaveLength(2 * IMAGES);
    expect(evaluation.record.repeated).toEqual({ items: IMAGES, times: 2, equal: IMAGES });
  });
});

test('questions are asked with their words, and scored by kind', async () => {
  const data = await questionData(folder, 6);
  const benchmark = readBenchmark('vqa-rad');
  const { evaluation } = await ask(newFolder(), { benchmark }, { dataRoot: data });
  const { record, settled } = evaluation;
  expect(settled).toHaveLength(12);
  expect(settled[0]!.item.messages[0]!.text).toBe(
    'Is there a fracture?\nAnswer the question using a single word or phrase.',
  );
  const scores = Object.fromEntries(record.scores.map(({ name, questions }) => [name, questions]));
  expect(scores).toMatchObject({ accuracy: 12, 'yes/no': 6, open: 6, 'token-F1': 12 });
  expect(existsSync(evaluationPaths(evaluation.folder).cocoResults)).toBe(false);
});

test('training data that shares images is told, and silence is no denial', async () => {
  const out = newFolder();
  const limit = { items: 2, seed: 1 };
  const overlapOf = async (trainedOn?: readonly string[]) =>
    (await ask(out, {}, { limit, trainedOn })).evaluation.record.overlap;
  expect((await overlapOf()).known).toBe('unknown');
  expect((await overlapOf([])).known).toBe('no');
  expect((await overlapOf(['coco-2014'])).known).toBe('no');
  expect(await overlapOf(['flickr30k'])).toEqual({
    known: 'yes',
    why: 'trained on flickr30k, as stated with --trained-on: it holds most images of Flickr8k',
  });
});

test('captions are also written as COCO results and as lines', async () => {
  const { evaluation } = await ask(newFolder(), {}, { limit: { items: 3, seed: 1 } });
  const { cocoResults, answers, page } = evaluationPaths(evaluation.folder);
  const results = JSON.parse(readFileSync(cocoResults, 'utf8'));
  expect(results.map(({ image_id, caption }: Record<string, string>) => [image_id, caption])).toEqual([
    ...textsOf(evaluation),
  ]);
  expect(
    readFileSync(answers, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).caption),
  ).toEqual([...textsOf(evaluation).values()]);
  rmSync(page, { force: true });
});
