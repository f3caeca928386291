/** Operations on libtorch: gradients in float64 against central differences, stock kernels against the CPU backend, errors and memory. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { loadAddon, TorchType } from '../../../../reference-model/engines/torch/addon.js';
import { TORCH_BACKEND, TorchBackend } from '../../../../reference-model/engines/torch/backend.js';
import { embeddingLookup } from '../../../../reference-model/ops/embedding-lookup.js';
import { linear } from '../../../../reference-model/ops/linear.js';
import { projectedCrossEntropy } from '../../../../reference-model/ops/projected-cross-entropy.js';
import { rmsNorm } from '../../../../reference-model/ops/rms-norm.js';
import { rotaryEmbedding } from '../../../../reference-model/ops/rotary-embedding.js';
import { isTorchAvailable, useBackend } from '../../backends.js';
import * as reference from '../../ops/float64-reference.js';
import { centralDifferences, type Dense, dense } from '../../ops/float64-reference.js';
import { CASES, type OperationCase, random, toTensor } from '../../ops/operation-cases.js';
import { STOCK_CASES } from '../../ops/stock-operation-cases.js';

const FLOAT64 = 'vlm-torch-float64';

interface Derived {
  readonly values: ArrayLike<number>;
  /** One per floating input. */
  readonly gradients: readonly ArrayLike<number>[];
}

/** Runs an operation on the current backend of libtorch and its autograd backwards from the given output gradient. */
function derive(
  { inputs, run }: Pick<OperationCase, 'inputs' | 'run'>,
  direction: Dense,
  type?: TorchType,
  /** Positions of floating inputs that get no gradient, which is zeros. */
  frozen: readonly number[] = [],
): Derived {
  const backend = tf.backend() as TorchBackend;
  const { torch } = backend;
  let derived: Derived | undefined;
  tf.tidy(() => {
    const tensors = inputs.map(toTensor).map((tensor) => {
      if (type === undefined || tensor.dtype !== 'float32') return tensor;
      return tf
        .engine()
        .makeTensorFromTensorInfo(backend.wrap(torch.storedAs(backend.handleOf(tensor), type), tensor.shape), backend);
    });
    const floating = tensors.filter(({ dtype }) => dtype === 'float32');
    for (const [place, tensor] of floating.entries()) {
      torch.requireGradient(backend.handleOf(tensor), !frozen.includes(place));
    }
    const output = run(tensors);
    torch.backward(backend.handleOf(tf.sum(tf.mul(output, toTensor({ data: direction })))), 0);
    const gradients = floating.map((tensor) => {
      const gradient = torch.gradient(backend.handleOf(tensor));
      const values = torch.download(gradient);
      torch.free(gradient);
      return values;
    });
    derived = { values: output.dataSync(), gradients };
  });
  return derived!;
}

function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i]! - value))) / scale;
}

const differentiable = CASES.filter((operation) => operation.differentiable !== false);

describe.skipIf(!isTorchAvailable)('on libtorch', () => {
  beforeAll(async () => {
    await useBackend('vlm-torch');
    const { addon } = loadAddon();
    tf.registerBackend(FLOAT64, () => new TorchBackend(addon, TorchType.float64));
    tf.copyRegisteredKernels(TORCH_BACKEND, FLOAT64);
  });

  describe('in float64', () => {
    it.each(differentiable)('$name forward and backward', async ({ inputs, run, reference: exact }) => {
      await tf.setBackend(FLOAT64);
      const data = inputs.map((input) => input.data);
      const expected = exact(data);
      const direction = random(expected.shape);
      const { values, gradients } = derive({ inputs, run }, direction);
      // The approximation of the error function is good to 1e-7, and its slope to less.
      const tolerance = 1e-6;
      expect(largestError(values, expected.values)).toBeLessThan(tolerance);
      const floating = inputs.flatMap(({ dtype }, i) => (dtype === undefined ? [i] : []));
      for (const [place, i] of floating.entries()) {
        const differences = centralDifferences(exact, data, i, direction.values);
        expect(largestError(gradients[place]!, differences)).toBeLessThan(10 * tolerance);
      }
    });
  });

  // Half a unit in the last place of the type, times the few roundings of an operation.
  describe.each([
    ['bfloat16', 2 ** -8],
    ['float16', 2 ** -11],
  ] as const)('in %s', (precision, unit) => {
    // Where all inputs are far from zero their rounding alone is large against their differences.
    const near = differentiable.filter(({ name }) => !name.includes('far from the origin'));
    it.each(near)('$name is within rounding of float64, forward and backward', async (operation) => {
      await useBackend('vlm-torch');
      const { inputs, reference: exact } = operation;
      const data = inputs.map((input) => input.data);
      const expected = exact(data);
      const direction = random(expected.shape);
      const { values, gradients } = derive(operation, direction, TorchType[precision]);
      expect(largestError(values, expected.values)).toBeLessThan(8 * unit);
      const floating = inputs.flatMap(({ dtype }, i) => (dtype === undefined ? [i] : []));
      for (const [place, i] of floating.entries()) {
        const differences = centralDifferences(exact, data, i, direction.values);
        expect(largestError(gradients[place]!, differences)).toBeLessThan(16 * unit);
      }
    });
  });

  describe('the loss of the output layer', () => {
    const [rows, width, vocabulary] = [9, 6, 13];
    const labels = dense([rows], [0, 12, -100, 3, 3, -100, 7, 1, 5]);
    const inputs = [
      { data: random([rows, width]) },
      { data: random([vocabulary, width]) },
      { data: labels, dtype: 'int32' as const },
    ];
    const exact = ([x, weight, ids]: readonly Dense[]): Dense =>
      reference.softmaxCrossEntropy(reference.linear(x!, weight!), ids!, -100);

    it.each([1, 2 * vocabulary, 4 * vocabulary + 1, 1000])('with %d logits at once', async (atOnce) => {
      await tf.setBackend(FLOAT64);
      const backend = tf.backend() as TorchBackend;
      backend.logitsAtOnce = atOnce;
      const direction = random([rows]);
      const run = ([x, weight, ids]: readonly tf.Tensor[]) => projectedCrossEntropy(x!, weight!, ids!);
      const { values, gradients } = derive({ inputs, run }, direction);
      const data = inputs.map((input) => input.data);
      expect(largestError(values, exact(data).values)).toBeLessThan(1e-12);
      for (const i of [0, 1]) {
        const differences = centralDifferences(exact, data, i, direction.values);
        expect(largestError(gradients[i]!, differences)).toBeLessThan(1e-7);
      }
    });
  });

  describe('in one pass on the CPU', () => {
    const within = async (
      { inputs, run }: Pick<OperationCase, 'inputs' | 'run'>,
      exact: OperationCase['reference'],
    ) => {
      await useBackend('vlm-torch');
      const data = inputs.map((input) => input.data);
      const expected = exact(data);
      const direction = random(expected.shape);
      const { values, gradients } = derive({ inputs, run }, direction);
      expect(largestError(values, expected.values)).toBeLessThan(1e-6);
      gradients.forEach((gradient, i) => {
        expect(largestError(gradient, centralDifferences(exact, data, i, direction.values))).toBeLessThan(1e-5);
      });
    };

    // The gradient of few channels is what is left of two terms that grow as 1 / x: none is near zero.
    const awayFromZero = ({ shape, values }: Dense): Dense =>
      dense(
        shape,
        Array.from(values, (value) => Math.fround(value + Math.sign(value) / 2)),
      );

    // Sixteen numbers are summed side by side, and what is left one by one.
    it.each([1, 15, 16, 17, 45, 64])('root mean squares of %d channels', async (width) => {
      const inputs = [{ data: awayFromZero(random([3, width])) }, { data: random([width]) }];
      await within({ inputs, run: ([x, scale]) => rmsNorm(x!, scale!, 1e-6) }, ([x, scale]) =>
        reference.rmsNorm(x!, scale!, 1e-6),
      );
    });

    // Whatever a stage freezes: what learns has the gradient that it has anyway.
    it.each([[0], [1]])('root mean squares and losses of the output layer where input %d is frozen', async (input) => {
      await useBackend('vlm-torch');
      const [rows, width, vocabulary] = [9, 21, 13];
      const labels = dense([rows], [0, 12, -100, 3, 3, -100, 7, 1, 5]);
      const backend = tf.backend() as TorchBackend;
      const { logitsAtOnce } = backend;
      backend.logitsAtOnce = vocabulary;
      const operations: readonly Pick<OperationCase, 'inputs' | 'run'>[] = [
        {
          inputs: [{ data: random([rows, width]) }, { data: random([width]) }],
          run: ([x, scale]) => rmsNorm(x!, scale!, 1e-6),
        },
        {
          inputs: [
            { data: random([rows, width]) },
            { data: random([vocabulary, width]) },
            { data: labels, dtype: 'int32' },
          ],
          run: ([x, weight, ids]) => projectedCrossEntropy(x!, weight!, ids!),
        },
      ];
      for (const [number, operation] of operations.entries()) {
        const direction = random(number === 0 ? [rows, width] : [rows]);
        const whole = derive(operation, direction).gradients;
        const part = derive(operation, direction, undefined, [input]).gradients;
        const learnt = Array.from(part[1 - input]!);
        expect(learnt.some((value) => value !== 0)).toBe(true);
        expect(learnt).toEqual(Array.from(whole[1 - input]!));
        expect(Array.from(part[input]!).every((value) => value === 0)).toBe(true);
      }
      backend.logitsAtOnce = logitsAtOnce;
    });

    it.each([2, 6, 34])('rotations of %d channels, of heads that lie apart too', async (width) => {
      const [batch, length, heads] = [2, 3, 2];
      const angles = random([5, width / 2]);
      const table = (f: (angle: number) => number) => dense(angles.shape, Array.from(angles.values, f));
      const [cosine, sine] = [table(Math.cos), table(Math.sin)];
      const places = dense([batch, length], [0, 1, 2, 4, 3, 0]);
      const constants = () =>
        [
          toTensor({ data: places, dtype: 'int32' }),
          { cosine: toTensor({ data: cosine }), sine: toTensor({ data: sine }) },
        ] as const;
      const swapped = (x: tf.Tensor) => tf.transpose(x, [0, 2, 1, 3]);
      const exact = ([x]: readonly Dense[]): Dense => reference.rotaryEmbedding(x!, places, cosine, sine);
      const inputs = [{ data: random([batch, length, heads, width]) }];
      await within({ inputs, run: ([x]) => rotaryEmbedding(x!, ...constants()) }, exact);
      // The same values, but with the heads in front in memory.
      await within({ inputs, run: ([x]) => rotaryEmbedding(swapped(tf.add(swapped(x!), 0)), ...constants()) }, exact);
    });
  });

  describe('stock operations', () => {
    test.each(STOCK_CASES)('%s', async (_, operation) => {
      await useBackend('cpu');
      const expected = operation();
      await useBackend('vlm-torch');
      const actual = operation();
      expect(actual).toMatchObject({ shape: expected.shape, dtype: expected.dtype });
      expect(largestError(actual.values, expected.values)).toBeLessThan(1e-6);
    });
  });

  describe('what goes wrong', () => {
    beforeAll(() => useBackend('vlm-torch'));

    it('is an error with operation, types and shapes, which leaves nothing behind', () => {
      const { torch } = tf.backend() as TorchBackend;
      const [a, b] = [tf.ones([2, 3]), tf.ones([2, 3])];
      const before = [torch.live(), tf.memory().numTensors];
      const product = () => tf.engine().runKernel('BatchMatMul', { a, b }, { transposeA: false, transposeB: false });
      expect(product).toThrow(
        expect.objectContaining({
          name: 'EngineError',
          defect: expect.objectContaining({
            code: 'operation-failed',
            kernel: 'BatchMatMul',
            operation: 'matmul',
            tensors: 'float32 [2, 3], float32 [2, 3]',
          }),
        }),
      );
      expect([torch.live(), tf.memory().numTensors]).toEqual(before);
      tf.dispose([a, b]);
    });

    it('names the place of a bad id', () => {
      const lookup = () => tf.tidy(() => embeddingLookup(tf.ones([11, 2]), tf.tensor1d([3, 11], 'int32')));
      expect(lookup).toThrow(
        expect.objectContaining({
          defect: expect.objectContaining({ code: 'index-out-of-range', position: 1, index: 11, limit: 11 }),
        }),
      );
    });
  });

  it('does not grow over ten thousand operations', async () => {
    await useBackend('vlm-torch');
    const { torch } = tf.backend() as TorchBackend;
    const [x, weight] = [tf.ones([64, 256]), tf.ones([256, 256])];
    const pass = () =>
      tf.tidy(() => {
        let hidden: tf.Tensor = x;
        for (let i = 0; i < 100; i++) hidden = i % 2 === 0 ? tf.mul(hidden, 0.01) : linear(hidden, weight);
        return hidden.dataSync()[0];
      });
    pass();
    const [handles, resident] = [torch.live(), process.memoryUsage().rss];
    for (let i = 0; i < 100; i++) pass();
    expect(torch.live()).toBe(handles);
    // One pass makes 6.5 MB of tensors: kept, they would be 650 MB.
    expect(process.memoryUsage().rss - resident).toBeLessThan(64 * 2 ** 20);
    tf.dispose([x, weight]);
  });
});
