/** Training on photographs that are decoded when a step needs them: the same bits whoever decodes them, and after an interruption. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parameterArrays } from '../../../reference-model/checkpoint/load-parameters.js';
import { writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import type { DataSet } from '../../../reference-model/data/dataset.js';
import type { ImageOptions } from '../../../reference-model/data/images/open-images.js';
import { openStreamed } from '../../../reference-model/data/open-streamed.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { predict } from '../../../reference-model/evaluation/predict.js';
import { InputError } from '../../../reference-model/files/input-error.js';
import { disposeModel } from '../../../reference-model/model/model.js';
import { ALONE, type Ranks } from '../../../reference-model/ranks/ranks.js';
import type { RunConfig, Stage, TextStage } from '../../../reference-model/recipe/recipe.js';
import type { TrainingEvent } from '../../../reference-model/training/events.js';
import { planBatches } from '../../../reference-model/training/examples.js';
import { imageGroups } from '../../../reference-model/training/image-groups.js';
import { rankShare } from '../../../reference-model/training/rank-share.js';
import { type TrainingJob, train } from '../../../reference-model/training/train.js';
import { TrainingInterrupted } from '../../../reference-model/training/training-error.js';
import { writePhotographs } from '../data/images/photographs.js';
import { replayedRanks } from './replayed-ranks.js';
import { tinyRun } from './tiny-run.js';

const side = 32;
const folders: string[] = [];
let root: string;

beforeAll(async () => {
  await activateEngine('wasm');
  root = newFolder();
  await writePhotographs(root, { train: 30, validation: 6, test: 6 });
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-photographs-'));
  folders.push(folder);
  return folder;
}

const stages: readonly Stage[] = [
  {
    name: 'words',
    kind: 'words',
    steps: 3,
    trainable: ['connector', 'vision'],
    learningRate: { connector: 1e-3, vision: 1e-3 },
  },
  {
    name: 'captions',
    steps: 7,
    trainable: ['connector', 'vision', 'language'],
    learningRate: { connector: 2e-3, vision: 1e-3, language: 2e-3 },
    mixture: { 'human-captions': 1 },
    captionsPerImage: 5,
    imageShift: 2,
    imageMirror: true,
    attentionMask: 'visual-bidirectional',
  },
];

function run(): RunConfig {
  const { model, ...rest } = tinyRun({ batchSize: 20, microBatchSize: 20, stages });
  const language = { ...model.language, vocabularySize: 320, maximumPositions: 256 };
  return { ...rest, data: { name: 'flickr8k' }, tokenizer: 'byte-pairs', model: { ...model, language } };
}

const open = (images: Omit<ImageOptions, 'side'>, from = root): Promise<DataSet> =>
  openStreamed({ name: 'flickr8k', root: from, images: { side, ...images } });

interface Trained {
  readonly weights: string;
  readonly events: readonly TrainingEvent[];
  readonly captions: readonly string[];
}

async function trained(
  data: DataSet,
  { resumeFrom, allowBroken, leftOut }: Pick<Partial<TrainingJob>, 'resumeFrom' | 'allowBroken' | 'leftOut'> = {},
): Promise<Trained> {
  const events: TrainingEvent[] = [];
  const config = run();
  const model = await train({
    config,
    data: { flickr8k: data },
    ...(resumeFrom === undefined ? {} : { resumeFrom }),
    ...(allowBroken === undefined ? {} : { allowBroken }),
    ...(leftOut === undefined ? {} : { leftOut }),
    saveCheckpoint: async () => {},
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  const weights = createHash('sha256')
    .update(writeSafetensors(parameterArrays(model.parameters)))
    .digest('hex');
  const { captions } = await predict(model, config, data);
  disposeModel(model);
  await data.images?.close();
  return { weights, events, captions: captions.map(({ text }) => text) };
}

const leftOutOf = ({ events }: Pick<Trained, 'events'>) =>
  events.flatMap((event) => (event.type === 'image-left-out' ? [event] : []));

/** @returns the folder of the checkpoint that a stop request left behind */
async function interrupted(
  data: DataSet,
  atStep: number,
  { allowBroken = 0 }: Pick<TrainingJob, 'allowBroken'> = {},
): Promise<{ readonly folder: string; readonly events: readonly TrainingEvent[] }> {
  const events: TrainingEvent[] = [];
  const stop = new AbortController();
  const folder = newFolder();
  const training = train({
    config: run(),
    data: { flickr8k: data },
    allowBroken,
    saveCheckpoint: async (_step, write) => write(folder, 'some run'),
    onEvent: (event) => {
      events.push(event);
      if (event.type === 'step' && event.step === atStep) stop.abort();
    },
    signal: stop.signal,
  });
  await expect(training).rejects.toThrow(TrainingInterrupted);
  await data.images?.close();
  return { folder, events };
}

describe('a run on photographs', () => {
  test('ends with the same bits for 0, 1 and 3 workers, and when it is stopped in either stage and resumed', async () => {
    const alone = await trained(await open({ workers: 0 }));
    expect(alone.events.filter(({ type }) => type === 'step')).toHaveLength(10);
    expect(alone.captions).toHaveLength(4);
    expect(await trained(await open({ workers: 1, queue: 3, keepBytes: 0 }))).toEqual(alone);
    expect(await trained(await open({ workers: 3 }))).toEqual(alone);
    for (const step of [2, 6]) {
      const { folder: resumeFrom } = await interrupted(await open({ workers: 1 }), step);
      const { weights, captions } = await trained(await open({ workers: 2 }), { resumeFrom });
      expect({ weights, captions }).toEqual({ weights: alone.weights, captions: alone.captions });
    }
  });

  test.each([0, 1])('ends with one clear error at a step whose images are all broken, in stage %i', async (stage) => {
    const damaged = newFolder();
    await writePhotographs(damaged, { train: 30, validation: 6, test: 6 });
    const images = readdirSync(join(damaged, 'Images')).filter((name) => name.startsWith('train_'));
    for (const name of images) writeFileSync(join(damaged, 'Images', name), 'no image');
    const data = await open({ workers: 0 }, damaged);
    const config = { ...run(), recipe: { ...run().recipe, stages: [stages[stage]!] } };
    const training = train({
      config,
      data: { flickr8k: data },
      allowBroken: 30,
      saveCheckpoint: async () => {},
      onEvent: () => {},
      signal: new AbortController().signal,
    });
    const error: unknown = await training.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    const { what, where, expected, fix } = (error as InputError).problem;
    expect(what).toMatch(
      /^step 1 of \d+ of the stage \w+ has nothing to learn from: all of its images are broken \(.*train_/,
    );
    expect(where).toContain('train_');
    expect([expected, fix].join(' ')).toContain('at least one whole image in every step');
    await data.images?.close();
  });

  test('goes on without broken photographs as far as is allowed, whoever decodes them, and never evaluates without one', async () => {
    const damaged = newFolder();
    await writePhotographs(damaged, { train: 30, validation: 6, test: 6 });
    writeFileSync(join(damaged, 'Images', 'train_0003.jpg'), 'no image');
    await expect(trained(await open({ workers: 0 }, damaged))).rejects.toThrow(/train_0003\.jpg/);
    const alone = await trained(await open({ workers: 0 }, damaged), { allowBroken: 1 });
    expect(leftOutOf(alone).map(({ imageId }) => imageId)).toEqual(['train_0003.jpg']);
    expect(await trained(await open({ workers: 2 }, damaged), { allowBroken: 1 })).toEqual(alone);
    writeFileSync(join(damaged, 'Images', 'test_0001.jpg'), 'no image');
    await expect(trained(await open({ workers: 0 }, damaged), { allowBroken: 9 })).rejects.toThrow(/test_0001\.jpg/);
  });

  test('counts what it did without before it was stopped, and says it once', async () => {
    const damaged = newFolder();
    await writePhotographs(damaged, { train: 30, validation: 6, test: 6 });
    for (const number of ['03', '14', '25'])
      writeFileSync(join(damaged, 'Images', `train_00${number}.jpg`), 'no image');
    const whole = await trained(await open({ workers: 0 }, damaged), { allowBroken: 3 });
    const leftOut = leftOutOf(whole);
    expect(leftOut).toHaveLength(3);
    // Just after the second of them, so that one is left for the session that follows.
    const atStep = leftOut[1]!.step;
    expect(atStep).toBeLessThan(leftOut[2]!.step);
    const before = await interrupted(await open({ workers: 1 }, damaged), atStep, { allowBroken: 3 });
    const resumed = { resumeFrom: before.folder, leftOut: leftOutOf(before) };
    const after = await trained(await open({ workers: 0 }, damaged), { ...resumed, allowBroken: 3 });
    expect(after.weights).toBe(whole.weights);
    expect([...leftOutOf(before), ...leftOutOf(after)]).toEqual(leftOut);
    const tooMany = async (more: object, allowBroken: number) =>
      (await trained(await open({ workers: 0 }, damaged), { ...more, allowBroken }).catch(String)) as string;
    const stricter = await tooMany(resumed, 2);
    expect(stricter).toMatch(/3 images are broken: .*train_0003.*train_0014.*train_0025/);
    expect(stricter).toBe(await tooMany({}, 2));
  });
});

describe('a share of every step', () => {
  const sample = (imageId: string) => ({ imageId, humanCaptions: ['a', 'b', 'c'], aiCaptions: [], questions: [] });
  const samples = Array.from({ length: 12 }, (_, index) => sample(String(index)));
  const [, captions] = stages as readonly [Stage, TextStage];

  test('holds every example of a step on exactly one rank, and texts that share an image on the same', () => {
    const anyStep = { images: fc.integer({ min: 1, max: 5 }), perImage: fc.integer({ min: 1, max: 3 }) };
    fc.assert(
      fc.property(
        fc.record({ ...anyStep, ranks: fc.integer({ min: 1, max: 5 }), step: fc.nat(50), seed: fc.nat(9) }),
        ({ images, perImage, ranks, step, seed }) => {
          const stage = { ...captions, captionsPerImage: perImage };
          const planned = planBatches(samples, stage, images * perImage, seed).batch(step);
          const shares = Array.from({ length: ranks }, (_, rank) => rankShare(planned, { rank, ranks }, stage));
          const ids = shares.map((share) => share.map(({ id }) => id));
          expect(ids.flat().sort()).toEqual(planned.map(({ id }) => id).sort());
          // An image may come twice where an epoch ends, so that groups are told by their texts.
          const groupsOf = (some: typeof planned) =>
            imageGroups(some, stage).map((group) => group.map(({ id }) => id).join());
          expect(shares.flatMap(groupsOf).sort()).toEqual([...groupsOf(planned)].sort());
        },
      ),
    );
  });

  test('adds up over the ranks to the loss of the whole step', async () => {
    const first = 4; // of the stage of texts
    // From the same weights: nobody adds up the gradients here.
    const { folder: resumeFrom } = await interrupted(await open({ workers: 0 }), first - 1);
    const lossOfStep = async (ranks: Ranks): Promise<number> => {
      const data = await open({ workers: 0 });
      const stop = new AbortController();
      const losses: number[] = [];
      const training = train({
        config: run(),
        data: { flickr8k: data },
        resumeFrom,
        ranks,
        saveCheckpoint: async () => {},
        onEvent: (event) => {
          if (event.type === 'step') losses.push(event.loss);
          stop.abort();
        },
        signal: stop.signal,
      });
      const error: unknown = await training.catch((reason: unknown) => reason);
      await data.images?.close();
      if (!(error instanceof TrainingInterrupted)) throw error;
      return losses[0]!;
    };
    const whole = await lossOfStep(ALONE);
    const shares = await replayedRanks(3, lossOfStep);
    const sum = shares.reduce<number>((total, share) => total + Number(share), 0);
    expect(sum / whole).toBeCloseTo(1, 5);
  });
});
