/** y = x·Wᵀ + b, the affine map of every projection; the weight has PyTorch's layout [outputs, inputs], as in the checkpoints. */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel } from './kernels.js';
import { channelsOf, expectRank, expectShape } from './shape-error.js';

/**
 * @param x [.., K]
 * @param weight [N, K]
 * @param bias [N]; none when absent
 * @returns [.., N]
 * @throws ShapeError
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  expectRank('linear', 'weight', weight, 2);
  const outputs = weight.shape[0]!;
  expectShape('linear', 'weight', weight, [outputs, channelsOf('linear', 'x', x)]);
  if (bias) expectShape('linear', 'bias', bias, [outputs]);
  return runFusedKernel(FusedKernel.Linear, bias ? { x, weight, bias } : { x, weight })[0]!;
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
