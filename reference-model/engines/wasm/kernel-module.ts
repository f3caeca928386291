/**
 * The compiled kernel module: finds kernels.wasm in the package, instantiates it and gives its functions a type. Addresses
 * and sizes are plain numbers, switches are 0 or 1; the contracts stand in `assembly/`.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

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

/** The part of WebAssembly's JavaScript interface that is used here; TypeScript ships its types only with the browser's. */
interface WebAssemblyInterface {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

/** A WebAssembly memory: growing it detaches the previous `buffer`. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** @param pages of 64 KiB; throws RangeError where there is no room */
  grow(pages: number): number;
}

/** The functions of the module; those without a result return undefined. */
export type KernelExports = Readonly<Record<KernelFunction, (...operands: number[]) => number>> & {
  readonly memory: KernelMemory;
};

export interface KernelModule {
  readonly module: object;
  /** SHA-256 of the binary, in hexadecimal: equal hashes give equal bits. */
  readonly hash: string;
}

function readKernelBinary(): Buffer {
  const { resolve } = createRequire(import.meta.url);
  return readFileSync(resolve('#package/dist/reference-model/engines/wasm/kernels.wasm'));
}

/** Reads and compiles the kernels. Throws if the binary is missing (`npm run build:kernels` makes it). */
export function loadKernelModule(): KernelModule {
  const binary = readKernelBinary();
  const hash = createHash('sha256').update(binary).digest('hex');
  return { module: new WebAssembly.Module(new Uint8Array(binary)), hash };
}

/** A fresh instance with its own memory. */
export function instantiateKernels({ module }: KernelModule): KernelExports {
  const imports = {
    env: {
      abort: () => {
        throw new Error('A kernel of the wasm engine aborted.');
      },
    },
  };
  return new WebAssembly.Instance(module, imports).exports as unknown as KernelExports;
}
