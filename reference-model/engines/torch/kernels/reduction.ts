/** Kernels that reduce axes. */
import { type DataType, util } from '@tensorflow/tfjs-core';
import type { ReductionOperation } from '../addon.js';
import { registerTorchKernel } from './register.js';

interface Reduced {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

const REDUCTIONS: Readonly<Record<string, ReductionOperation>> = {
  Sum: 'sum',
  Mean: 'mean',
  Max: 'max',
  Min: 'min',
  All: 'all',
  Any: 'any',
};

export function registerReductionKernels(): void {
  for (const [name, operation] of Object.entries(REDUCTIONS)) {
    registerTorchKernel<Reduced>(name, ({ torch, backend, inputs: { x }, attributes }) => {
      const { axis, reductionIndices, keepDims = false } = attributes;
      const axes = util.parseAxisParam((reductionIndices ?? axis)!, x!.shape);
      const shape = x!.shape.flatMap((length, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [length]));
      return backend.wrap(torch[operation](backend.handleOf(x!), axes, keepDims), shape, x!.dtype);
    });
  }
  for (const [name, operation] of [
    ['ArgMax', 'argMax'],
    ['ArgMin', 'argMin'],
  ] as const) {
    registerTorchKernel<{ axis: number }>(name, ({ torch, backend, inputs: { x }, attributes }) => {
      const [axis] = util.parseAxisParam(attributes.axis, x!.shape);
      const shape = x!.shape.filter((_, i) => i !== axis);
      return backend.wrap(torch[operation](backend.handleOf(x!), axis!), shape, 'int32' satisfies DataType);
    });
  }
  registerTorchKernel<{ dim: number }>('Softmax', ({ torch, backend, inputs: { logits }, attributes: { dim } }) =>
    backend.wrap(torch.softmax(backend.handleOf(logits!), dim), logits!.shape, logits!.dtype),
  );
}
