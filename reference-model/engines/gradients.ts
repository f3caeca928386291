/**
 * Gradients of the stock tfjs operations that compositions use. On Node, tfjs-core resolves to a bundle without any; its own
 * gradient modules cannot be imported one by one. Those that tfjs-node registers are replaced: of a broadcast maximum, minimum, squared
 * difference or matrix product they have the shape of the result.
 */
import * as tf from '@tensorflow/tfjs-core';

type Gradients = Readonly<Record<string, () => tf.Tensor>>;
type Attributes = Readonly<Record<string, unknown>>;

interface StockGradient {
  /** Names of the inputs to save, or `all` for kernels that take a list. */
  readonly inputs?: readonly string[] | 'all';
  readonly saveOutput?: boolean;
  /** `saved` holds the saved inputs in order, then the output. */
  readonly gradient: (dy: tf.Tensor, saved: readonly tf.Tensor[], attributes: Attributes) => Gradients;
}

/** Sums a gradient over the axes along which an operand was broadcast. */
function reduceTo(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, [...shape]);
}

/** Gradients of a broadcast binary operation from those at the shape of the result. */
function binary(toA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor, toB: typeof toA): StockGradient {
  return {
    inputs: ['a', 'b'],
    gradient: (dy, [a, b]) => ({
      a: () => reduceTo(toA(dy, a!, b!), a!.shape),
      b: () => reduceTo(toB(dy, a!, b!), b!.shape),
    }),
  };
}

/** Gradient of a unary operation from dy and its input, or its output. */
function unary(of: 'input' | 'output', derivative: (dy: tf.Tensor, saved: tf.Tensor) => tf.Tensor): StockGradient {
  const gradient: StockGradient['gradient'] = (dy, [saved]) => ({ x: () => derivative(dy, saved!) });
  return of === 'input' ? { inputs: ['x'], gradient } : { saveOutput: true, gradient };
}

/** Puts reduced axes back with length 1. */
function restoreAxes(reduced: tf.Tensor, shape: readonly number[], axis: unknown): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis as number[], [...shape]);
  return tf.reshape(
    reduced,
    shape.map((length, i) => (axes.includes(i) ? 1 : length)),
  );
}

const matMulGradient: StockGradient = {
  inputs: ['a', 'b'],
  gradient: (dy, [a, b], { transposeA, transposeB }) => {
    const left = () => (transposeB ? tf.matMul(dy, b!) : tf.matMul(dy, b!, false, true));
    const leftTransposed = () => tf.matMul(b!, dy, transposeB === true, true);
    const right = () => (transposeA ? tf.matMul(a!, dy) : tf.matMul(a!, dy, true, false));
    const rightTransposed = () => tf.matMul(dy, a!, true, transposeA === true);
    return {
      a: () => reduceTo(transposeA ? leftTransposed() : left(), a!.shape),
      b: () => reduceTo(transposeB ? rightTransposed() : right(), b!.shape),
    };
  },
};

/** Spreads the gradient of a sum over the summed axes. */
function spread(dy: tf.Tensor, x: tf.Tensor, axis: unknown): tf.Tensor {
  return tf.mul(restoreAxes(dy, x.shape, axis), tf.onesLike(x));
}

/** Sums a tiled gradient over the repetitions: [r₀·n₀, …] as [r₀, n₀, …], summed over the r. */
function sumRepetitions(dy: tf.Tensor, shape: readonly number[], repetitions: readonly number[]): tf.Tensor {
  const split = shape.flatMap((length, axis) => [repetitions[axis]!, length]);
  return tf.sum(
    tf.reshape(dy, split),
    shape.map((_, axis) => 2 * axis),
  );
}

function gatherGradient(dy: tf.Tensor, [x, indices]: readonly tf.Tensor[], { axis, batchDims }: Attributes): Gradients {
  if (tf.util.parseAxisParam((axis ?? 0) as number, x!.shape)[0] !== 0 || (batchDims ?? 0) !== 0) {
    throw new TypeError('The gradient of gather is defined along the first axis only.');
  }
  const rows = () => tf.reshape(dy, [indices!.size, ...x!.shape.slice(1)]);
  const ids = () => tf.reshape(indices!, [indices!.size]) as tf.Tensor1D;
  return {
    x: () => tf.unsortedSegmentSum(rows(), ids(), x!.shape[0]!),
    indices: () => tf.zeros(indices!.shape),
  };
}

const same = (dy: tf.Tensor): Gradients => ({ x: () => tf.cast(dy, 'float32') });
const timesMask = (dy: tf.Tensor, mask: tf.Tensor): tf.Tensor => tf.mul(dy, tf.cast(mask, 'float32'));

/** Operations that are constant wherever they are differentiable: their gradients are zeros. */
const FLAT_BINARY = ['Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr', 'NotEqual'];
const FLAT_UNARY = ['Ceil', 'Floor', 'LogicalNot', 'Round', 'Sign', 'Step', 'ZerosLike', 'OnesLike'];

function flat(inputs: readonly string[]): StockGradient {
  return {
    inputs,
    gradient: (_, saved) => Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros(saved[i]!.shape)])),
  };
}

const STOCK_GRADIENTS: Readonly<Record<string, StockGradient>> = {
  ...Object.fromEntries(FLAT_BINARY.map((name) => [name, flat(['a', 'b'])])),
  ...Object.fromEntries(FLAT_UNARY.map((name) => [name, flat(['x'])])),
  BatchMatMul: matMulGradient,
  Add: binary(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: binary(
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  Multiply: binary(
    (dy, _a, b) => tf.mul(dy, tf.cast(b, 'float32')),
    (dy, a) => tf.mul(dy, tf.cast(a, 'float32')),
  ),
  RealDiv: binary(
    (dy, _a, b) => tf.div(dy, tf.cast(b, 'float32')),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, tf.cast(a, 'float32')), tf.square(tf.cast(b, 'float32')))),
  ),
  Maximum: binary(
    (dy, a, b) => timesMask(dy, tf.greaterEqual(a, b)),
    (dy, a, b) => timesMask(dy, tf.less(a, b)),
  ),
  Minimum: binary(
    (dy, a, b) => timesMask(dy, tf.lessEqual(a, b)),
    (dy, a, b) => timesMask(dy, tf.greater(a, b)),
  ),
  SquaredDifference: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ),
  Neg: { gradient: (dy) => ({ x: () => tf.neg(dy) }) },
  Square: unary('input', (dy, x) => tf.mul(dy, tf.mul(x, 2))),
  Sqrt: unary('output', (dy, y) => tf.div(dy, tf.mul(y, 2))),
  Rsqrt: unary('output', (dy, y) => tf.mul(dy, tf.mul(tf.mul(y, tf.square(y)), -0.5))),
  Reciprocal: unary('output', (dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  Exp: unary('output', (dy, y) => tf.mul(dy, y)),
  Log: unary('input', (dy, x) => tf.div(dy, x)),
  Tanh: unary('output', (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  Sigmoid: unary('output', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Abs: unary('input', (dy, x) => tf.mul(dy, tf.sign(x))),
  Relu: unary('input', (dy, x) => timesMask(dy, tf.greater(x, 0))),
  Sin: unary('input', (dy, x) => tf.mul(dy, tf.cos(x))),
  Cos: unary('input', (dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  Identity: { gradient: same },
  Cast: { gradient: same },
  Reshape: { inputs: ['x'], gradient: (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }) },
  ExpandDims: { inputs: ['input'], gradient: (dy, [input]) => ({ input: () => tf.reshape(dy, input!.shape) }) },
  Transpose: {
    gradient: (dy, _, { perm }) => ({
      x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
    }),
  },
  Concat: {
    inputs: 'all',
    gradient: (dy, parts, { axis }) => {
      const along = tf.util.parseAxisParam(axis as number, parts[0]!.shape)[0]!;
      const sizes = parts.map(({ shape }) => shape[along]!);
      return Object.fromEntries(tf.split(dy, sizes, along).map((part, index) => [index, () => part]));
    },
  },
  Slice: {
    inputs: ['x'],
    gradient: (dy, [x], { begin, size }) => {
      const [start, lengths] = tf.slice_util.parseSliceParams(x!, begin as number[], size as number[]);
      const paddings = x!.shape.map((length, i): [number, number] => [start[i]!, length - start[i]! - lengths[i]!]);
      return { x: () => tf.pad(dy, paddings) };
    },
  },
  PadV2: {
    inputs: ['x'],
    gradient: (dy, [x], { paddings }) => ({
      x: () =>
        tf.slice(
          dy,
          (paddings as [number, number][]).map(([before]) => before),
          x!.shape,
        ),
    }),
  },
  SplitV: {
    gradient: (dys, _, { axis }) => ({ x: () => tf.concat(dys as unknown as tf.Tensor[], axis as number) }),
  },
  Pack: {
    gradient: (dy, _, { axis }) =>
      Object.fromEntries(tf.unstack(dy, axis as number).map((part, index) => [index, () => part])),
  },
  Tile: {
    inputs: ['x'],
    gradient: (dy, [x], { reps }) => ({ x: () => sumRepetitions(dy, x!.shape, reps as number[]) }),
  },
  GatherV2: { inputs: ['x', 'indices'], gradient: gatherGradient },
  Select: {
    inputs: ['condition'],
    gradient: (dy, [condition]) => ({
      condition: () => tf.zeros(condition!.shape),
      t: () => timesMask(dy, condition!),
      e: () => timesMask(dy, tf.logicalNot(condition!)),
    }),
  },
  Sum: { inputs: ['x'], gradient: (dy, [x], { axis }) => ({ x: () => spread(dy, x!, axis) }) },
  Mean: {
    inputs: ['x'],
    gradient: (dy, [x], { axis }) => ({ x: () => tf.mul(spread(dy, x!, axis), dy.size / x!.size) }),
  },
  Max: {
    inputs: ['x'],
    saveOutput: true,
    gradient: (dy, [x, y], { reductionIndices }) => ({
      x: () => {
        const isMaximum = tf.equal(x!, restoreAxes(y!, x!.shape, reductionIndices));
        return timesMask(restoreAxes(dy, x!.shape, reductionIndices), isMaximum);
      },
    }),
  },
  Softmax: {
    saveOutput: true,
    gradient: (dy, [y], { dim }) => ({
      logits: () => {
        const weighted = tf.mul(dy, y!);
        return tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), y!));
      },
    }),
  },
};

/** Registers every gradient above, whatever is registered under its name. */
export function registerStockGradients(): void {
  for (const [kernelName, { inputs = [], saveOutput = false, gradient }] of Object.entries(STOCK_GRADIENTS)) {
    tf.registerGradient({
      kernelName,
      ...(inputs === 'all' ? { saveAllInputs: true } : { inputsToSave: [...inputs] }),
      outputsToSave: saveOutput ? [true] : [],
      gradFunc: (dy, saved, attributes) => gradient(dy as tf.Tensor, saved, attributes as Attributes),
    });
  }
}
