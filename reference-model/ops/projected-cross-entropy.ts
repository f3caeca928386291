/** The loss of a language model's last layer: projection to the vocabulary and cross-entropy in one, where an engine can do that. */
import * as tf from '@tensorflow/tfjs-core';
import { type CrossEntropyAttributes, PROJECTED_CROSS_ENTROPY } from './kernels.js';
import { linear } from './linear.js';
import { expectRank, expectShape } from './shape-error.js';
import { IGNORED_LABEL, softmaxCrossEntropy } from './softmax-cross-entropy.js';

/**
 * The cross-entropy of a softmax over x·weightᵀ per row, in nats; 0 where the label is ignored.
 *
 * @param x [N, C]
 * @param weight [V, C]
 * @param labels int32 [N], each in 0 … V − 1 or `ignoreIndex`
 * @returns [N]
 * @throws ShapeError
 */
export function projectedCrossEntropy(
  x: tf.Tensor,
  weight: tf.Tensor,
  labels: tf.Tensor,
  ignoreIndex = IGNORED_LABEL,
): tf.Tensor {
  if (tf.getKernel(PROJECTED_CROSS_ENTROPY, tf.getBackend()) == null) {
    return softmaxCrossEntropy(linear(x, weight), labels, ignoreIndex);
  }
  expectRank('projectedCrossEntropy', 'x', x, 2);
  expectShape('projectedCrossEntropy', 'weight', weight, [weight.shape[0]!, x.shape[1]!]);
  expectShape('projectedCrossEntropy', 'labels', labels, [x.shape[0]!], 'int32');
  const attributes: CrossEntropyAttributes = { ignoreIndex };
  return tf.engine().runKernel(PROJECTED_CROSS_ENTROPY, { x, weight, labels }, attributes) as tf.Tensor;
}
