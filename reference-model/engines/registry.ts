/** Chooses an engine by name or the best one for `auto`, selects its tfjs backend, and says why the others cannot run. */
import { registerCompositeKernels } from '../ops/registration.js';
import type { Engine, EngineDiagnosis, EngineName } from './engine.js';
import { EngineError } from './engine-error.js';
import { registerStockGradients } from './gradients.js';
import { activateTensorflowEngine, diagnoseTensorflowEngine, hasTensorflowGpu } from './tensorflow/engine.js';
import { diagnoseTorchEngine } from './torch/engine.js';
import { activateWasmEngine, diagnoseWasmEngine } from './wasm/engine.js';

export type EngineChoice = 'auto' | EngineName;

function unavailable(diagnosis: EngineDiagnosis): EngineError {
  if (diagnosis.available) throw new TypeError(`The engine ${diagnosis.name} is available.`);
  const { name, reason, remedy } = diagnosis;
  return new EngineError({ code: 'engine-unavailable', engine: name, reason, remedy });
}

async function select(name: EngineName): Promise<Engine> {
  switch (name) {
    case 'wasm':
      return activateWasmEngine();
    case 'tensorflow':
      return activateTensorflowEngine();
    case 'torch':
      throw unavailable(diagnoseTorchEngine());
    default:
      return name satisfies never;
  }
}

async function bestEngine(): Promise<EngineName> {
  return (await hasTensorflowGpu()) ? 'tensorflow' : 'wasm';
}

/**
 * Selects an engine as the current tfjs backend and registers the gradients of stock operations and the fused operations.
 *
 * @param choice `auto` takes `tensorflow` where tfjs-node-gpu finds a GPU, else `wasm`; never a TensorFlow on the CPU, which
 * would give up equal bits on every machine
 * @throws EngineError `engine-unavailable`, saying why and how to fix it
 */
export async function activateEngine(choice: EngineChoice): Promise<Engine> {
  const engine = await select(choice === 'auto' ? await bestEngine() : choice);
  registerStockGradients();
  registerCompositeKernels(engine.backend);
  return engine;
}

/** One entry per engine, in a fixed order. */
export async function diagnoseEngines(): Promise<readonly EngineDiagnosis[]> {
  return [diagnoseWasmEngine(), await diagnoseTensorflowEngine(), diagnoseTorchEngine()];
}
