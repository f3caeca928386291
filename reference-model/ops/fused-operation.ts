/**
 * What a fused operation consists of, and how it is run: one or more kernels of `kernels.ts`, each with a composition of stock
 * operations for backends without a native kernel, and a gradient that tfjs calls lazily. `registration.ts` registers them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { FusedKernelName } from './kernels.js';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Plain numbers and switches of a kernel; see the `…Attributes` types of `kernels.ts`. */
type Attributes = Readonly<Record<string, number | boolean>>;

/** Computes a kernel's outputs from stock operations; the registration wraps it in `tidy`. */
type CompositeKernel<A> = (inputs: Tensors, attributes: A) => tf.Tensor | tf.Tensor[];

interface FusedKernelDefinition {
  readonly name: FusedKernelName;
  // biome-ignore lint/suspicious/noExplicitAny: each kernel reads its own attributes, and parameters are contravariant.
  readonly composite: CompositeKernel<any>;
}

export interface FusedGradientDefinition {
  readonly name: FusedKernelName;
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
    // biome-ignore lint/suspicious/noExplicitAny: as for CompositeKernel.
    attributes: any,
  ) => Readonly<Record<string, () => tf.Tensor>>;
}

export interface FusedOperation {
  readonly kernels: readonly FusedKernelDefinition[];
  readonly gradients: readonly FusedGradientDefinition[];
}

/** Runs a fused kernel on the current backend and returns its outputs in the order of the contract. */
export function runFusedKernel(name: FusedKernelName, inputs: Tensors, attributes: Attributes = {}): tf.Tensor[] {
  const outputs = tf.engine().runKernel(name, { ...inputs }, { ...attributes }) as tf.Tensor | tf.Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}
