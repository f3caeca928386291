/**
 * The runtime that exported models are run with, `onnxruntime-node`. It is no dependency of the package: it is taken from the folder that
 * VLM_BENCH_ONNXRUNTIME names, in which it was installed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

type Elements = Float32Array | BigInt64Array;

export interface RuntimeTensor {
  readonly data: Elements;
  readonly dims: readonly number[];
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

export interface Runtime {
  readonly InferenceSession: { create(file: string, options?: object): Promise<Session> };
  readonly Tensor: new (type: 'float32' | 'int64', data: Elements, dims: readonly number[]) => RuntimeTensor;
}

/** @returns why it cannot be had here, where it cannot */
export function openRuntime(): Runtime | string {
  const folder = process.env.VLM_BENCH_ONNXRUNTIME;
  if (folder === undefined) return 'VLM_BENCH_ONNXRUNTIME names no folder in which onnxruntime-node is installed';
  return createRequire(join(folder, 'package.json'))('onnxruntime-node') as Runtime;
}
