/** The engine `wasm`: registers its backend, selects it and says which arithmetic it is. */
import { setBackend } from '@tensorflow/tfjs-core';
import type { Engine, EngineDiagnosis } from '../engine.js';
import { EngineError } from '../engine-error.js';
import { WASM_BACKEND } from './backend.js';
import { type KernelModule, loadKernelModule } from './kernel-module.js';
import { registerWasmBackend } from './register.js';

const REMEDY = 'Run `npm run build:kernels`, or reinstall the package; Node 20.12 or newer is needed.';

let loaded: KernelModule | undefined;

/** @throws EngineError `engine-unavailable` where the kernels are missing or WebAssembly SIMD is not supported. */
function kernelModule(): KernelModule {
  if (loaded === undefined) {
    try {
      loaded = loadKernelModule();
    } catch (error) {
      const reason = `its kernels cannot be loaded (${error instanceof Error ? error.message : String(error)}).`;
      throw new EngineError({ code: 'engine-unavailable', engine: 'wasm', reason, remedy: REMEDY }, { cause: error });
    }
  }
  return loaded;
}

/** Makes `wasm` the current engine. */
export async function activateWasmEngine(): Promise<Engine> {
  const module = kernelModule();
  registerWasmBackend(module);
  await setBackend(WASM_BACKEND);
  return { name: 'wasm', backend: WASM_BACKEND, precision: 'float32', numerics: `wasm-${module.hash}`, devices: 1 };
}

export function diagnoseWasmEngine(): EngineDiagnosis {
  try {
    const { hash } = kernelModule();
    const detail = `SIMD kernels ${hash.slice(0, 12)}, float32, one thread per run, bit-identical on every machine`;
    return { name: 'wasm', available: true, detail };
  } catch (error) {
    if (!(error instanceof EngineError) || error.defect.code !== 'engine-unavailable') throw error;
    return { name: 'wasm', available: false, reason: error.defect.reason, remedy: error.defect.remedy };
  }
}
