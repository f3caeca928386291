/**
 * The runtime that exported models are run with, `onnxruntime-node`. It is no dependency of the package: it is taken from the folder that
 * VLM_BENCH_ONNXRUNTIME names, or installed into a temporary one. Its install script is not run, as it downloads libraries for GPUs alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const VERSION = '1.30.0';
const INSTALL_MILLISECONDS = 80_000;

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

export interface OpenedRuntime {
  readonly runtime: Runtime;
  /** Removes what was installed. */
  readonly close: () => void;
}

/** @returns why it cannot be had here, where it cannot */
export async function openRuntime(): Promise<OpenedRuntime | string> {
  const named = process.env.VLM_BENCH_ONNXRUNTIME;
  if (named !== undefined) return { runtime: requireFrom(named), close: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-onnxruntime-'));
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--fetch-retry-maxtimeout=5000'];
    await execa('npm', ['install', ...flags, `onnxruntime-node@${VERSION}`], {
      cwd: folder,
      timeout: INSTALL_MILLISECONDS,
    });
    return { runtime: requireFrom(folder), close };
  } catch (error) {
    close();
    return `onnxruntime-node ${VERSION} cannot be had here: ${String(error).split('\n').at(0)}`;
  }
}

const requireFrom = (folder: string): Runtime =>
  createRequire(join(folder, 'package.json'))('onnxruntime-node') as Runtime;
