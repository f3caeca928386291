/** Cross-entropy of a softmax over the vocabulary against integer labels, one loss per row, fused for precision and memory. */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { type CrossEntropyAttributes, FusedKernel } from './kernels.js';
import { expectRank, expectShape } from './shape-error.js';

/** The label that says "no target here", as in PyTorch. */
export const IGNORED_LABEL = -100;

/**
 * log Σ exp(logits) − logits[label] per row, in nats; 0 where the label is ignored.
 *
 * @param logits [N, V]
 * @param labels int32 [N], each in 0 … V − 1 or `ignoreIndex`
 * @returns [N]
 * @throws ShapeError
 */
export function softmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor, ignoreIndex = IGNORED_LABEL): tf.Tensor {
  expectRank('softmaxCrossEntropy', 'logits', logits, 2);
  expectShape('softmaxCrossEntropy', 'labels', labels, [logits.shape[0]!], 'int32');
  const attributes: CrossEntropyAttributes = { ignoreIndex };
  return runFusedKernel(FusedKernel.SoftmaxCrossEntropy, { logits, labels }, attributes)[0]!;
}

/** 1 for rows that count, 0 for ignored ones, [N]. */
const countedRows = (labels: tf.Tensor, ignoreIndex: number): tf.Tensor =>
  tf.cast(tf.notEqual(labels, tf.scalar(ignoreIndex, 'int32')), 'float32');

/** [N, V] with 1 at each row's label; an ignored row is all zeros. */
const oneHotLabels = (labels: tf.Tensor, vocabularySize: number): tf.Tensor =>
  tf.oneHot(labels as tf.Tensor1D, vocabularySize, 1, 0, 'float32');

export const softmaxCrossEntropyOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.SoftmaxCrossEntropy,
      composite: ({ logits, labels }, { ignoreIndex }: CrossEntropyAttributes) => {
        const shifted = tf.sub(logits!, tf.max(logits!, -1, true));
        const logSum = tf.log(tf.sum(tf.exp(shifted), -1));
        const picked = tf.sum(tf.mul(shifted, oneHotLabels(labels!, logits!.shape[1]!)), -1);
        return tf.mul(tf.sub(logSum, picked), countedRows(labels!, ignoreIndex));
      },
    },
    {
      name: FusedKernel.SoftmaxCrossEntropyGradient,
      composite: ({ outputGradient, logits, labels }, { ignoreIndex }: CrossEntropyAttributes) => {
        const difference = tf.sub(tf.softmax(logits!), oneHotLabels(labels!, logits!.shape[1]!));
        const weight = tf.mul(outputGradient!, countedRows(labels!, ignoreIndex));
        return tf.mul(difference, tf.expandDims(weight, -1));
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.SoftmaxCrossEntropy,
      savedInputs: ['logits', 'labels'],
      gradient: (outputGradient, [logits, labels], attributes: CrossEntropyAttributes) => ({
        logits: () =>
          runFusedKernel(
            FusedKernel.SoftmaxCrossEntropyGradient,
            { outputGradient, logits: logits!, labels: labels! },
            attributes,
          )[0]!,
      }),
    },
  ],
};
