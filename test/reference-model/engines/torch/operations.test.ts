/** Operations on libtorch: gradients in float64 against central differences, stock kernels against the CPU backend, errors and memory. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { loadAddon, TorchType } from '../../../../reference-model/engines/torch/addon.js';
import { TORCH_BACKEND, TorchBackend } from '../../../../reference-model/engines/torch/backend.js';
import { embeddingLookup } from '../../../../reference-model/ops/embedding-lookup.js';
import { linear } from '../../../../reference-model/ops/linear.js';
import { projectedCrossEntropy } from '../../../../reference-model/ops/projected-cross-entropy.js';
import { isTorchAvailable, useBackend } from '../../backends.js';
import * as reference from '../../ops/float64-reference.js';
import { centralDifferences, type Dense, dense } from '../../ops/float64-reference.js';
import { CASES, type OperationCase, random, toTensor } from '../../ops/operation-cases.js';

const FLOAT64 = 'vlm-torch-float64';

interface Derived {
  readonly values: ArrayLike<number>;
  /** One per floating input. */
  readonly gradients: readonly ArrayLike<number>[];
}

/** Runs an operation on the current backend of libtorch and its autograd backwards from the given output gradient. */
function derive({ inputs, run }: Pick<OperationCase, 'inputs' | 'run'>, direction: Dense, type?: TorchType): Derived {
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
    for (const tensor of floating) torch.requireGradient(backend.handleOf(tensor), true);
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

  describe('stock operations', () => {
    const x = random([2, 3, 4]);
    const y = random([3, 4]);
    const flags = dense(
      [2, 3, 4],
      Array.from(x.values, (value) => Number(value > 0)),
    );
    const operations: Readonly<Record<string, (x: tf.Tensor, y: tf.Tensor, flags: tf.Tensor) => tf.Tensor>> = {
      'broadcast arithmetic': (a, b) => tf.div(tf.sub(tf.mul(a, b), tf.add(b, a)), tf.add(tf.square(b), 1)),
      'numbers on either side': (a) => tf.sub(tf.mul(2, tf.add(a, 3)), tf.div(tf.sub(1, a), 4)),
      extremes: (a, b) => tf.add(tf.maximum(a, b), tf.squaredDifference(tf.minimum(a, b), 0.5)),
      'functions of one operand': (a) =>
        tf.addN([tf.exp(a), tf.tanh(a), tf.sigmoid(a), tf.relu(a), tf.abs(a), tf.sin(a), tf.cos(a), tf.sign(a)]),
      'functions of positive numbers': (a) => {
        const positive = tf.add(tf.abs(a), 0.5);
        return tf.addN([tf.sqrt(positive), tf.rsqrt(positive), tf.log(positive), tf.reciprocal(positive)]);
      },
      roundings: (a) => tf.addN([tf.floor(a), tf.mul(tf.ceil(a), 10), tf.mul(tf.round(a), 100)]),
      comparisons: (a, b) =>
        tf.addN(
          [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual].map((compare, i) =>
            tf.mul(tf.cast(compare(a, b), 'float32'), 2 ** i),
          ),
        ),
      logic: (a, b, c) =>
        tf.where(tf.logicalOr(tf.logicalNot(c as tf.Tensor), tf.greater(a, b)), a, tf.mul(b, tf.onesLike(a))),
      sums: (a) => tf.concat([tf.sum(a, [0, 2]), tf.mean(a, [0, 2]), tf.max(a, [0, 2]), tf.min(a, [0, 2])]),
      'sums that keep axes': (a) => tf.add(tf.sum(a, -1, true), tf.mean(a, 1, true)),
      'sum of everything': (a) => tf.sum(a),
      places: (a) => tf.cast(tf.add(tf.argMax(a, 1), tf.mul(tf.argMin(a, 1), tf.scalar(10, 'int32'))), 'float32'),
      'any and all': (a) => tf.cast(tf.logicalAnd(tf.any(tf.greater(a, 0), 1), tf.all(tf.less(a, 9), 1)), 'float32'),
      softmax: (a) => tf.softmax(a),
      'matrix products': (a, b) =>
        tf.concat([tf.matMul(a, b, false, true), tf.matMul(tf.transpose(a, [0, 2, 1]), b, true, true)], 0),
      layout: (a) => tf.transpose(tf.reshape(tf.expandDims(a, 1), [4, 3, 2]), [2, 0, 1]),
      'cut and joined': (a, b) =>
        tf.concat([tf.slice(a, [1, 0, 1], [1, 3, -1]), tf.slice(tf.expandDims(b), [0, 0, 1])], 1),
      'split and stacked': (a) =>
        tf.stack([...tf.split(a, [1, 3], 2).slice(1), ...tf.split(a, [3, 1], 2).slice(0, 1)], 1),
      unstacked: (a) => tf.concat(tf.unstack(a, 1), 0),
      'tiled and padded': (a) =>
        tf.pad(
          tf.tile(a, [2, 1, 3]),
          [
            [1, 0],
            [0, 2],
            [2, 1],
          ],
          7,
        ),
      gathered: (a) => tf.gather(a, tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32'), 1),
      'summed by segments': (a) =>
        tf.unsortedSegmentSum(tf.reshape(a, [6, 4]), tf.tensor1d([0, 2, 2, 1, 0, 2], 'int32'), 4),
      'integer arithmetic': (a) => {
        const whole = tf.cast(tf.mul(a, 5), 'int32');
        return tf.cast(tf.add(tf.sum(whole, 1), tf.max(whole, 1)), 'float32');
      },
      'made by the engine': (a) => tf.addN([tf.fill([2, 3, 4], 2), tf.zerosLike(a), tf.onesLike(a), tf.clone(a)]),
    };

    test.each(Object.entries(operations))('%s', async (_, operation) => {
      const results = [];
      for (const backend of ['cpu', 'vlm-torch'] as const) {
        await useBackend(backend);
        const result = tf.tidy(() =>
          operation(toTensor({ data: x }), toTensor({ data: y }), toTensor({ data: flags, dtype: 'bool' })),
        );
        results.push({ shape: result.shape, dtype: result.dtype, values: [...result.dataSync()] });
        result.dispose();
      }
      const [expected, actual] = results as [(typeof results)[0], (typeof results)[0]];
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
