/**
 * Makes the fused operations available on a tfjs backend: their gradients once for all backends, and their compositions of
 * stock operations for every kernel that the backend does not implement natively.
 */
import * as tf from '@tensorflow/tfjs-core';
import { adamWOperation } from './adam-w.js';
import { attentionOperation } from './attention.js';
import { cacheWriteOperation } from './cache-write.js';
import { embeddingLookupOperation } from './embedding-lookup.js';
import type { FusedOperation } from './fused-operation.js';
import { geluOperation } from './gelu.js';
import type { FusedKernelName } from './kernels.js';
import { layerNormOperation } from './layer-norm.js';
import { linearOperation } from './linear.js';
import { rmsNormOperation } from './rms-norm.js';
import { rotaryEmbeddingOperation } from './rotary-embedding.js';
import { softmaxCrossEntropyOperation } from './softmax-cross-entropy.js';
import { squaredNormsOperation } from './squared-norm.js';
import { swigluOperation } from './swiglu.js';

const OPERATIONS: readonly FusedOperation[] = [
  linearOperation,
  attentionOperation,
  layerNormOperation,
  rmsNormOperation,
  geluOperation,
  swigluOperation,
  rotaryEmbeddingOperation,
  embeddingLookupOperation,
  softmaxCrossEntropyOperation,
  adamWOperation,
  squaredNormsOperation,
  cacheWriteOperation,
];

function registerGradientOnce({
  name,
  savedInputs,
  savedOutputs = [],
  gradient,
}: FusedOperation['gradients'][number]): void {
  if (tf.getGradient(name) != null) return;
  tf.registerGradient({
    kernelName: name,
    inputsToSave: [...savedInputs],
    outputsToSave: [...savedOutputs],
    // The engine hands on the attributes of the forward kernel, untyped.
    gradFunc: (outputGradient, saved, attributes) =>
      gradient(Array.isArray(outputGradient) ? outputGradient[0]! : outputGradient, saved, attributes as never),
  });
}

/**
 * Completes a backend: call it once after the backend and its native kernels are registered. A second call changes nothing.
 *
 * @param backendName the name under which the backend is registered with tfjs
 * @returns the kernels that this call registered as compositions, in a fixed order
 */
export function registerCompositeKernels(backendName: string): readonly FusedKernelName[] {
  const composed: FusedKernelName[] = [];
  for (const { kernels, gradients } of OPERATIONS) {
    for (const { name, composite } of kernels) {
      if (tf.getKernel(name, backendName) != null) continue;
      tf.registerKernel({
        kernelName: name,
        backendName,
        // The engine hands kernels the tensors themselves, so stock operations can take them as they are, and untyped attributes.
        kernelFunc: ({ inputs, attrs }) =>
          tf.tidy(() => composite(inputs as Record<string, tf.Tensor>, attrs as never)),
      });
      composed.push(name);
    }
    gradients.forEach(registerGradientOnce);
  }
  return composed;
}
