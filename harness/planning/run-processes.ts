/** How many processes one run is divided among, and how many of them share the memory of one machine. */
import { type TorchSettings, torchSettings } from '../../reference-model/engines/torch/settings.js';
import type { ExecutorSettings } from '../execution/executor-settings.js';
import type { EngineChoice } from '../run/machinery.js';

export interface RunProcesses {
  /** Of the run. */
  readonly ranks: number;
  /** Of the run on this machine; 1 where a scheduler places them, whose devices each hold one. */
  readonly here: number;
}

/** @param settings of the engine torch */
export function runProcesses(
  engine: EngineChoice,
  executors: ExecutorSettings,
  settings: () => Pick<TorchSettings, 'devices'> = torchSettings,
): RunProcesses {
  const { executor } = executors;
  if (executor !== 'local') return { ranks: Math.max(1, executors[executor].devices), here: 1 };
  // No other engine can divide a run.
  const { devices } = engine === 'torch' || engine === 'auto' ? settings() : { devices: 1 };
  return { ranks: devices, here: devices };
}
