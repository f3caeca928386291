/**
 * The engine `tensorflow`: the user's own @tensorflow/tfjs-node-gpu or tfjs-node, both optional peers. Fused operations run as
 * compositions of its stock kernels; its bits depend on the TensorFlow build and on the machine.
 */
import { cpus } from 'node:os';
import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import type { Engine, EngineDiagnosis } from '../engine.js';
import { EngineError } from '../engine-error.js';
import { installedTensorflowPackages, type LoadedTensorflow, loadTensorflow, TENSORFLOW_REMEDY } from './package.js';

/** What the bits of a result depend on; tfjs-node does not tell which GPU it uses. */
function numericsOf({ name, version, libraryVersion, isUsingGpu, threads, usesOneDnn }: LoadedTensorflow): string {
  return [
    `${name.replace('@tensorflow/', '')}-${version}`,
    `tensorflow-${libraryVersion}`,
    cpus()[0]?.model.trim().replaceAll(/\s+/g, '-') ?? process.arch,
    isUsingGpu ? 'gpu' : `${threads}-threads`,
    ...(usesOneDnn ? ['onednn'] : []),
  ].join('-');
}

/**
 * Makes `tensorflow` the current engine.
 * @throws EngineError `engine-unavailable`
 */
export async function activateTensorflowEngine(): Promise<Engine> {
  const before = getBackend();
  const loaded = await loadTensorflow();
  if (!(await setBackend('tensorflow'))) {
    if (before) await setBackend(before);
    const reason = `${loaded.name} loads but its backend does not start.`;
    throw new EngineError({ code: 'engine-unavailable', engine: 'tensorflow', reason, remedy: TENSORFLOW_REMEDY });
  }
  const numerics = numericsOf(loaded);
  const device = loaded.isUsingGpu ? 'gpu' : 'cpu';
  return { name: 'tensorflow', backend: 'tensorflow', precision: 'float32', numerics, devices: 1, device };
}

/** Loads the package, which makes itself the current backend, and puts back what was current. */
async function inspect(): Promise<LoadedTensorflow> {
  const before = getBackend();
  try {
    return await loadTensorflow();
  } finally {
    if (before) await setBackend(before);
  }
}

/** Whether a TensorFlow with a working GPU is installed; `auto` takes no other TensorFlow. */
export async function hasTensorflowGpu(): Promise<boolean> {
  if (!installedTensorflowPackages().some(({ name }) => name === '@tensorflow/tfjs-node-gpu')) return false;
  try {
    return (await inspect()).isUsingGpu;
  } catch {
    return false;
  }
}

export async function diagnoseTensorflowEngine(): Promise<EngineDiagnosis> {
  try {
    const { name, version, libraryVersion, isUsingGpu, threads } = await inspect();
    const device = isUsingGpu ? 'GPU' : `CPU, ${threads} thread(s)`;
    const detail = `${name} ${version}, TensorFlow ${libraryVersion} on ${device}, float32`;
    return { name: 'tensorflow', available: true, detail };
  } catch (error) {
    if (!(error instanceof EngineError) || error.defect.code !== 'engine-unavailable') throw error;
    return { name: 'tensorflow', available: false, reason: error.defect.reason, remedy: error.defect.remedy };
  }
}
