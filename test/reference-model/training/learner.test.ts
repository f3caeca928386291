/**
 * What every learner must do, whatever engine is behind it. An engine is added to the list below and nowhere else; what it computes is
 * read from its checkpoints, events and inference alone. One file, so that a new engine has one list to pass; it is long for that reason.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../reference-model/checkpoint/checkpoint-folder.js';
import type { TensorSources } from '../../../reference-model/checkpoint/tensor-file.js';
import type { MaskKind, Part } from '../../../reference-model/model/config.js';
import { languageModel } from '../../../reference-model/model/language-model.js';
import { disposeModel, type Model, withParameters } from '../../../reference-model/model/model.js';
import { createParameter, disposeParameters, TOKEN_TABLE } from '../../../reference-model/model/parameters.js';
import { buildBatch, imageTextSequence, type SequenceBatch } from '../../../reference-model/model/sequence.js';
import { sequenceLoss } from '../../../reference-model/model/sequence-loss.js';
import type { Sequence } from '../../../reference-model/model/tokens.js';
import { visualEmbeddings } from '../../../reference-model/model/visual-embeddings.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { sees } from '../../../reference-model/ops/attention-mask.js';
import { createLearner } from '../../../reference-model/training/create-learner.js';
import type { Learner } from '../../../reference-model/training/learner.js';
import { TrainingError } from '../../../reference-model/training/training-error.js';
import { isTensorflowAvailable, torchIfAvailable, useBackend } from '../backends.js';
import { modelLoss, type Weights } from '../model/float64-model.js';
import { TINY, tinyModel } from '../model/tiny-model.js';
import { centralDifferences, dense } from '../ops/float64-reference.js';
import { CASES, random, toTensor } from '../ops/operation-cases.js';
import { tinyRun } from './tiny-run.js';

interface EngineUnderTest {
  readonly name: string;
  readonly activate: () => Promise<void>;
  /** Updates over which memory must not grow; the stock operations are slow. */
  readonly manyUpdates: number;
}

const ENGINES: readonly EngineUnderTest[] = [
  { name: 'wasm', activate: () => useBackend('vlm-wasm'), manyUpdates: 1000 },
  { name: 'stock operations', activate: () => useBackend('cpu'), manyUpdates: 50 },
  ...torchIfAvailable(() => ({ name: 'torch', activate: () => useBackend('vlm-torch'), manyUpdates: 1000 })),
  ...(isTensorflowAvailable
    ? [{ name: 'tensorflow', activate: () => useBackend('tensorflow'), manyUpdates: 100 }]
    : []),
];

const ALL: readonly Part[] = ['vision', 'connector', 'language'];
const KINDS: readonly MaskKind[] = ['causal', 'visual-bidirectional', 'prefix-bidirectional'];
const IMAGES = 2;
const VISUAL_TOKENS = 4;
/** Clipping off, no decay: the first moment of a first update is the gradient times 1 − β₁. */
const PLAIN = { ...tinyRun().recipe.optimizer, clipNorm: 1e9, weightDecay: 0 };
const RATES = { vision: 1e-2, connector: 1e-2, language: 1e-2 };

const stream = randomStream(3, 'learner');
const pixels = Float32Array.from({ length: IMAGES * TINY.vision.imageSize ** 2 * 3 }, () => stream.normal());
const images = { imageCount: IMAGES, imageSize: TINY.vision.imageSize, pixels };
const withImage = (image: number, prompt: readonly number[], answer: readonly number[]): Sequence =>
  imageTextSequence({ image, visualTokens: VISUAL_TOKENS, prompt, answer });
const SEQUENCES = [withImage(0, [1, 2], [3, 4, 0]), withImage(1, [5], [6, 0]), withImage(0, [7], [8, 9, 10, 0])];
const TEXT_ONLY = [imageTextSequence({ image: 0, visualTokens: 0, prompt: [1, 2], answer: [3, 0] })];

const batchOf = (sequences: readonly Sequence[], kind: MaskKind = 'causal'): SequenceBatch =>
  buildBatch(sequences, kind, { ...TINY.language, visualTokensPerImage: VISUAL_TOKENS, images: IMAGES });
const targetsOf = (sequences: readonly Sequence[]): number => batchOf(sequences).labels.length;

/** Adds the gradients of sequences as one micro-batch of a step with so many targets. */
function learn(
  learner: Learner,
  sequences: readonly Sequence[],
  targets = targetsOf(sequences),
  kind?: MaskKind,
): void {
  const { model } = learner;
  const hasImages = sequences.some((sequence) => sequence.some(({ role }) => role === 'visual'));
  learner.backward(() =>
    sequenceLoss(model, batchOf(sequences, kind), {
      weight: 1 / targets,
      ...(hasImages ? { visualEmbeddings: visualEmbeddings(model, images) } : {}),
    }),
  );
}

const place = (step: number) => ({ stage: 'joint', step, exampleIds: [`example ${step}`] });

const root = mkdtempSync(join(tmpdir(), 'vlm-bench-learner-'));
afterAll(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, 'c'));

async function saved(learner: Learner, step = 1): Promise<string> {
  const folder = newFolder();
  await learner.save(folder, { run: 'some run', step });
  return folder;
}

const valuesOf = (tensors: TensorSources): ReadonlyMap<string, Float32Array> =>
  new Map([...tensors].map(([name, { read }]) => [name, read() as Float32Array]));

/** Weights and gradients after the one update that a learner with `PLAIN` made. */
async function outcome(learner: Learner) {
  const { weights, moments } = openCheckpoint(await saved(learner));
  const gradients = [...valuesOf(moments)].flatMap(([name, values]): [string, Float32Array][] => {
    if (!name.startsWith('first_moment:')) return [];
    return [[name.slice('first_moment:'.length), values.map((value) => value / (1 - PLAIN.beta1))]];
  });
  return { weights: valuesOf(weights), gradients: new Map(gradients) };
}

const initialWeights = (): ReadonlyMap<string, Float32Array> => {
  const model = tinyModel();
  const values = new Map(
    [...model.parameters].map(([name, { variable }]) => [name, variable.dataSync<'float32'>().slice()]),
  );
  disposeModel(model);
  return values as ReadonlyMap<string, Float32Array>;
};

function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i]! - value))) / scale;
}

/** Relative to the largest value, but never to less than gradients are: the bias of the encoder's keys has none but by rounding. */
function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(1e-2, ...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i]! - value))) / scale;
}

describe.each(ENGINES)('a learner on $name', ({ activate, manyUpdates }) => {
  beforeAll(activate);
  const learners: Learner[] = [];
  const newLearner = (model: Model = tinyModel(), optimizer = PLAIN): Learner => {
    const learner = createLearner({ model, optimizer });
    learners.push(learner);
    return learner;
  };
  afterAll(() => {
    for (const learner of learners) {
      learner.dispose();
      disposeModel(learner.model);
    }
  });

  describe('computes', () => {
    it.each(CASES.filter(({ differentiable }) => differentiable !== false))(
      '$name forward and backward as float64 does',
      async ({ inputs, run, reference, tolerance = 3e-6 }) => {
        const data = inputs.map((input) => input.data);
        const expected = reference(data);
        const direction = random(expected.shape);
        const parameters = inputs.flatMap(({ dtype, data: { shape, values } }, i) =>
          dtype === undefined
            ? [
                createParameter(
                  { name: `input ${i}`, part: 'language', shape, decay: false },
                  Float32Array.from(values),
                ),
              ]
            : [],
        );
        const base = tinyModel();
        const learner = createLearner({ model: withParameters(base, parameters), optimizer: PLAIN });
        learner.enterStage(['language']);
        const output = () =>
          run(
            inputs.map((input, i) =>
              input.dtype === undefined ? learner.model.weights(`input ${i}`) : toTensor(input),
            ),
          );
        const forward = learner.model.inference(() => output().dataSync<'float32'>().slice() as Float32Array);
        expect(largestError(forward, expected.values)).toBeLessThan(tolerance);
        learner.backward(() => tf.sum(tf.mul(output(), toTensor({ data: direction }))));
        learner.update({}, place(1));
        const { gradients } = await outcome(learner);
        for (const [i, { dtype }] of inputs.entries()) {
          if (dtype !== undefined) continue;
          const differences = centralDifferences(reference, data, i, direction.values);
          expect(largestError(gradients.get(`input ${i}`)!, differences)).toBeLessThan(10 * tolerance);
        }
        learner.dispose();
        disposeParameters(parameters);
        disposeModel(base);
      },
    );

    it.each(KINDS)('masks: under %s a forbidden position changes no bit, an allowed one does', (kind) => {
      const { model } = newLearner();
      const batch = batchOf(SEQUENCES, kind);
      const { batchSize, length, mask } = batch;
      const width = TINY.language.hiddenSize;
      const embeddings = Float32Array.from({ length: batchSize * length * width }, () => stream.normal());
      const hidden = (values: Float32Array): Float32Array =>
        model.inference(
          () =>
            languageModel(model, {
              embeddings: tf.tensor3d(values, [batchSize, length, width]),
              positions: tf.tensor2d(batch.positions, [batchSize, length], 'int32'),
              mask,
            })
              .dataSync<'float32'>()
              .slice() as Float32Array,
        );
      const before = hidden(embeddings);
      for (let moved = 0; moved < batchSize * length; moved++) {
        const after = hidden(embeddings.map((value, i) => (Math.floor(i / width) === moved ? value + 1 : value)));
        for (let row = 0; row < batchSize * length; row++) {
          if (row === moved) continue;
          const isSameSequence = Math.floor(row / length) === Math.floor(moved / length);
          const changed = before
            .slice(row * width, (row + 1) * width)
            .some((value, c) => !Object.is(value, after[row * width + c]));
          expect(changed, `row ${row} after moving ${moved}`).toBe(isSameSequence && sees(mask, row, moved));
        }
      }
    });

    it('the gradient of the tied token table from both of its uses', async () => {
      const learner = newLearner();
      learner.enterStage(ALL);
      learn(learner, SEQUENCES);
      learner.update({}, place(1));
      const { weights, gradients } = await outcome(learner);
      const shapes = new Map([...learner.model.parameters].map(([name, { variable }]) => [name, variable.shape]));
      const exact: Weights = new Map(
        [...weights].map(([name, values]) => [name, dense(shapes.get(name)!, Float64Array.from(values))]),
      );
      const image = dense([IMAGES, images.imageSize, images.imageSize, 3], Float64Array.from(pixels));
      const table = exact.get(TOKEN_TABLE)!;
      const lossAt = (direction: Float64Array, by: number): number => {
        const moved = dense(
          table.shape,
          table.values.map((value, i) => value + by * direction[i]!),
        );
        return (
          modelLoss(TINY, new Map([...exact, [TOKEN_TABLE, moved]]), image, SEQUENCES, 'causal') / targetsOf(SEQUENCES)
        );
      };
      const gradient = gradients.get(TOKEN_TABLE)!;
      for (let trial = 0; trial < 3; trial++) {
        const direction = Float64Array.from(table.values, () => stream.normal());
        const slope = (lossAt(direction, 1e-5) - lossAt(direction, -1e-5)) / 2e-5;
        const along = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
        expect(Math.abs(along - slope)).toBeLessThan(1e-4 * Math.hypot(...gradient));
      }
    });
  });

  it('leaves frozen parts alone, and has no moments for them', async () => {
    const before = initialWeights();
    for (const trainable of [['connector'], ['vision', 'connector'], ['language']] as const) {
      const learner = newLearner();
      learner.enterStage(trainable);
      learn(learner, SEQUENCES);
      learner.update(RATES, place(1));
      const { weights, gradients } = await outcome(learner);
      for (const [name, { part }] of learner.model.parameters) {
        const learns = (trainable as readonly Part[]).includes(part);
        const isSame = weights.get(name)!.every((value, i) => Object.is(value, before.get(name)![i]));
        expect(isSame, name).toBe(!learns);
        expect(gradients.has(name), name).toBe(learns);
      }
    }
  });

  it('adds micro-batches by tokens: however a step is cut, its gradient is the same', async () => {
    const gradientsOf = async (...parts: readonly (readonly Sequence[])[]) => {
      const learner = newLearner();
      learner.enterStage(ALL);
      for (const part of parts) learn(learner, part, targetsOf(SEQUENCES));
      learner.update({}, place(1));
      const [step] = learner.settle();
      return { ...(await outcome(learner)), loss: step!.loss };
    };
    const whole = await gradientsOf(SEQUENCES);
    for (const cut of [1, 2]) {
      const parts = await gradientsOf(SEQUENCES.slice(0, cut), SEQUENCES.slice(cut));
      expect(parts.loss).toBeCloseTo(whole.loss, 5);
      for (const [name, gradient] of whole.gradients) {
        expect(largestDifference(parts.gradients.get(name)!, gradient), name).toBeLessThan(1e-4);
      }
    }
  });

  it('takes the gradient of a parameter that a micro-batch does not use for zero', async () => {
    const run = async (...parts: readonly (readonly Sequence[])[]) => {
      const learner = newLearner();
      learner.enterStage(ALL);
      for (const part of parts) learn(learner, part, 10);
      learner.update(RATES, place(1));
      return outcome(learner);
    };
    const connector = [...tinyModelNames()].filter(([, part]) => part !== 'language').map(([name]) => name);
    const [withBoth, withImages, textOnly] = [
      await run(SEQUENCES, TEXT_ONLY),
      await run(SEQUENCES),
      await run(TEXT_ONLY),
    ];
    const before = initialWeights();
    for (const name of connector) {
      expect(withBoth.gradients.get(name), name).toEqual(withImages.gradients.get(name));
      expect(
        textOnly.gradients.get(name)!.every((value) => value === 0),
        name,
      ).toBe(true);
      expect(textOnly.weights.get(name), name).toEqual(before.get(name));
    }
    expect(textOnly.weights.get(TOKEN_TABLE)).not.toEqual(before.get(TOKEN_TABLE));
  });

  it('clips by the global norm that it tells', async () => {
    const free = newLearner();
    const clipped = newLearner(tinyModel(), { ...PLAIN, clipNorm: 1e-3 });
    const results = [];
    for (const learner of [free, clipped]) {
      learner.enterStage(ALL);
      learn(learner, SEQUENCES);
      learner.update({}, place(1));
      results.push({ norm: learner.settle()[0]!.gradientNorm, ...(await outcome(learner)) });
    }
    const [whole, small] = results as [(typeof results)[0], (typeof results)[0]];
    const norm = Math.hypot(...[...whole.gradients.values()].flatMap((gradient) => [...gradient]));
    expect(Math.abs(whole.norm - norm) / norm).toBeLessThan(1e-5);
    expect(small.norm).toBe(whole.norm);
    for (const [name, gradient] of whole.gradients) {
      expect(
        largestDifference(
          small.gradients.get(name)!,
          gradient.map((value) => (value * 1e-3) / norm),
        ),
        name,
      ).toBeLessThan(1e-4);
    }
  });

  describe('saved and restored', () => {
    const TOTAL = 6;
    /** Updates `from` + 1 … `to`, on sequences that differ from step to step. */
    const advance = (learner: Learner, from: number, to: number): readonly number[] => {
      const losses: number[] = [];
      for (let step = from + 1; step <= to; step++) {
        learn(learner, [SEQUENCES[step % SEQUENCES.length]!]);
        learner.update({ ...RATES, vision: 1e-2 / step }, place(step));
        losses.push(...learner.settle().map(({ loss }) => loss));
      }
      return losses;
    };
    const bytesIn = (folder: string) =>
      new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'hex')]));

    it('after any step it goes on with the same bits', async () => {
      const whole = newLearner();
      whole.enterStage(ALL);
      const losses = advance(whole, 0, TOTAL);
      const expected = bytesIn(await saved(whole, TOTAL));
      for (let step = 1; step < TOTAL; step++) {
        const first = newLearner();
        first.enterStage(ALL);
        advance(first, 0, step);
        const folder = await saved(first, step);
        const second = newLearner(tinyModel({ seed: 9 }));
        expect(await second.restore(folder)).toEqual({ run: 'some run', step });
        second.enterStage(ALL, { resumed: true });
        expect(advance(second, step, TOTAL)).toEqual(losses.slice(step));
        expect(bytesIn(await saved(second, TOTAL))).toEqual(expected);
      }
    });

    it('at the end of a stage it begins the next one with fresh moments', async () => {
      const run = async (restart: boolean) => {
        let learner = newLearner();
        learner.enterStage(['connector']);
        advance(learner, 0, 2);
        if (restart) {
          const folder = await saved(learner, 2);
          learner = newLearner(tinyModel({ seed: 9 }));
          await learner.restore(folder);
        }
        learner.enterStage(ALL);
        advance(learner, 2, 4);
        return bytesIn(await saved(learner, 4));
      };
      expect(await run(true)).toEqual(await run(false));
    });
  });

  it('settles late: several steps are told in order, once', () => {
    const early = newLearner();
    const late = newLearner();
    const told: unknown[] = [];
    for (const learner of [early, late]) learner.enterStage(ALL);
    for (const step of [1, 2, 3]) {
      for (const learner of [early, late]) {
        learn(learner, SEQUENCES);
        learner.update(RATES, place(step));
      }
      told.push(...early.settle());
    }
    expect(late.settle()).toEqual(told);
    expect(late.settle()).toEqual([]);
  });

  it('after a step that is not finite changes nothing more, names the first, and saves no checkpoint', async () => {
    const learner = newLearner();
    learner.enterStage(ALL);
    learn(learner, SEQUENCES);
    learner.update(RATES, place(1));
    const good = await outcome(learner);
    learner.backward(() => tf.mul(tf.sum(learner.model.weights(TOKEN_TABLE)), Number.POSITIVE_INFINITY));
    learner.update(RATES, place(2));
    learn(learner, SEQUENCES);
    learner.update(RATES, place(3));
    const folder = newFolder();
    const refused = learner.save(folder, { run: 'some run', step: 3 });
    await expect(refused).rejects.toThrow(TrainingError);
    await expect(refused).rejects.toMatchObject({
      problem: { code: 'diverged', step: 2, exampleIds: ['example 2'], lastCheckpoint: 1 },
    });
    expect(readdirSync(folder)).toEqual([]);
    // Told, it goes on from where it was good.
    const after = await outcome(learner);
    expect(after.weights).toEqual(good.weights);
    expect(learner.settle().map(({ step }) => step)).toEqual([1]);
  });

  it(`does not grow over ${manyUpdates} updates, with validation in between`, () => {
    const learner = newLearner();
    learner.enterStage(ALL);
    const sizes: string[] = [];
    for (let step = 1; step <= manyUpdates; step++) {
      learn(learner, TEXT_ONLY, 6);
      learn(learner, [SEQUENCES[1]!], 6);
      learner.update({ connector: 1e-5, language: 1e-5 }, place(step));
      learner.settle();
      if (step % 10 === 0) {
        const { model } = learner;
        model.inference(() => sequenceLoss(model, batchOf(TEXT_ONLY)).dataSync());
        const { numTensors, numDataBuffers, numBytes } = tf.memory();
        sizes.push([numTensors, numDataBuffers, numBytes].join());
      }
    }
    expect(new Set(sizes).size).toBe(1);
  }, 120_000);
});

function tinyModelNames(): ReadonlyMap<string, Part> {
  const model = tinyModel();
  const names = new Map([...model.parameters].map(([name, { part }]) => [name, part]));
  disposeModel(model);
  return names;
}
