/**
 * The engine `tensorflow`: the user's own @tensorflow/tfjs-node-gpu or tfjs-node, both optional peers. Fused operations run as
 * compositions of its stock kernels; its bits depend on the TensorFlow build and on the machine.
 */
import { createRequire } from 'node:module';
import * as util from 'node:util';
import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import type { Engine, EngineDiagnosis } from '../engine.js';
import { EngineError } from '../engine-error.js';

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
type TensorflowPackage = (typeof PACKAGES)[number];

const REMEDY = 'Install it with `npm install @tensorflow/tfjs-node-gpu` (or tfjs-node for CPU), or use --engine wasm.';

/** What is read of a tfjs-node backend. */
interface TensorflowBackend {
  readonly isUsingGpuDevice?: boolean;
}

/** The optional peers that can be found from here, the GPU build first. */
export function installedTensorflowPackages(): readonly TensorflowPackage[] {
  const { resolve } = createRequire(import.meta.url);
  return PACKAGES.filter((name) => {
    try {
      resolve(name);
      return true;
    } catch {
      return false;
    }
  });
}

/** tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed. */
function restoreIsNullOrUndefined(): void {
  const { default: legacy } = util as unknown as { default: { isNullOrUndefined?: (value: unknown) => boolean } };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

/** Imports the first package that loads and returns it with the reasons why earlier ones did not. */
async function importTensorflow(): Promise<TensorflowPackage> {
  const found = installedTensorflowPackages();
  const failures: string[] = [];
  restoreIsNullOrUndefined();
  for (const name of found) {
    try {
      await import(name);
      return name;
    } catch (error) {
      failures.push(`${name} does not load (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`);
    }
  }
  const reason = found.length === 0 ? 'no TensorFlow package is installed.' : `${failures.join('; ')}.`;
  throw new EngineError({ code: 'engine-unavailable', engine: 'tensorflow', reason, remedy: REMEDY });
}

/**
 * Makes `tensorflow` the current engine.
 * @throws EngineError `engine-unavailable`
 */
export async function activateTensorflowEngine(): Promise<Engine> {
  const before = getBackend();
  const name = await importTensorflow();
  if (!(await setBackend('tensorflow'))) {
    if (before) await setBackend(before);
    const reason = `${name} loads but its backend does not start.`;
    throw new EngineError({ code: 'engine-unavailable', engine: 'tensorflow', reason, remedy: REMEDY });
  }
  const device = process.arch + (name.endsWith('gpu') ? '-gpu' : '');
  const numerics = `${name}-4.22.0-${device}`;
  return { name: 'tensorflow', backend: 'tensorflow', precision: 'float32', numerics, devices: 1 };
}

/** Whether a TensorFlow with a working GPU is installed; `auto` takes no other TensorFlow. */
export async function hasTensorflowGpu(): Promise<boolean> {
  if (!installedTensorflowPackages().includes('@tensorflow/tfjs-node-gpu')) return false;
  try {
    const name = await importTensorflow();
    const { findBackend } = await import('@tensorflow/tfjs-core');
    const backend = findBackend('tensorflow') as TensorflowBackend | null;
    return name === '@tensorflow/tfjs-node-gpu' && backend?.isUsingGpuDevice === true;
  } catch {
    return false;
  }
}

export async function diagnoseTensorflowEngine(): Promise<EngineDiagnosis> {
  try {
    const name = await importTensorflow();
    const device = (await hasTensorflowGpu()) ? 'GPU' : 'CPU';
    return { name: 'tensorflow', available: true, detail: `${name} on ${device}, float32` };
  } catch (error) {
    if (!(error instanceof EngineError) || error.defect.code !== 'engine-unavailable') throw error;
    return { name: 'tensorflow', available: false, reason: error.defect.reason, remedy: error.defect.remedy };
  }
}
