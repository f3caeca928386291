import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaskKind, Part } from '../../../reference-model/model/config.js';
import { connect } from '../../../reference-model/model/connector.js';
import { checkModelConfig, disposeModel, type Model, ModelConfigError } from '../../../reference-model/model/model.js';
import { modelFlops } from '../../../reference-model/model/model-flops.js';
import { buildBatch, imageTextSequence, packSequences } from '../../../reference-model/model/sequence.js';
import { sequenceLoss } from '../../../reference-model/model/sequence-loss.js';
import type { Sequence } from '../../../reference-model/model/tokens.js';
import { encodeImages } from '../../../reference-model/model/vision-encoder.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { dense } from '../ops/float64-reference.js';
import { modelLoss, type Weights } from './float64-model.js';
import { randomTensor, TINY, tinyModel } from './tiny-model.js';

const KINDS: readonly MaskKind[] = ['causal', 'visual-bidirectional', 'prefix-bidirectional'];
const PARTS: readonly Part[] = ['vision', 'connector', 'language'];
const IMAGES = 3;
const VISUAL_TOKENS = 4;

const sample = (image: number, prompt: readonly number[], answer: readonly number[]): Sequence =>
  imageTextSequence({ image, visualTokens: VISUAL_TOKENS, prompt, answer });
/** Padding, a packed sequence, and an image that occurs twice. */
const SEQUENCES: readonly Sequence[] = [
  sample(0, [1, 2], [3, 4, 0]),
  packSequences([sample(1, [5], [6, 0]), sample(0, [7, 8], [9, 0])]),
  sample(2, [], [10, 0]),
];

describe.each(TEST_BACKENDS)('the model on %s', (backend) => {
  let model: Model;
  let pixels: tf.Tensor;
  let weights: Weights;
  beforeAll(async () => {
    await useBackend(backend);
    model = tinyModel();
    pixels = randomTensor([IMAGES, TINY.vision.imageSize, TINY.vision.imageSize, 3], 'pixels');
    weights = new Map(
      [...model.parameters.values()].map(({ name, variable }) => [name, dense(variable.shape, variable.dataSync())]),
    );
  });
  afterAll(() => {
    disposeModel(model);
    pixels.dispose();
  });

  const limits = { ...TINY.language, images: IMAGES, visualTokensPerImage: VISUAL_TOKENS };
  const lossUnder = (kind: MaskKind): tf.Scalar =>
    sequenceLoss(model, buildBatch(SEQUENCES, kind, limits), {
      visualEmbeddings: connect(model, encodeImages(model, pixels)),
    });
  const pixelValues = () => dense(pixels.shape, pixels.dataSync());
  const variablesOf = (parts: readonly Part[]): tf.Variable[] =>
    [...model.parameters.values()].filter(({ part }) => parts.includes(part)).map(({ variable }) => variable);

  it.each(KINDS)('%s: the loss agrees with float64', (kind) => {
    const loss = tf.tidy(() => lossUnder(kind).dataSync()[0]!);
    const expected = modelLoss(TINY, weights, pixelValues(), SEQUENCES, kind);
    expect(Math.abs(loss - expected) / expected).toBeLessThan(1e-5);
  });

  it('the masks give different losses', () => {
    expect(new Set(KINDS.map((kind) => tf.tidy(() => lossUnder(kind).dataSync()[0]!))).size).toBe(3);
  });

  it.each(KINDS)('%s: every gradient agrees with central differences in float64', (kind) => {
    const { value, grads } = tf.variableGrads(() => lossUnder(kind), variablesOf(PARTS));
    const stream = randomStream(9, 'directions');
    for (const { name, variable } of model.parameters.values()) {
      const gradient = Float64Array.from(grads[variable.name]!.dataSync());
      const direction = Float64Array.from(gradient, () => stream.normal());
      const original = weights.get(name)!;
      const lossAt = (step: number): number => {
        const moved = dense(
          original.shape,
          original.values.map((v, i) => v + step * direction[i]!),
        );
        return modelLoss(TINY, new Map([...weights, [name, moved]]), pixelValues(), SEQUENCES, kind);
      };
      const slope = (lossAt(1e-5) - lossAt(-1e-5)) / 2e-5;
      const along = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
      const size = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      // The key bias cannot matter but for rotation: compare with the gradient's size, and never with zero.
      expect(Math.abs(along - slope), name).toBeLessThan(1e-4 * Math.max(size, 0.01));
    }
    tf.dispose([value, ...Object.values(grads)]);
  });

  it('neither the forward nor the backward pass leaves a tensor behind', () => {
    const before = tf.memory().numTensors;
    const { value, grads } = tf.variableGrads(() => lossUnder('causal'), variablesOf(['connector']));
    expect(tf.memory().numTensors - before).toBe(1 + 4);
    tf.dispose([value, ...Object.values(grads)]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the cost of the model', () => {
  beforeAll(() => useBackend('cpu'));

  /** 2·m·n·k of every matrix product executed, from the sizes of its operands: |A|·|B| = (m·k)·(k·n) = |C|·k². */
  async function executedFlops(run: () => tf.Tensor[]): Promise<number> {
    const { kernels } = await tf.profile(() => tf.tidy(run));
    const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
    return kernels
      .filter(({ name }) => name === 'BatchMatMul')
      .reduce((sum, { inputShapes, outputShapes }) => {
        const [a, b] = inputShapes.map((shape) => size(shape!));
        const output = size(outputShapes[0]!);
        const batch = outputShapes[0]!.slice(0, -2).reduce((product, length) => product * length, 1);
        return sum + 2 * output * Math.sqrt(((a! / batch) * (b! / batch)) / (output / batch));
      }, 0);
  }

  const trainedSets: readonly (readonly Part[])[] = [
    ['connector'],
    ['vision', 'connector'],
    ['language'],
    ['vision'],
    ['vision', 'connector', 'language'],
  ];

  it.each(trainedSets.map((parts) => ({ parts })))('counts what is executed when $parts learn', async ({ parts }) => {
    const model = tinyModel();
    const pixels = randomTensor([IMAGES, TINY.vision.imageSize, TINY.vision.imageSize, 3], 'pixels');
    const batch = buildBatch(SEQUENCES, 'causal', {
      ...TINY.language,
      images: IMAGES,
      visualTokensPerImage: VISUAL_TOKENS,
    });
    const loss = () => sequenceLoss(model, batch, { visualEmbeddings: connect(model, encodeImages(model, pixels)) });
    const variables = [...model.parameters.values()].filter(({ part }) => parts.includes(part));
    const forward = await executedFlops(() => [loss()]);
    const both = await executedFlops(() => {
      const { value, grads } = tf.variableGrads(
        loss,
        variables.map(({ variable }) => variable),
      );
      return [value, ...Object.values(grads)];
    });
    const shape = { images: IMAGES, sequences: batch.batchSize, length: batch.length, targets: batch.labels.length };
    expect(modelFlops(TINY, shape, parts)).toEqual({ forward, backward: both - forward });
    disposeModel(model);
    pixels.dispose();
  });
});

describe('checkModelConfig', () => {
  it.each([
    ['patches that do not fill the image', { vision: { ...TINY.vision, patchSize: 3 } }, 'patchSize must divide'],
    ['blocks that do not fill the grid', { connector: { pixelShuffle: 3 } }, 'pixelShuffle must divide'],
    ['vision heads of unequal width', { vision: { ...TINY.vision, attentionHeads: 5 } }, 'vision.attentionHeads'],
    ['heads of odd width', { language: { ...TINY.language, attentionHeads: 16 } }, 'even width'],
    ['key heads that do not divide', { language: { ...TINY.language, keyValueHeads: 3 } }, 'keyValueHeads must divide'],
    ['no room for text', { language: { ...TINY.language, maximumPositions: 4 } }, '4 visual tokens leave no room'],
  ])('refuses %s', (_, change, message) => {
    const check = () => checkModelConfig({ ...TINY, ...change });
    expect(check).toThrow(ModelConfigError);
    expect(check).toThrow(message);
  });
});
