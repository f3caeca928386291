/** One step of Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2). */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { type AdamWAttributes, FusedKernel } from './kernels.js';
import { expectShape } from './shape-error.js';

interface AdamWState {
  readonly parameter: tf.Tensor;
  readonly firstMoment: tf.Tensor;
  readonly secondMoment: tf.Tensor;
}

/**
 * With g the scaled gradient: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * p ← p − η·(m/c₁ / (√(v/c₂) + ε) + λp), where c₁ and c₂ are the bias corrections.
 *
 * @param inputs four tensors of one shape
 * @returns new tensors; the inputs stay as they are
 * @throws ShapeError
 */
export function adamW(inputs: AdamWState & { readonly gradient: tf.Tensor }, attributes: AdamWAttributes): AdamWState {
  const { parameter, gradient, firstMoment, secondMoment } = inputs;
  expectShape('adamW', 'gradient', gradient, parameter.shape);
  expectShape('adamW', 'firstMoment', firstMoment, parameter.shape);
  expectShape('adamW', 'secondMoment', secondMoment, parameter.shape);
  const outputs = runFusedKernel(FusedKernel.AdamW, { parameter, gradient, firstMoment, secondMoment }, attributes);
  return { parameter: outputs[0]!, firstMoment: outputs[1]!, secondMoment: outputs[2]! };
}

export const adamWOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.AdamW,
      composite: ({ parameter, gradient, firstMoment, secondMoment }, attributes: AdamWAttributes) => {
        const { learningRate, beta1, beta2, epsilon, weightDecay, biasCorrection1, biasCorrection2 } = attributes;
        const g = tf.mul(gradient!, attributes.gradientScale);
        const first = tf.add(tf.mul(firstMoment!, beta1), tf.mul(g, 1 - beta1));
        const second = tf.add(tf.mul(secondMoment!, beta2), tf.mul(tf.square(g), 1 - beta2));
        const root = tf.add(tf.sqrt(tf.div(second, biasCorrection2)), epsilon);
        const update = tf.add(tf.div(tf.div(first, biasCorrection1), root), tf.mul(parameter!, weightDecay));
        return [tf.sub(parameter!, tf.mul(update, learningRate)), first, second];
      },
    },
  ],
  gradients: [],
};
