/**
 * The compiled kernel module: finds kernels.wasm in the package, instantiates it and gives its functions a type. Addresses
 * and sizes are plain numbers, switches are 0 or 1; the contracts stand in `assembly/`.
 */
import { createHash } from 'node:crypto';
import { compileWasm, instantiateWasm, readWasm, type WasmMemory } from '../../files/wasm-module.js';

export type BinaryKernel = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'squaredDifference';

export type UnaryKernel =
  | 'absolute'
  | 'exp'
  | 'negate'
  | 'reciprocal'
  | 'reciprocalSquareRoot'
  | 'rectify'
  | 'sigmoid'
  | 'square'
  | 'squareRoot'
  | 'tanh';

/** Kernels over single elements instead of whole vectors. */
export type ScalarKernel = 'cos' | 'floatFromByte' | 'log' | 'sin';

type OtherKernel =
  | 'adamW'
  | 'attention'
  | 'attentionGradient'
  | 'copyRows'
  | 'embeddingGradient'
  | 'embeddingLookup'
  | 'fill'
  | 'floatFromInteger'
  | 'gelu'
  | 'geluGradient'
  | 'gemm'
  | 'gemmBatched'
  | 'heapStart'
  | 'layerNorm'
  | 'layerNormGradient'
  | 'maximumRows'
  | 'rmsNorm'
  | 'rmsNormGradient'
  | 'rotaryEmbedding'
  | 'softmaxCrossEntropy'
  | 'softmaxCrossEntropyGradient'
  | 'softmaxRows'
  | 'squaredNorm'
  | 'stridedCopy'
  | 'sumColumns'
  | 'sumRows'
  | 'swiglu'
  | 'swigluGradient';

type KernelFunction = BinaryKernel | UnaryKernel | ScalarKernel | OtherKernel;

/** The functions of the module; those without a result return undefined. */
export type KernelExports = Readonly<Record<KernelFunction, (...operands: number[]) => number>> & {
  readonly memory: WasmMemory;
};

export interface KernelModule {
  readonly module: object;
  /** SHA-256 of the binary, in hexadecimal: equal hashes give equal bits. */
  readonly hash: string;
}

/** Reads and compiles the kernels. Throws if the binary is missing (`npm run build:kernels` makes it). */
export function loadKernelModule(): KernelModule {
  const binary = readWasm('reference-model/engines/wasm/kernels.wasm');
  const hash = createHash('sha256').update(binary).digest('hex');
  return { module: compileWasm(binary), hash };
}

/** A fresh instance with its own memory. */
export function instantiateKernels({ module }: KernelModule): KernelExports {
  return instantiateWasm(module, () => {
    throw new Error('A kernel of the wasm engine aborted.');
  }) as KernelExports;
}
