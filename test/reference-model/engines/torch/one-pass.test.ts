/**
 * What the engine torch computes in one pass on a CPU: float32 and bfloat16 against float64 and central differences, on either side of every
 * block.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { TorchType } from '../../../../reference-model/engines/torch/addon.js';
import type { TorchBackend } from '../../../../reference-model/engines/torch/backend.js';
import { activateTorchEngine } from '../../../../reference-model/engines/torch/engine.js';
import { torchSettings } from '../../../../reference-model/engines/torch/settings.js';
import { attention } from '../../../../reference-model/ops/attention.js';
import type { AttentionMask } from '../../../../reference-model/ops/attention-mask.js';
import { projections } from '../../../../reference-model/ops/linear.js';
import { swiglu } from '../../../../reference-model/ops/swiglu.js';
import { isTorchAvailable } from '../../backends.js';
import * as reference from '../../ops/float64-reference.js';
import { centralDifferences, type Dense, dense } from '../../ops/float64-reference.js';
import { random as randomFloats, toTensor } from '../../ops/operation-cases.js';

type Exact = (inputs: readonly Dense[]) => Dense;

/**
 * A result is rounded once, by 2⁻⁸ of it at most. Gradients come of an output that was, too: they are up to 0.013 off here, where those of
 * libtorch's own kernel are up to 0.011.
 */
const TOLERANCES = {
  float32: { value: 1e-6, gradient: 1e-5 },
  bfloat16: { value: 2 ** -8 + 1e-6, gradient: 2 ** -6 },
};

type Precision = keyof typeof TOLERANCES;

/** Numbers that the precision has. */
function randomIn(precision: Precision, shape: readonly number[], spread?: number): Dense {
  const { values } = randomFloats(shape, spread);
  if (precision === 'float32') return dense(shape, values);
  const bits = new Uint32Array(Float32Array.from(values).buffer).map((float) => float & 0xffff0000);
  return dense(shape, new Float32Array(bits.buffer));
}

function tensorIn(precision: Precision, data: Dense): tf.Tensor {
  const floats = toTensor({ data });
  if (precision === 'float32') return floats;
  const backend = tf.backend() as TorchBackend;
  const short = backend.torch.cast(backend.handleOf(floats), TorchType.bfloat16);
  return tf.engine().makeTensorFromTensorInfo(backend.wrap(short, [...data.shape]));
}

/** Values and gradients of a function of floats against those of `exact`. */
function compareIn(
  precision: Precision,
  data: readonly Dense[],
  run: (inputs: readonly tf.Tensor[]) => tf.Tensor,
  exact: Exact,
): void {
  const backend = tf.backend() as TorchBackend;
  const { torch } = backend;
  const expected = exact(data);
  const direction = randomIn(precision, expected.shape);
  tf.tidy(() => {
    const tensors = data.map((input) => tensorIn(precision, input));
    for (const tensor of tensors) torch.requireGradient(backend.handleOf(tensor), true);
    const output = run(tensors);
    torch.backward(backend.handleOf(tf.sum(tf.mul(output, toTensor({ data: direction })))), 0);
    expect(output.shape).toEqual(expected.shape);
    expectNear(output.dataSync(), expected.values, TOLERANCES[precision].value);
    for (const [i, tensor] of tensors.entries()) {
      const gradient = torch.gradient(backend.handleOf(tensor));
      expectNear(
        torch.download(gradient),
        centralDifferences(exact, data, i, direction.values),
        TOLERANCES[precision].gradient,
      );
      torch.free(gradient);
    }
  });
}

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!) / scale, `element ${i}`).toBeLessThan(tolerance);
  }
}

/** [rows of all matrices, N of all together]: what several projections give, side by side. */
const sideBySide = (parts: readonly Dense[]): Dense => {
  const rows = parts[0]!.shape[0]!;
  const widths = parts.map(({ shape }) => shape[1]!);
  const values = Array.from({ length: rows }, (_, row) =>
    parts.flatMap((part, i) => Array.from(part.values.slice(row * widths[i]!, (row + 1) * widths[i]!))),
  ).flat();
  return dense([rows, widths.reduce((sum, width) => sum + width, 0)], values);
};

describe.skipIf(!isTorchAvailable).each(['float32', 'bfloat16'] as const)('in one pass, in %s', (precision) => {
  let numerics = '';
  const random = (shape: readonly number[], spread?: number) => randomIn(precision, shape, spread);
  const compare = (...given: Parameters<typeof compareIn> extends [Precision, ...infer Rest] ? Rest : never) =>
    compareIn(precision, ...given);

  beforeAll(async () => {
    ({ numerics } = await activateTorchEngine({ ...torchSettings({}), device: 'cpu', precision }));
  });

  it('takes attention of our own, with a mask and without', () => {
    expect(numerics).toContain('attention-fused-fused');
    const { torch } = tf.backend() as TorchBackend;
    const query = torch.full([1, 16, 2, 64], 0, TorchType[precision]);
    expect(torch.attentionChoice(query, 0, true)).toBe(torch.attentionChoice(query, 0, false));
    torch.free(query);
  });

  /** Every document is causal, one of two has padding behind it, and its first positions see each other. */
  const masks: Readonly<Record<string, (batch: number, length: number) => AttentionMask>> = {
    everywhere: () => ({ kind: 'everywhere' }),
    causal: (batch, length) => ({
      kind: 'segments',
      documents: new Int32Array(batch * length),
      groups: new Int32Array(batch * length).fill(-1),
    }),
    'padded and partly bidirectional': (batch, length) => ({
      kind: 'segments',
      documents: Int32Array.from({ length: batch * length }, (_, i) => (i % length > 0.7 * length ? -1 : 0)),
      groups: Int32Array.from({ length: batch * length }, (_, i) => (i % length < 3 ? 0 : -1)),
    }),
  };

  const denseOf = (mask: AttentionMask, batch: number, length: number): Dense => {
    const allowed = Array.from({ length: batch * length * length }, (_, i) => {
      const [b, t, s] = [Math.floor(i / length ** 2), Math.floor(i / length) % length, i % length];
      if (mask.kind !== 'segments') return 1;
      const [from, to] = [b * length + t, b * length + s];
      if (mask.documents[from]! < 0 || mask.documents[to]! < 0) return 0;
      return s <= t || (mask.groups[from] === 0 && mask.groups[to] === 0) ? 1 : 0;
    });
    return dense([batch, length, length], allowed);
  };

  describe.each([
    [2, 3, 4, 2, 6],
    [1, 17, 2, 1, 4],
    [1, 6, 2, 2, 18],
    [1, 33, 1, 1, 3],
  ] as const)('attention of [%d, %d] positions, %d heads, %d groups of %d channels', (...sizes) => {
    const [batch, length, heads, groups, width] = sizes;
    it.each(Object.keys(masks))('%s', (name) => {
      const mask = masks[name]!(batch, length);
      const key = () => random([batch, length, groups, width]);
      compare(
        [random([batch, length, heads, width]), key(), key()],
        ([q, k, v]) => attention(q!, k!, v!, mask, 0.5),
        ([q, k, v]) => reference.attention(q!, k!, v!, denseOf(mask, batch, length), 0.5),
      );
    });

    it('causal, told by a flag', () => {
      const backend = tf.backend() as TorchBackend;
      const mask = masks.causal!(batch, length);
      const key = () => random([batch, length, groups, width]);
      backend.flagsCausalMasks = true;
      try {
        compare(
          [random([batch, length, heads, width]), key(), key()],
          ([q, k, v]) => attention(q!, k!, v!, mask, 0.5),
          ([q, k, v]) => reference.attention(q!, k!, v!, denseOf(mask, batch, length), 0.5),
        );
      } finally {
        backend.flagsCausalMasks = false;
      }
    });
  });

  it('attention to the first of more places, whose gradients are zero behind them', () => {
    const [batch, targets, places, present] = [2, 3, 21, Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 1)];
    const sources = present.length / batch;
    const seen = dense(
      [batch, targets, places],
      Array.from({ length: batch * targets * places }, (_, i) => {
        const [b, s] = [Math.floor(i / (targets * places)), i % places];
        return s < sources ? present[b * sources + s]! : 0;
      }),
    );
    const key = () => random([batch, places, 2, 8]);
    compare(
      [random([batch, targets, 4, 8]), key(), key()],
      ([q, k, v]) => attention(q!, k!, v!, { kind: 'present', present }, 0.3),
      ([q, k, v]) => reference.attention(q!, k!, v!, seen, 0.3),
    );
  });

  it('attention of heads that lie apart in memory', () => {
    const swapped = (x: tf.Tensor) => tf.transpose(x, [0, 2, 1, 3]);
    const apart = (x: tf.Tensor) => swapped(tf.add(swapped(x), 0));
    const input = () => random([2, 5, 2, 7]);
    const everything = dense([2, 5, 5], new Float64Array(50).fill(1));
    compare(
      [input(), input(), input()],
      ([q, k, v]) => attention(apart(q!), apart(k!), apart(v!), { kind: 'everywhere' }, 0.4),
      ([q, k, v]) => reference.attention(q!, k!, v!, everything, 0.4),
    );
  });

  it.each([1, 16, 37])('gates of %d numbers, large ones too', (count) => {
    const gate = random([count], 8);
    compare(
      [gate, random([count])],
      ([g, up]) => swiglu(g!, up!),
      ([g, up]) =>
        dense(
          [count],
          Array.from(g!.values, (x, i) => (x / (1 + Math.exp(-x))) * up!.values[i]!),
        ),
    );
  });

  it('gates far from zero are what they tend to', () => {
    const values = swiglu(tf.tensor1d([-200, -90, 90, 200]), tf.ones([4])).dataSync();
    expect([...values]).toEqual([expect.closeTo(0), expect.closeTo(0), 90, 200]);
  });

  it.each([
    ['with biases', true],
    ['without', false],
  ])('several projections %s', (_, hasBiases) => {
    const weights = [random([4, 5]), random([3, 5]), random([1, 5])];
    const biases = hasBiases ? [random([4]), random([3]), random([1])] : [];
    compare(
      [random([6, 5]), ...weights, ...biases],
      ([x, ...maps]) =>
        tf.concat(
          [
            ...projections(
              x!,
              [0, 1, 2].map((i) => ({ weight: maps[i]!, bias: maps[3 + i] })),
            ),
          ],
          1,
        ),
      ([x, ...maps]) => sideBySide([0, 1, 2].map((i) => reference.linear(x!, maps[i]!, maps[3 + i]))),
    );
  });

  it('refuses projections of which only some have a bias', () => {
    tf.tidy(() => {
      const [x, weight, bias] = [tf.ones([2, 3]), tf.ones([4, 3]), tf.ones([4])] as const;
      expect(() => projections(x, [{ weight, bias }, { weight }])).toThrow(
        'either all maps of the same rows have a bias',
      );
    });
  });

  it('projections of which some are not used, and of rows that have no gradient', () => {
    const backend = tf.backend() as TorchBackend;
    const { torch } = backend;
    tf.tidy(() => {
      const [x, used, unused] = [tf.ones([2, 2, 3]), tf.ones([4, 3]), tf.ones([5, 3])] as const;
      for (const weight of [used, unused]) torch.requireGradient(backend.handleOf(weight), true);
      const [y, z] = projections(x, [{ weight: used }, { weight: unused }]);
      expect([y!.shape, z!.shape]).toEqual([
        [2, 2, 4],
        [2, 2, 5],
      ]);
      torch.backward(backend.handleOf(tf.sum(y!)), 0);
      const gradientOf = (weight: tf.Tensor) => [...torch.download(torch.gradient(backend.handleOf(weight)))];
      expect(gradientOf(used)).toEqual(new Array(12).fill(4));
      expect(gradientOf(unused)).toEqual(new Array(15).fill(0));
    });
  });
});
