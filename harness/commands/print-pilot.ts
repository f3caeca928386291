/** Runs a pilot and writes it as YAML. */
import { resolve } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { withInterruption } from '../execution/interruption.js';
import { planPilot } from '../experiment/pilot-plan.js';
import { runPilot } from '../experiment/run-pilot.js';
import { printNote, printText } from '../log-text.js';
import type { EngineChoice } from '../run/machinery.js';
import { readNamedSuite } from '../suite/find-suite.js';
import { pilotText } from '../suite/pilot-text.js';
import { executorSettings, executorStarter } from './choose-executor.js';
import type { ExecutorOptions } from './executor-options.js';

export interface PilotCommandOptions extends Omit<ExecutorOptions, 'printJobs'> {
  readonly seeds: number;
  readonly rates: readonly number[];
  readonly scaled?: readonly string[];
  readonly engine: EngineChoice;
  readonly dataRoot?: string;
  readonly jobs?: number;
  readonly out: string;
  readonly write?: string;
}

export async function printPilot(
  fileOrId: string,
  { seeds, rates, scaled, write, ...options }: PilotCommandOptions,
): Promise<void> {
  const plan = planPilot(readNamedSuite(fileOrId), { seeds, rates, ...(scaled === undefined ? {} : { scaled }) });
  const startExecutor = executorStarter(executorSettings(options), options);
  const pilot = await withInterruption((interruption) => runPilot(plan, { ...options, interruption, startExecutor }));
  const text = pilotText(pilot);
  if (write === undefined) {
    printText(text);
    return;
  }
  writeFileAtomically(resolve(write), text);
  printNote(write);
}
