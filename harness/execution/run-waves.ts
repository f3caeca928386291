/**
 * The waves of a run graph: the first holds every run that waits for none of the others, and each further wave those whose shared stages
 * are in the wave before it. Pure; the order of the list is kept inside each wave.
 */
import type { TitledRun } from './executor.js';

/** @param runs in an order in which a run stands behind the one that it forks from */
export function runWaves<Run extends Pick<TitledRun, 'job'>>(runs: readonly Run[]): readonly (readonly Run[])[] {
  const waveOf = new Map<string, number>();
  const waves: Run[][] = [];
  for (const run of runs) {
    const { runId, forkFrom } = run.job;
    // Shared stages that are not in the list have a result already.
    const before = forkFrom === undefined ? undefined : waveOf.get(forkFrom.runId);
    const wave = before === undefined ? 0 : before + 1;
    waveOf.set(runId, wave);
    waves[wave] ??= [];
    waves[wave].push(run);
  }
  return waves;
}
