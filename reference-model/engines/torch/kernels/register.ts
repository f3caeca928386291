/** How kernels reach tfjs: as functions of handles, whose errors name the kernel. */
import { registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { TorchAddon } from '../addon.js';
import { TORCH_BACKEND, type TorchBackend } from '../backend.js';
import { engineErrorOf } from '../operation-error.js';

export interface KernelCall<Attributes> {
  readonly torch: TorchAddon;
  readonly backend: TorchBackend;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attributes: Attributes;
}

export type TorchKernel<Attributes> = (call: KernelCall<Attributes>) => TensorInfo | TensorInfo[];

export function registerTorchKernel<Attributes = Record<string, never>>(
  kernelName: string,
  kernel: TorchKernel<Attributes>,
): void {
  registerKernel({
    kernelName,
    backendName: TORCH_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const own = backend as TorchBackend;
      try {
        return kernel({
          torch: own.torch,
          backend: own,
          inputs: inputs as Record<string, TensorInfo>,
          attributes: attrs as Attributes,
        });
      } catch (error) {
        throw engineErrorOf(error, kernelName);
      }
    },
  });
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
