/** Turns the events of one run into what a progress display shows: stage, step, loss, speed and time left. Pure but for the given clock. */
import type { RunProgress } from '../run/run-job.js';

export interface RunMeter {
  readonly phase: string;
  readonly step: number;
  readonly totalSteps: number;
  /** Mean over the last steps, weighted towards the latest; undefined before the first step. */
  readonly loss?: number;
  readonly tokensPerSecond?: number;
  readonly secondsLeft?: number;
  /** Share of the device's peak, as mean like the loss. */
  readonly utilisation?: number;
  readonly peakMemoryBytes?: number;
  readonly lastStepAt?: number;
  readonly secondsPerStep?: number;
}

export function newMeter({ totalSteps }: { readonly totalSteps: number }): RunMeter {
  return { phase: 'starting', step: 0, totalSteps };
}

/** Weight of the newest step in the running means: the display follows about the last twenty steps. */
const newest = 0.05;

/** @param now milliseconds */
export function updateMeter(meter: RunMeter, progress: RunProgress, now: number): RunMeter {
  switch (progress.type) {
    case 'waiting':
      return {
        ...meter,
        phase: `waiting for ${progress.heldBy}, which works on the same run (if that machine is gone, delete ${progress.lock})`,
      };
    case 'resuming':
      return { ...meter, phase: `resuming after step ${progress.step}`, step: progress.step };
    case 'forking':
      return { ...meter, phase: `going on after step ${progress.step} of the shared stages`, step: progress.step };
    case 'image-left-out':
      return { ...meter, phase: `left out ${progress.where}: ${progress.problem}` };
    case 'evaluating':
      return { ...meter, phase: 'evaluating', secondsLeft: 0 };
    case 'validation':
    case 'checkpoint':
      return meter;
    case 'step': {
      const seconds = meter.lastStepAt === undefined ? undefined : (now - meter.lastStepAt) / 1000;
      const secondsPerStep = seconds === undefined ? undefined : blend(meter.secondsPerStep, seconds);
      return {
        phase: progress.stage,
        step: progress.step,
        totalSteps: progress.totalSteps,
        loss: blend(meter.loss, progress.loss),
        lastStepAt: now,
        ...(progress.utilisation === undefined ? {} : { utilisation: blend(meter.utilisation, progress.utilisation) }),
        ...(progress.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: progress.peakMemoryBytes }),
        ...(secondsPerStep === undefined
          ? {}
          : {
              secondsPerStep,
              tokensPerSecond: blend(meter.tokensPerSecond, progress.tokens / Math.max(seconds ?? 0, 1e-6)),
              secondsLeft: secondsPerStep * (progress.totalSteps - progress.step),
            }),
      };
    }
    default:
      return progress satisfies never;
  }
}

function blend(mean: number | undefined, value: number): number {
  return mean === undefined ? value : mean + newest * (value - mean);
}

export function meterText(meter: RunMeter): string {
  const { phase, loss, tokensPerSecond, secondsLeft, utilisation, peakMemoryBytes } = meter;
  const parts = [phase];
  if (loss !== undefined) parts.push(`loss ${loss.toFixed(3)}`);
  if (tokensPerSecond !== undefined) parts.push(`${Math.round(tokensPerSecond)} tokens/s`);
  if (utilisation !== undefined) parts.push(`MFU ${(100 * utilisation).toFixed(1)} %`);
  if (peakMemoryBytes !== undefined) parts.push(`${(peakMemoryBytes / 2 ** 30).toFixed(1)} GiB`);
  if (secondsLeft !== undefined && secondsLeft >= 0.5) parts.push(`${durationText(secondsLeft)} left`);
  return parts.join(', ');
}

function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
