/**
 * A reproduction whose runs are not all finished: it was interrupted, or is under way. What its finished runs show can be looked at, for the
 * seeds that all arms have finished; nothing is decided on it. A reproduction that had been finished and lacks a run now is damaged, not
 * incomplete.
 */
import { UserError } from '../errors.js';
import { readText } from '../files/read-input.js';
import {
  isComplete,
  parseReproduction,
  plannedFiles,
  type Reproduction,
  readReproduction,
  storeOf,
} from '../records/reproduction.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedResult } from '../records/run-record.js';

/** Runs that are finished, of those that were planned. */
export interface Incomplete {
  readonly finished: number;
  readonly planned: number;
  /** All that were planned, in words of the suite. */
  readonly seeds: number;
}

/**
 * What stands in the folder: the reproduction that is finished; else, of the plan that is the furthest, the seeds that all arms have.
 * @throws UserError `record-missing` where nothing stands there, or no seed is finished; `record-corrupt`
 */
export function recordedReproduction(folder: string): {
  readonly reproduction: Reproduction;
  readonly incomplete?: Incomplete;
} {
  if (isComplete(folder)) return { reproduction: readReproduction(folder) };
  const store = storeOf(folder);
  const isFinished = (runId: string) => readFinishedResult(runPaths(store, runId)) !== undefined;
  const plans = plannedFiles(folder).map((file) => {
    const reproduction = parseReproduction(readText(file), file);
    return { reproduction, finished: reproduction.runs.filter(({ runId }) => isFinished(runId)) };
  });
  const [furthest] = plans.sort((left, right) => right.finished.length - left.finished.length);
  // Says that nothing is here.
  if (furthest === undefined) return { reproduction: readReproduction(folder) };
  const { reproduction, finished } = furthest;
  const open = new Set(reproduction.runs.filter((run) => !finished.includes(run)).map(({ seed }) => seed));
  const runs = finished.filter(({ seed }) => !open.has(seed));
  if (runs.length === 0) throw nothingFinished(folder, finished.length, reproduction.runs.length);
  const seeds = new Set(reproduction.runs.map(({ seed }) => seed)).size;
  return {
    reproduction: { ...reproduction, runs, prefixes: reproduction.prefixes.filter(({ runId }) => isFinished(runId)) },
    incomplete: { finished: finished.length, planned: reproduction.runs.length, seeds },
  };
}

function nothingFinished(folder: string, finished: number, planned: number): UserError {
  return new UserError({
    code: 'record-missing',
    what: `nothing can be shown yet: ${finished} of ${planned} runs are finished, and no seed has all of its arms`,
    where: folder,
    expected: 'at least one seed whose runs are all finished',
    fix: 'run the command that trains it again; it resumes where it stopped',
  });
}
