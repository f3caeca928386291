/** The runs as the page lists them, and what they cost together. */
import type { ComputeView, RunView, SharedTrainingView } from '../../reports/index.js';
import { existsAnew } from '../files/seen-anew.js';
import { type MeasureId, measures } from '../measures/measures.js';
import { forkOf } from '../records/events.js';
import type { Reproduction } from '../records/reproduction.js';
import { runPaths } from '../records/run-paths.js';
import { type FinishedTraining, readFinishedTraining } from '../records/run-record.js';
import type { PlacedRun } from '../verdict/placed-runs.js';
import { timingOf, trainingFlops, unionSeconds } from './compute.js';

const recordFiles = ['config.json', 'provenance.json', 'events.jsonl', 'predictions.jsonl', 'result.json'];

/** @param recordPath of the run's record, relative to the page */
export function runView({ runId, arm, seed, events, result }: PlacedRun, recordPath: string): RunView {
  const { sessions, resumed } = timingOf(events);
  const fork = forkOf(events);
  return {
    runId,
    arm,
    seed,
    scores: Object.fromEntries(Object.entries(result.scores).map(([measure, { value }]) => [measure, value] as const)),
    seconds: unionSeconds(sessions),
    tokens: result.tokens,
    weightsHash: result.weights,
    resumed,
    ...(fork === undefined ? {} : { forkedFrom: { runId: fork.runId, steps: fork.step } }),
    links: recordLinks(recordPath),
  };
}

/**
 * The shared trainings as the page lists them, each with how many of the page's runs continue it, directly or after another.
 * @param recordPath of a record, relative to the page
 */
export function sharedTrainingViews(
  shared: readonly FinishedTraining[],
  runs: readonly PlacedRun[],
  recordPath: (runId: string) => string,
): readonly SharedTrainingView[] {
  const parents = new Map([...shared, ...runs].map(({ result, events }) => [result.runId, forkOf(events)?.runId]));
  const continues = (runId: string, ancestor: string): boolean => {
    const parent = parents.get(runId);
    return parent !== undefined && (parent === ancestor || continues(parent, ancestor));
  };
  const distinct = [...new Set(runs.map(({ runId }) => runId))];
  return shared.map(({ identity, events, result: { runId, steps, tokens, weights } }) => ({
    runId,
    seed: identity.config.seed,
    steps,
    continuedBy: distinct.filter((run) => continues(run, runId)).length,
    seconds: unionSeconds(timingOf(events).sessions),
    tokens,
    weightsHash: weights,
    links: recordLinks(recordPath(runId)),
  }));
}

/** What the scores of runs are called on the page. */
export function scoreLabels(runs: readonly PlacedRun[]): Readonly<Record<string, string>> {
  const ids = [...new Set(runs.flatMap(({ result }) => Object.keys(result.scores)))].sort();
  return Object.fromEntries(
    ids.flatMap((id) => (Object.hasOwn(measures, id) ? [[id, measures[id as MeasureId].label]] : [])),
  );
}

function recordLinks(recordPath: string): RunView['links'] {
  return recordFiles.map((file) => ({ label: file.replace(/\.jsonl?$/, ''), href: `${recordPath}/${file}` }));
}

/**
 * The stages that runs share and that were trained on their own. One that no run needed was never trained and has no record.
 * @throws UserError when a record is damaged
 */
export function sharedTrainings(store: string, { prefixes }: Reproduction): readonly FinishedTraining[] {
  return prefixes.flatMap(({ runId }) =>
    existsAnew(runPaths(store, runId).result) ? [readFinishedTraining(store, runId)] : [],
  );
}

/** Every training is counted once, whoever shares it: arms whose configurations are equal have one run between them. */
export function computeView(runs: readonly PlacedRun[], shared: readonly FinishedTraining[]): ComputeView {
  const distinct = [...new Map(runs.map((run) => [run.runId, run])).values()];
  const trained: readonly FinishedTraining[] = [...shared, ...distinct];
  const timings = trained.map(({ events }) => timingOf(events));
  const copied = (trainings: readonly FinishedTraining[]) =>
    trainings.reduce((sum, { events }) => sum + (forkOf(events)?.step ?? 0), 0);
  const sharedSteps = shared.reduce((sum, { result }) => sum + result.steps, 0) - copied(shared);
  return {
    engine: runs[0]!.provenance.engine.name,
    parameters: runs[0]!.result.parameters,
    modelFlops: trained.reduce((total, { identity, events }) => total + trainingFlops(identity.config, events), 0),
    trainingSeconds: timings.reduce((total, { sessions }) => total + unionSeconds(sessions), 0),
    wallSeconds: unionSeconds(timings.flatMap(({ sessions }) => sessions)),
    jobs: Math.max(...timings.map(({ jobs }) => jobs)),
    peakMemoryBytes: Math.max(...timings.map(({ peakMemoryBytes }) => peakMemoryBytes)),
    stepsSaved: Math.max(0, copied(distinct) - sharedSteps),
  };
}
