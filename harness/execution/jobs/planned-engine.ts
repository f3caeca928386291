/**
 * The engine of a run on the machine that performs it: on the kind of device that the run was planned for, and with the same arithmetic, or
 * not at all. Both are part of the run's identity, so that another GPU, or none, must be one clear error and never another run.
 */
import type { Engine } from '../../../reference-model/engines/engine.js';
import { EngineError } from '../../../reference-model/engines/engine-error.js';
import { TORCH_VARIABLES, torchSettings } from '../../../reference-model/engines/torch/settings.js';
import { UserError } from '../../errors.js';
import { printNote } from '../../log-text.js';
import type { Machinery } from '../../run/machinery.js';
import type { RunJob } from '../../run/run-job.js';
import type { TitledRun } from '../executor.js';

const names = { cpu: 'a CPU', gpu: 'a GPU' } as const;

/** @throws UserError `run-failed` where this machine has no such device, is set to another one, or computes otherwise on it */
export async function activatePlannedEngine(job: RunJob, machinery: Machinery): Promise<Engine> {
  const { device, identity } = job;
  if (job.engine === 'torch' && device !== undefined) chooseDevice(device, job.runId);
  const engine = await machinery.activateEngine(job.engine, job.masks).catch((error: unknown) => {
    if (device !== 'gpu' || !(error instanceof EngineError) || error.defect.code !== 'engine-unavailable') throw error;
    throw otherDevice(job.runId, device, `there is none here that the engine can use (${error.defect.reason})`, error);
  });
  if (engine.numerics === identity.engineNumerics) return engine;
  throw new UserError({
    code: 'run-failed',
    what: 'the engine computes otherwise on this machine than on the one that the run was planned on',
    where: `run ${job.runId}`,
    expected: `engine numerics ${identity.engineNumerics}, not ${engine.numerics}`,
    fix: 'plan on a machine like those that perform the runs (the same kind of GPU or processor, the same build of the engine)',
  });
}

/** What is left to the machine is taken as planned: a node may show GPUs to a run that did not ask for one. */
function chooseDevice(planned: 'cpu' | 'gpu', runId: string): void {
  const { device } = torchSettings();
  if (device === 'auto') {
    process.env[TORCH_VARIABLES.device] = planned === 'gpu' ? 'cuda' : 'cpu';
    return;
  }
  if ((device === 'cpu') === (planned === 'cpu')) return;
  throw otherDevice(runId, planned, `${TORCH_VARIABLES.device} is ${device} here`);
}

function otherDevice(runId: string, planned: 'cpu' | 'gpu', why: string, cause?: unknown): UserError {
  const ask = planned === 'gpu' ? 'let the scheduler give the job a GPU (devices), or ' : '';
  return new UserError(
    {
      code: 'run-failed',
      what: `the run was planned for ${names[planned]}, and ${why}`,
      where: `run ${runId}`,
      fix: `${ask}plan the runs again on a machine like those that perform them`,
    },
    cause === undefined ? {} : { cause },
  );
}

/**
 * Refuses runs that were planned where there is no GPU, such as on a login node, for jobs that are to have one; an engine that never uses
 * one is only told of.
 * @param gpus that a job of the scheduler asks for
 * @throws UserError `not-available`
 */
export function requirePlannedFor(runs: readonly TitledRun[], scheduler: string, gpus: number): void {
  const planned = runs.find(({ job }) => job.device !== 'gpu');
  if (gpus === 0 || planned === undefined) return;
  const { engine, device, runId } = planned.job;
  const asked = `${scheduler}.devices asks for ${gpus} GPU${gpus === 1 ? '' : 's'} each`;
  if (device === undefined) {
    printNote(`warning: the runs were planned with the engine ${engine}, which uses no GPU, and ${asked}`);
    return;
  }
  throw new UserError({
    code: 'not-available',
    what: `the runs were planned for a CPU with the engine ${engine}, and ${asked}`,
    where: `run ${runId}`,
    expected: 'a plan from a machine with such a GPU: how it computes is part of what a run is',
    fix: `give the command on such a machine, for example inside a job that has one, or set ${scheduler}.devices=0`,
  });
}
