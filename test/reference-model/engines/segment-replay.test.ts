/** Blocks that are replayed against blocks that are run: the same bits, the same errors, and nothing left behind. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { WasmBackend } from '../../../reference-model/engines/wasm/backend.js';
import { type Lifetime, planMemory } from '../../../reference-model/engines/wasm/replay/memory-plan.js';
import { SegmentReplay } from '../../../reference-model/engines/wasm/replay/segment-replay.js';
import type { Activation, LanguageConfig, MaskKind, ModelConfig, Part } from '../../../reference-model/model/config.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { branchedSequence, buildBatch, imageTextSequence } from '../../../reference-model/model/sequence.js';
import { sequenceLoss, targetLosses } from '../../../reference-model/model/sequence-loss.js';
import type { Sequence } from '../../../reference-model/model/tokens.js';
import { visualEmbeddings } from '../../../reference-model/model/visual-embeddings.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { FusedKernel } from '../../../reference-model/ops/kernels.js';
import type { SegmentBlock, SegmentContext } from '../../../reference-model/ops/segment.js';
import { useBackend } from '../backends.js';
import { randomTensor, TINY, tinyModel } from '../model/tiny-model.js';

beforeAll(() => useBackend('vlm-wasm'));

describe('a memory plan', () => {
  it('gives blocks that live at the same time places of their own, all within its size', () => {
    const span = fc.record({ granules: fc.integer({ min: 1, max: 9 }), first: fc.nat(30), length: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(span, { maxLength: 30 }), (spans) => {
        const lifetimes = spans.map(
          ({ granules, first, length }, block): Lifetime => ({
            block,
            bytes: 64 * granules,
            first,
            last: first + length,
          }),
        );
        const { offsets, bytes } = planMemory(lifetimes);
        for (const one of lifetimes) {
          const from = offsets.get(one.block)!;
          expect(from % 64).toBe(0);
          expect(from + one.bytes).toBeLessThanOrEqual(bytes);
          for (const other of lifetimes) {
            if (other === one || other.first > one.last || other.last < one.first) continue;
            const begin = offsets.get(other.block)!;
            expect(begin >= from + one.bytes || begin + other.bytes <= from).toBe(true);
          }
        }
        // No more than if nothing shared a place, and no less than what lives together.
        expect(bytes).toBeLessThanOrEqual(lifetimes.reduce((sum, one) => sum + one.bytes, 0));
        for (let at = 0; at < 40; at++) {
          const living = lifetimes.filter(({ first, last }) => first <= at && at <= last);
          expect(bytes).toBeGreaterThanOrEqual(living.reduce((sum, one) => sum + one.bytes, 0));
        }
      }),
    );
  });
});

const bitsOf = (tensor: tf.Tensor): string => Buffer.from(tensor.dataSync().slice().buffer).toString('hex');

/** The same model with blocks that are replayed. */
function replaying(model: Model): { readonly model: Model; readonly replay: SegmentReplay } {
  const replay = new SegmentReplay(tf.backend() as WasmBackend, model.weights);
  const weights = (name: string) => replay.weights(name);
  return { replay, model: { ...model, weights, segment: (...segment) => replay.run(...segment) } };
}

interface Images {
  readonly imageCount: number;
  readonly imageSize: number;
  readonly pixels: Float32Array;
}

function imagesOf({ vision }: ModelConfig, imageCount: number, seed: number): Images {
  const stream = randomStream(seed, 'replay');
  const { imageSize } = vision;
  const pixels = Float32Array.from({ length: imageCount * imageSize ** 2 * 3 }, () => stream.normal());
  return { imageCount, imageSize, pixels };
}

/** Loss and gradients of the parts that learn, as bits. */
function learned(model: Model, images: Images, sequences: readonly Sequence[], kind: MaskKind, parts: readonly Part[]) {
  const { imageCount } = images;
  const visualTokens = model.config.vision.imageSize === TINY.vision.imageSize ? 4 : 0;
  const batch = buildBatch([...sequences], kind, {
    ...model.config.language,
    visualTokensPerImage: visualTokens,
    images: imageCount,
  });
  const variables = [...model.parameters.values()].filter(({ part }) => parts.includes(part));
  const { value, grads } = tf.variableGrads(
    () =>
      sequenceLoss(model, batch, {
        visualEmbeddings: visualEmbeddings(model, images),
        weight: 1 / batch.labels.length,
      }),
    variables.map(({ variable }) => variable),
  );
  const validation = tf.tidy(() => bitsOf(targetLosses(model, batch, visualEmbeddings(model, images))));
  const bits = new Map(
    variables.flatMap(({ name, variable }) => {
      const gradient = grads[variable.name];
      return gradient === undefined ? [] : [[name, bitsOf(gradient)] as const];
    }),
  );
  const loss = bitsOf(value);
  tf.dispose([value, grads]);
  return { loss, validation, bits };
}

const tokens = (least: number) =>
  fc.array(fc.integer({ min: 0, max: TINY.language.vocabularySize - 1 }), { minLength: least, maxLength: 5 });
const texts = fc.array(fc.record({ prompt: tokens(0), answer: tokens(1) }), { minLength: 1, maxLength: 3 });
const batches = fc.array(fc.array(texts, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 });
const heads: fc.Arbitrary<Partial<LanguageConfig>> = fc.constantFrom(
  { attentionHeads: 4, keyValueHeads: 2 },
  { attentionHeads: 4, keyValueHeads: 4 },
  { attentionHeads: 2, keyValueHeads: 1 },
);
const recipe = fc.record({
  heads,
  attentionBias: fc.constantFrom('query-key-value', 'all', 'none'),
  layers: fc.integer({ min: 1, max: 3 }),
  visionLayers: fc.integer({ min: 0, max: 2 }),
  activation: fc.constantFrom<Activation>('gelu-tanh', 'gelu', 'quick-gelu'),
  kind: fc.constantFrom<MaskKind>('causal', 'visual-bidirectional', 'prefix-bidirectional'),
  parts: fc.constantFrom<readonly Part[]>(['vision', 'connector', 'language'], ['connector'], ['language'], ['vision']),
  seed: fc.integer({ min: 1, max: 9 }),
});

/** One sequence for an image with all of its texts as branches. */
function sequenceOf(image: number, all: readonly { prompt: readonly number[]; answer: readonly number[] }[]): Sequence {
  const [first] = all;
  if (all.length === 1 && first !== undefined) return imageTextSequence({ image, visualTokens: 4, ...first });
  return branchedSequence({ image, visualTokens: 4, beginning: [1], branches: all });
}

describe('a model whose blocks are replayed', () => {
  it('has the same losses and gradients, bit for bit: shapes that come back, other weights, other parts that learn', () => {
    fc.assert(
      fc.property(recipe, batches, (chosen, steps) => {
        const { layers, attentionBias, kind, parts, activation, visionLayers, seed } = chosen;
        const vision = { ...TINY.vision, layers: visionLayers, activation };
        const model = tinyModel({
          seed,
          config: { ...TINY, vision },
          language: {
            ...chosen.heads,
            layers,
            attentionBias: attentionBias as NonNullable<LanguageConfig['attentionBias']>,
          },
        });
        const replayed = replaying(model);
        const stages: readonly (readonly Part[])[] = [parts, ['vision', 'connector', 'language']];
        for (const learning of stages) {
          const all = [...model.parameters.values()];
          replayed.replay.enterStage(all.filter(({ part }) => learning.includes(part)).map(({ name }) => name));
          for (const [index, step] of [...steps, ...steps].entries()) {
            const images = imagesOf(model.config, step.length, seed + index);
            // Texts that share an image have no prefix of their own.
            const texts = kind === 'prefix-bidirectional' ? step.map((group) => group.slice(0, 1)) : step;
            const sequences = texts.map((group, image) => sequenceOf(image, group));
            const ordinary = learned(model, images, sequences, kind, learning);
            expect(learned(replayed.model, images, sequences, kind, learning)).toEqual(ordinary);
            // As an optimizer does: the weights become other tensors.
            for (const { variable } of all) tf.tidy(() => variable.assign(tf.mul(variable, 0.9)));
          }
        }
        disposeModel(model);
      }),
      { numRuns: 12 },
    );
  });

  it('has the same bits where numbers are not finite', () => {
    const model = tinyModel();
    const replayed = replaying(model);
    const learning: readonly Part[] = ['vision', 'connector', 'language'];
    replayed.replay.enterStage(model.parameters.keys());
    const images = imagesOf(model.config, 2, 1);
    const sequences = [0, 1].map((image) => imageTextSequence({ image, visualTokens: 4, prompt: [1], answer: [2, 3] }));
    for (const bad of [1, Number.POSITIVE_INFINITY, Number.NaN]) {
      images.pixels[7] = bad;
      const ordinary = learned(model, images, sequences, 'causal', learning);
      expect(learned(replayed.model, images, sequences, 'causal', learning)).toEqual(ordinary);
    }
    disposeModel(model);
  });

  it('runs none of the kernels of its blocks once they are recorded, forward and backward', async () => {
    const model = tinyModel();
    const replayed = replaying(model);
    replayed.replay.enterStage(model.parameters.keys());
    const images = imagesOf(model.config, 1, 1);
    const sequences = [imageTextSequence({ image: 0, visualTokens: 4, prompt: [1], answer: [2, 3] })];
    const run = (of: Model) => void learned(of, images, sequences, 'causal', ['vision', 'connector', 'language']);
    const kernels = async (of: Model): Promise<readonly string[]> =>
      (await tf.profile((() => run(of)) as () => tf.TensorContainer)).kernelNames;
    const inner = [
      FusedKernel.Attention,
      FusedKernel.AttentionGradient,
      FusedKernel.Swiglu,
      FusedKernel.SwigluGradient,
    ];
    expect(await kernels(model)).toEqual(expect.arrayContaining(inner));
    // The first block of a kind tells which weights it uses; the next ones are recorded.
    for (let turn = 0; turn < 2; turn++) run(replayed.model);
    const names = await kernels(replayed.model);
    expect(names).toEqual(expect.arrayContaining(['SegmentReplay', 'SegmentReplayGradient']));
    for (const name of inner) expect(names).not.toContain(name);
    disposeModel(model);
  });

  it('leaves no tensor, no data and no memory behind', () => {
    const backend = tf.backend() as WasmBackend;
    const counts = () => [
      tf.memory().numTensors,
      tf.memory().numDataBuffers,
      backend.numDataIds(),
      backend.heap.heldBytes,
    ];
    const model = tinyModel({ config: { ...TINY, vision: { ...TINY.vision, activation: 'quick-gelu' } } });
    const replayed = replaying(model);
    replayed.replay.enterStage(model.parameters.keys());
    const images = imagesOf(model.config, 1, 1);
    const before = counts();
    for (const length of [1, 2, 3, 1, 2, 3, 4]) {
      const answer = Array.from({ length }, () => 3);
      const sequences = [imageTextSequence({ image: 0, visualTokens: 4, prompt: [1], answer })];
      learned(replayed.model, images, sequences, 'causal', ['vision', 'connector', 'language']);
      expect(counts()).toEqual(before);
    }
    disposeModel(model);
  });
});

describe('a block', () => {
  const context = (constants: readonly tf.Tensor[]): SegmentContext => ({
    ...{ kind: 'some', prefix: 'layer.', batch: 2, length: 3, constants },
    mask: { kind: 'everywhere' },
  });
  const weightOf = () => tf.ones([4]);

  /** What a block gives when it is run, and when it has been run twice before. */
  function both(block: SegmentBlock, constants: readonly tf.Tensor[], values: (turn: number) => tf.Tensor) {
    return tf.tidy(() => {
      const replay = new SegmentReplay(tf.backend() as WasmBackend, weightOf);
      for (const turn of [1, 2]) replay.run(values(turn), context(constants), block);
      const hidden = values(3);
      return [block(hidden, context(constants)), replay.run(hidden, context(constants), block)].map(bitsOf);
    });
  }

  test.each<[string, SegmentBlock]>([
    ['reads numbers', (hidden) => tf.mul(hidden, tf.sum(hidden).dataSync()[0]!)],
    ['makes tensors', (hidden) => tf.add(hidden, tf.range(0, 4))],
    ['hands on what it was given', (hidden) => tf.reshape(hidden, [6, 4])],
    ['runs a kernel of the CPU', (hidden) => tf.cumsum(hidden, 1)],
    ['only calls kernels', (hidden) => tf.add(tf.square(hidden), tf.sqrt(tf.abs(hidden)))],
  ])('that %s gives what it gives', (_, block) => {
    const [run, replayed] = both(block, [], (turn) => randomTensor([6, 4], 'block', turn));
    expect(replayed).toBe(run);
  });

  test('that uses a tensor which it was not given gives what it gives', () => {
    const other = randomTensor([6, 4], 'other');
    const [run, replayed] = both(
      (hidden) => tf.add(hidden, other),
      [],
      (turn) => randomTensor([6, 4], 'block', turn),
    );
    expect(replayed).toBe(run);
    other.dispose();
  });

  test('that is given an index out of range says so as ever', () => {
    const block: SegmentBlock = (hidden, { constants: [ids] }) =>
      tf.tidy(() => tf.engine().runKernel(FusedKernel.EmbeddingLookup, { table: hidden, ids: ids! }) as tf.Tensor);
    const replay = new SegmentReplay(tf.backend() as WasmBackend, weightOf);
    const hidden = randomTensor([6, 4], 'table');
    const good = tf.tensor1d([0, 5, 1, 1, 1, 1], 'int32');
    const bad = tf.tensor1d([0, 5, 1, 1, 6, 1], 'int32');
    const outcome = (run: () => tf.Tensor): unknown => {
      try {
        return tf.tidy(() => bitsOf(run()));
      } catch (error) {
        return error;
      }
    };
    for (let turn = 0; turn < 3; turn++) replay.run(hidden, context([good]), block).dispose();
    const expected = outcome(() => block(hidden, context([bad])));
    expect(expected).toMatchObject({ defect: { code: 'index-out-of-range', index: 6 } });
    expect(outcome(() => replay.run(hidden, context([bad]), block))).toEqual(expected);
    expect(outcome(() => replay.run(hidden, context([good]), block))).toEqual(
      outcome(() => block(hidden, context([good]))),
    );
    tf.dispose([hidden, good, bad]);
  });
});
