/** How kernels reach tfjs: native ones with a copied CPU kernel as their second choice, and copied ones alone. */
import {
  getKernel,
  type KernelConfig,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { EngineError } from '../engine-error.js';
import { WASM_BACKEND, type WasmBackend } from './backend.js';
import type { KernelExports } from './kernel-module.js';

export interface KernelCall<A = Record<string, unknown>> {
  readonly backend: WasmBackend;
  readonly kernels: KernelExports;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attributes: A;
}

type KernelResult = TensorInfo | TensorInfo[];

/** Returns null for inputs that it leaves to the CPU kernel of the same name. */
export type NativeKernel<A> = (call: KernelCall<A>) => KernelResult | null;

/** Registers a native kernel for the wasm backend. */
export function registerNativeKernel<A = Record<string, unknown>>(kernelName: string, native: NativeKernel<A>): void {
  const copied = getKernel(kernelName, 'cpu');
  registerKernel({
    kernelName,
    backendName: WASM_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const wasm = backend as WasmBackend;
      const call = {
        backend: wasm,
        kernels: wasm.kernels,
        inputs: inputs as NamedTensorInfoMap,
        attributes: attrs as A,
      };
      const result = wasm.runNative(() => native(call as KernelCall<A>));
      if (result !== null) return result;
      if (copied === undefined || copied === null) {
        throw new EngineError({
          code: 'unsupported-input',
          kernel: kernelName,
          input: Object.keys(inputs).join(', '),
          problem: 'no kernel of the wasm engine takes these types and shapes.',
        });
      }
      return wasm.runCopied(() => copied.kernelFunc({ inputs, attrs: attrs ?? {}, backend }));
    },
  });
}

/** Registers a kernel of the CPU backend for the wasm backend. */
export function registerCopiedKernel({ kernelName, kernelFunc }: KernelConfig): void {
  registerKernel({
    kernelName,
    backendName: WASM_BACKEND,
    kernelFunc: (call) => (call.backend as WasmBackend).runCopied(() => kernelFunc(call)),
  });
}

/** Elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Vectors of four 32-bit elements that cover a tensor. */
export const vectorsOf = (tensor: TensorInfo): number => (sizeOf(tensor.shape) + 3) >> 2;

/** Rows and columns of a tensor seen as a matrix over its last axis. */
export function asMatrix(tensor: TensorInfo): { rows: number; columns: number } {
  const columns = tensor.shape.at(-1) ?? 1;
  let rows = 1;
  for (let axis = 0; axis < tensor.shape.length - 1; axis++) rows *= tensor.shape[axis]!;
  return { rows, columns };
}

/** @throws EngineError `unsupported-input` unless the tensor has the type. */
export function expectType(
  kernel: string,
  input: string,
  tensor: TensorInfo,
  dtype: 'float32' | 'int32' | 'bool',
): void {
  if (tensor.dtype !== dtype) {
    throw new EngineError({
      code: 'unsupported-input',
      kernel,
      input,
      problem: `is ${tensor.dtype}; expected ${dtype}.`,
    });
  }
}

/** @throws EngineError `unsupported-input` unless the tensor has the shape. */
export function expectShape(kernel: string, input: string, tensor: TensorInfo, shape: readonly number[]): void {
  if (tensor.shape.length !== shape.length || tensor.shape.some((length, axis) => length !== shape[axis])) {
    throw new EngineError({
      code: 'unsupported-input',
      kernel,
      input,
      problem: `has shape [${tensor.shape.join(', ')}]; expected [${shape.join(', ')}].`,
    });
  }
}

/** @throws EngineError `index-out-of-range` if a kernel reported a bad id: `position` is −1 when all were good. */
export function expectIndices(
  { backend }: Pick<KernelCall, 'backend'>,
  kernel: string,
  input: string,
  indices: TensorInfo,
  position: number,
  limit: number,
): void {
  if (position < 0) return;
  const index = (backend.data.get(indices.dataId).values as Int32Array)[position]!;
  throw new EngineError({ code: 'index-out-of-range', kernel, input, position, index, limit });
}
