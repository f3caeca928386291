/** y = x·Wᵀ + b, the affine map of every projection; the weight has PyTorch's layout [outputs, inputs], as in the checkpoints. */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel, PROJECTIONS } from './kernels.js';
import { channelsOf, expectRank, expectShape } from './shape-error.js';

/**
 * @param x [.., K]
 * @param weight [N, K]
 * @param bias [N]; none when absent
 * @returns [.., N]
 * @throws ShapeError
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  checkMap(x, weight, bias);
  return runFusedKernel(FusedKernel.Linear, bias ? { x, weight, bias } : { x, weight })[0]!;
}

function checkMap(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): void {
  expectRank('linear', 'weight', weight, 2);
  const outputs = weight.shape[0]!;
  expectShape('linear', 'weight', weight, [outputs, channelsOf('linear', 'x', x)]);
  if (bias) expectShape('linear', 'bias', bias, [outputs]);
}

/** A linear map. */
export interface Projection {
  /** [N, K] */
  readonly weight: tf.Tensor;
  /** [N] */
  readonly bias?: tf.Tensor | undefined;
}

/**
 * Several linear maps of the same rows, in one kernel where an engine can do that.
 *
 * @param x [.., K]
 * @param maps of which all have a bias, or none
 * @returns [.., N] of each
 * @throws ShapeError
 */
export function projections(x: tf.Tensor, maps: readonly Projection[]): readonly tf.Tensor[] {
  if (tf.getKernel(PROJECTIONS, tf.getBackend()) == null) {
    return maps.map(({ weight, bias }) => linear(x, weight, bias));
  }
  const inputs: tf.NamedTensorMap = { x };
  for (const [i, { weight, bias }] of maps.entries()) {
    checkMap(x, weight, bias);
    inputs[`weight${i}`] = weight;
    if (bias) inputs[`bias${i}`] = bias;
  }
  return tf.engine().runKernel(PROJECTIONS, inputs) as tf.Tensor[];
}

/** All leading dimensions joined to rows. Not even a reshape is spent on a matrix: a training step has hundreds of them. */
const asMatrix = (x: tf.Tensor): tf.Tensor2D =>
  x.rank === 2 ? (x as tf.Tensor2D) : tf.reshape(x, [-1, x.shape.at(-1)!]);

const withShape = (matrix: tf.Tensor2D, shape: number[]): tf.Tensor =>
  shape.length === 2 ? matrix : tf.reshape(matrix, shape);

export const linearOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.Linear,
      composite: ({ x, weight, bias }) => {
        const product = tf.matMul(asMatrix(x!), weight as tf.Tensor2D, false, true);
        const y = bias ? tf.add(product, bias) : product;
        return withShape(y as tf.Tensor2D, [...x!.shape.slice(0, -1), weight!.shape[0]!]);
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.Linear,
      savedInputs: ['x', 'weight'],
      gradient: (outputGradient, [x, weight]) => ({
        x: () => withShape(tf.matMul(asMatrix(outputGradient), weight as tf.Tensor2D), x!.shape),
        weight: () => tf.matMul(asMatrix(outputGradient), asMatrix(x!), true, false),
        bias: () => tf.sum(asMatrix(outputGradient), 0),
      }),
    },
  ],
};
