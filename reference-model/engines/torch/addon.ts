/**
 * The compiled addon as TypeScript sees it. A tensor is a number, its handle, which stands for memory until it is freed; 0 is none.
 * What each operation does stands in the tables of `native/`.
 */
import { dlopen } from 'node:process';
import { EngineError } from '../engine-error.js';
import { addonFile, type StoredBuild, usableBuild } from './build/build-store.js';
import type { GroupAddon } from './group-addon.js';
import type { Handle } from './handle.js';

export type { Handle };

type Sizes = readonly number[];
type Unary = (x: Handle) => Handle;
type Binary = (a: Handle, b: Handle) => Handle;
type WithNumber = (a: Handle, b: number) => Handle;
type Reduction = (x: Handle, axes: Sizes, keepAxes: boolean) => Handle;

/** Types of tensors, by the numbers that `device-operations.cpp` gives them. */
export const TorchType = { float32: 0, int32: 1, bool: 2, bfloat16: 3, float16: 4, float64: 5 } as const;
export type TorchType = (typeof TorchType)[keyof typeof TorchType];

export type UnaryOperation =
  | ('abs' | 'alias' | 'ceil' | 'cos' | 'exp' | 'floor' | 'log' | 'logicalNot' | 'neg' | 'onesLike' | 'reciprocal')
  | ('relu' | 'round' | 'rsqrt' | 'sigmoid' | 'sign' | 'sin' | 'sqrt' | 'square' | 'tanh' | 'zerosLike' | 'gelu');
export type BinaryOperation =
  | ('add' | 'sub' | 'mul' | 'div' | 'squaredDifference' | 'maximum' | 'minimum')
  | ('equal' | 'notEqual' | 'greater' | 'greaterEqual' | 'less' | 'lessEqual' | 'logicalAnd' | 'logicalOr');
export type ReductionOperation = 'sum' | 'mean' | 'max' | 'min' | 'all' | 'any';

export interface TorchAddon
  extends GroupAddon,
    Record<UnaryOperation, Unary>,
    Record<BinaryOperation, Binary>,
    Record<ReductionOperation, Reduction>,
    Record<'addNumber' | 'mulNumber' | 'divNumber', WithNumber> {
  addAll(parts: readonly Handle[]): Handle;
  matmul(a: Handle, b: Handle, transposeA: boolean, transposeB: boolean): Handle;
  where(condition: Handle, a: Handle, b: Handle): Handle;
  argMax(x: Handle, axis: number): Handle;
  argMin(x: Handle, axis: number): Handle;
  softmax(x: Handle, axis: number): Handle;
  reshape(x: Handle, shape: Sizes): Handle;
  permute(x: Handle, axes: Sizes): Handle;
  slice(x: Handle, begin: Sizes, size: Sizes): Handle;
  concat(parts: readonly Handle[], axis: number): Handle;
  stack(parts: readonly Handle[], axis: number): Handle;
  split(x: Handle, sizes: Sizes, axis: number): Handle[];
  unstack(x: Handle, axis: number): Handle[];
  tile(x: Handle, repetitions: Sizes): Handle;
  /** Amounts before and after each axis, the last axis first. */
  pad(x: Handle, amounts: Sizes, value: number): Handle;
  gather(x: Handle, ids: Handle, axis: number): Handle;
  segmentSum(x: Handle, segments: Handle, count: number): Handle;

  linear(x: Handle, weight: Handle, bias: Handle): Handle;
  /** @param biases as many as weights, or none */
  projections(x: Handle, weights: readonly Handle[], biases: readonly Handle[]): Handle[];
  attention(
    query: Handle,
    key: Handle,
    value: Handle,
    bias: Handle,
    sources: number,
    isCausal: boolean,
    scale: number,
  ): Handle;
  attentionBias(allowed: Handle, like: Handle): Handle;
  attentionChoice(query: Handle, bias: Handle, isCausal: boolean): number;
  layerNorm(x: Handle, scale: Handle, offset: Handle, epsilon: number): Handle;
  rmsNorm(x: Handle, scale: Handle, epsilon: number): Handle;
  swiglu(gate: Handle, up: Handle): Handle;
  rotaryCosines(positions: Handle, cosine: Handle, like: Handle): Handle;
  rotarySines(positions: Handle, sine: Handle, like: Handle, inverse: boolean): Handle;
  rotate(x: Handle, cosines: Handle, sines: Handle): Handle;
  embedding(table: Handle, ids: Handle): Handle;
  crossEntropy(logits: Handle, labels: Handle, ignoreIndex: number): Handle;
  projectedCrossEntropy(x: Handle, weight: Handle, labels: Handle, ignoreIndex: number, chunkElements: number): Handle;
  cacheWrite(cache: Handle, rows: Handle, place: number): Handle;

  setGradients(isOn: boolean): void;
  requireGradient(x: Handle, isOn: boolean): void;
  needsGradient(x: Handle): boolean;
  detach(x: Handle): Handle;
  backward(y: Handle, gradient: Handle): void;
  /** Zeros where there is none. */
  gradient(x: Handle): Handle;
  clearGradients(xs: readonly Handle[]): void;
  /** A copy in another type, through which gradients flow into the parameter. */
  shadow(parameter: Handle, type: TorchType): Handle;
  /** A leaf of its own with the values in another type. */
  storedAs(parameter: Handle, type: TorchType): Handle;
  /**
   * @param isDivided whether the parameters are this rank's shares of them
   * @returns norm, divisor of the gradients, and 1 where the step is bad, all []
   */
  beginUpdate(
    parameters: readonly Handle[],
    updates: Handle,
    stopped: Handle,
    lossScale: Handle,
    goodSteps: Handle,
    clipNorm: number,
    growthInterval: number,
    isDivided: boolean,
  ): [Handle, Handle, Handle];
  adamW(
    parameters: readonly Handle[],
    firstMoments: readonly Handle[],
    secondMoments: readonly Handle[],
    updates: Handle,
    divisor: Handle,
    bad: Handle,
    learningRate: number,
    beta1: number,
    beta2: number,
    weightDecay: number,
    epsilon: number,
  ): void;

  upload(values: Float32Array | Float64Array | Int32Array | Uint8Array, shape: Sizes, type: TorchType): Handle;
  full(shape: Sizes, value: number, type: TorchType): Handle;
  download(x: Handle): Float32Array | Float64Array | Int32Array | Uint8Array;
  overwrite(x: Handle, values: Handle): void;
  cast(x: Handle, type: TorchType): Handle;
  free(x: Handle): void;
  /** Handles that are not free. */
  live(): number;
  describe(x: Handle): string;
  /** @returns why CUDA cannot be used, or an empty text */
  loadCuda(file: string): string;
  useDevice(name: string): void;
  setThreads(count: number): void;
  setDeterministic(isOn: boolean): void;
  setTf32(isOn: boolean): void;
  fixAttentionKernels(): void;
  /** Bytes of tensors on the GPU: now, and at most since the last reset; none on a CPU. */
  deviceMemory(reset: boolean): number[];
  /** Name of the GPU in use. */
  deviceName(): string;
  /** Bytes of the GPU in use; 0 on a CPU. */
  deviceCapacity(): number;
  torchVersion(): string;
  cpuCapability(): string;
}

const REMEDY = 'Build it with `vlm-bench engine build torch`, or use --engine wasm.';

const unavailable = (reason: string, cause?: unknown): EngineError =>
  new EngineError({ code: 'engine-unavailable', engine: 'torch', reason, remedy: REMEDY }, { cause });

export interface LoadedAddon {
  readonly addon: TorchAddon;
  readonly build: StoredBuild;
}

let loaded: LoadedAddon | undefined;

/** Loads the newest build for this package and this Node, once. @throws EngineError `engine-unavailable` */
export function loadAddon(): LoadedAddon {
  if (loaded !== undefined) return loaded;
  const build = usableBuild();
  if (build === undefined) throw unavailable('its addon is not built for this version of vlm-bench and Node.');
  // What c10d warns of, with stack traces, is said by our own errors.
  process.env.TORCH_CPP_LOG_LEVEL ??= 'ERROR';
  const module = { exports: {} as TorchAddon };
  try {
    dlopen(module, addonFile(build.folder));
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw unavailable(`its addon does not load with the libtorch of ${build.libtorch} (${problem}).`, error);
  }
  loaded = { addon: module.exports, build };
  return loaded;
}
