/** Chooses an engine by name or the best one for `auto`, selects its tfjs backend, and says why the others cannot run. */

import type { MaskFamily } from '../ops/attention-mask.js';
import { registerCompositeKernels } from '../ops/registration.js';
import type { Engine, EngineDiagnosis, EngineName } from './engine.js';
import { registerStockGradients } from './gradients.js';
import { activateTensorflowEngine, diagnoseTensorflowEngine, hasTensorflowGpu } from './tensorflow/engine.js';
import { activateTorchEngine, diagnoseTorchEngine, hasTorchGpu } from './torch/engine.js';
import { activateWasmEngine, diagnoseWasmEngine } from './wasm/engine.js';

export type EngineChoice = 'auto' | EngineName;

async function select(name: EngineName, masks: MaskFamily): Promise<Engine> {
  switch (name) {
    case 'wasm':
      return activateWasmEngine();
    case 'tensorflow':
      return activateTensorflowEngine();
    case 'torch':
      return activateTorchEngine(undefined, masks);
    default:
      return name satisfies never;
  }
}

/** The engine that a choice means on this machine; see `activateEngine`. */
export async function engineOf(choice: EngineChoice): Promise<EngineName> {
  if (choice !== 'auto') return choice;
  if (hasTorchGpu()) return 'torch';
  return (await hasTensorflowGpu()) ? 'tensorflow' : 'wasm';
}

/**
 * Selects an engine as the current tfjs backend and registers the gradients of stock operations and the fused operations.
 *
 * @param choice `auto` takes `torch` where its libtorch finds a GPU, then `tensorflow` where tfjs-node-gpu finds one, else `wasm`; never
 * one of them on the CPU, which would give up equal bits on every machine
 * @param masks those of all runs that are compared; where they leave a choice, it decides the kernel of attention
 * @throws EngineError `engine-unavailable`, saying why and how to fix it
 */
export async function activateEngine(choice: EngineChoice, masks: MaskFamily = 'mixed'): Promise<Engine> {
  const engine = await select(await engineOf(choice), masks);
  registerStockGradients();
  registerCompositeKernels(engine.backend);
  return engine;
}

/** One entry per engine, in a fixed order. */
export async function diagnoseEngines(): Promise<readonly EngineDiagnosis[]> {
  return [diagnoseWasmEngine(), await diagnoseTensorflowEngine(), diagnoseTorchEngine()];
}
