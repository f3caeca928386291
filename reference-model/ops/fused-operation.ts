/**
 * What a fused operation consists of, and how it is run: one or more kernels of `kernels.ts`, each with a composition of stock
 * operations for backends without a native kernel, and a gradient that tfjs calls lazily. `registration.ts` registers them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { AttributesOf, FusedKernelName } from './kernels.js';

type Tensors = Readonly<Record<string, tf.Tensor>>;

interface KernelDefinition<Name extends FusedKernelName> {
  readonly name: Name;
  /** Computes the kernel's outputs from stock operations; the registration wraps it in `tidy`. */
  readonly composite: (inputs: Tensors, attributes: AttributesOf<Name>) => tf.Tensor | tf.Tensor[];
}

interface GradientDefinition<Name extends FusedKernelName> {
  readonly name: Name;
  readonly savedInputs: readonly string[];
  /** Which outputs the gradient needs, by position. */
  readonly savedOutputs?: readonly boolean[];
  /**
   * One function per differentiable input; tfjs calls only those of inputs that depend on a trained variable. A kernel that
   * computes several gradients at once is run before the functions are returned, within the scope of the whole backward pass.
   */
  readonly gradient: (
    outputGradient: tf.Tensor,
    saved: readonly tf.Tensor[],
    attributes: AttributesOf<Name>,
  ) => Readonly<Record<string, () => tf.Tensor>>;
}

export interface FusedOperation {
  readonly kernels: readonly { [Name in FusedKernelName]: KernelDefinition<Name> }[FusedKernelName][];
  readonly gradients: readonly { [Name in FusedKernelName]: GradientDefinition<Name> }[FusedKernelName][];
}

/** Runs a fused kernel on the current backend and returns its outputs in the order of the contract. */
export function runFusedKernel<Name extends FusedKernelName>(
  name: Name,
  inputs: Tensors,
  attributes?: AttributesOf<Name>,
): tf.Tensor[] {
  const outputs = tf.engine().runKernel(name, { ...inputs }, { ...attributes }) as tf.Tensor | tf.Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}
