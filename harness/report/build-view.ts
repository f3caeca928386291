/**
 * From a reproduction folder to the view model of its report, by records alone: no data set, no engine, no network, no training.
 */
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import type { ArmView, FindingReportView, RunView } from '../../reports/index.js';
import { type Reproduction, readReproduction, storeOf } from '../records/reproduction.js';
import { type FinishedRun, readFinishedRun } from '../records/run-record.js';
import { measures } from '../run/measures.js';
import { studentTCdf } from '../statistics/student-t.js';
import { decide } from '../statistics/verdict.js';
import { caveats } from './caveats.js';
import { timingOf, trainingFlops, unionSeconds } from './compute.js';
import { exampleViews } from './examples.js';
import { firstPaired } from './first-paired.js';
import { lossCurves } from './loss-curves.js';
import { maskPicture } from './mask-picture.js';
import { type ArmResults, type PairedMeasure, pairedSeedsView, pairMeasure, sharedMeasures } from './paired-measure.js';
import { provenanceLines } from './provenance-lines.js';

/** One run with its place in the plan. */
export interface PlacedRun extends FinishedRun {
  readonly arm: string;
  readonly seed: number;
  readonly runId: string;
}

/**
 * @param out the folder of the page, which its links start from
 * @throws UserError when a record is missing, unfinished or damaged
 */
export async function buildFindingView(folder: string, out: string = folder): Promise<FindingReportView> {
  const reproduction = readReproduction(folder);
  const { suite, smoke, scale, dataSet } = reproduction;
  const hypothesis = firstPaired(reproduction);
  const store = storeOf(folder);
  const runs = reproduction.runs.map((place): PlacedRun => ({ ...place, ...readFinishedRun(store, place.runId) }));
  const results = armResults(runs, hypothesis);

  const primary = pairMeasure(results, hypothesis.metric, hypothesis.alpha);
  const metric = measures[hypothesis.metric].label;
  const labels = {
    treatment: armOf(reproduction, hypothesis.treatment).label,
    control: armOf(reproduction, hypothesis.control).label,
  };
  const decision = decide(primary.statistics, { ...hypothesis, ...labels, metric }, { smoke });
  const secondary = sharedMeasures(results).filter((measure) => measure !== hypothesis.metric);
  const firstSeed = runs.filter(({ seed }) => seed === runs[0]!.seed);
  const { evaluation } = runs[0]!.identity.config;

  return {
    schemaVersion: 2,
    smoke,
    suite: {
      id: suite.id,
      title: suite.title,
      claim: suite.claim ?? '',
      source: suite.source ?? { citation: '', url: '' },
    },
    scale,
    dataSet: {
      name: dataSet.name,
      description: suite.data[dataSet.name]?.description ?? '',
      fingerprint: dataSet.fingerprint,
    },
    verdict: decision,
    claims: [
      {
        id: hypothesis.id,
        hypothesis: { ...hypothesis, metric, comparison: `${labels.treatment} minus ${labels.control}` },
        verdict: decision,
        evidence: { test: 'paired', pairs: pairedSeedsView(hypothesis.metric, primary) },
        equivalence: equivalence(primary, hypothesis),
      },
    ],
    factors: [],
    arms: [armView(reproduction, 'treatment', runs), armView(reproduction, 'control', runs)],
    scores: [],
    secondary: secondary.map((measure) => pairedSeedsView(measure, pairMeasure(results, measure, hypothesis.alpha))),
    responses: [],
    convergence: [],
    texts: [],
    curves: runs.flatMap((run) => lossCurves(run.events, run)),
    examples: await exampleViews(firstSeed[0]!.examples, firstSeed, evaluation.split),
    runs: runs.map((run) => runView(run, relative(out, join(store, 'runs', run.runId)).replaceAll('\\', '/'))),
    published: [],
    statistics: [],
    recipe: recipeText(reproduction, runs),
    provenance: provenanceLines(runs),
    compute: computeView(runs),
    caveats: caveats(reproduction, runs),
    command: reproduction.command,
  };
}

/** Two one-sided t tests of the mean difference against ±margin (Schuirmann 1987); the larger p decides. */
function equivalence(
  { statistics: { meanDifference, standardDeviation, pairs, tTest } }: PairedMeasure,
  { margin, alpha }: { readonly margin: number; readonly alpha: number },
): FindingReportView['claims'][number]['equivalence'] {
  const standardError = standardDeviation / Math.sqrt(pairs.length);
  const below = studentTCdf((meanDifference - margin) / standardError, tTest.degreesOfFreedom);
  const above = studentTCdf((-margin - meanDifference) / standardError, tTest.degreesOfFreedom);
  const p = Math.max(below, above);
  return { margin, p, equivalent: p <= alpha };
}

function armResults(
  runs: readonly PlacedRun[],
  { treatment, control }: { readonly treatment: string; readonly control: string },
): readonly ArmResults[] {
  const resultOf = (arm: string, seed: number) => runs.find((run) => run.arm === arm && run.seed === seed)?.result;
  return [...new Set(runs.map(({ seed }) => seed))].flatMap((seed) => {
    const [treated, controlled] = [resultOf(treatment, seed), resultOf(control, seed)];
    return treated === undefined || controlled === undefined ? [] : [{ seed, treatment: treated, control: controlled }];
  });
}

function armOf({ arms }: Reproduction, id: string): Reproduction['arms'][number] {
  return arms.find((arm) => arm.id === id)!;
}

function armView(reproduction: Reproduction, role: 'treatment' | 'control', runs: readonly PlacedRun[]): ArmView {
  const id = firstPaired(reproduction)[role];
  const { label, description, levels } = armOf(reproduction, id);
  const stages = runs.find(({ arm }) => arm === id)!.identity.config.recipe.stages;
  return { id, label, description, levels, role, mask: maskPicture(stages.at(-1)!.attentionMask) };
}

function runView({ runId, arm, seed, events, result }: PlacedRun, recordPath: string): RunView {
  const { sessions, resumed } = timingOf(events);
  const scores = Object.entries(result.scores).map(([measure, { value }]) => [measure, value] as const);
  const files = ['config.json', 'provenance.json', 'events.jsonl', 'predictions.jsonl', 'result.json'];
  return {
    runId,
    arm,
    seed,
    scores: Object.fromEntries(scores),
    seconds: unionSeconds(sessions),
    tokens: result.tokens,
    weightsHash: result.weights,
    resumed,
    links: files.map((file) => ({ label: file.replace(/\.jsonl?$/, ''), href: `${recordPath}/${file}` })),
  };
}

function recipeText(reproduction: Reproduction, runs: readonly PlacedRun[]): string {
  const hypothesis = firstPaired(reproduction);
  const { seed: _, ...control } = runs.find(({ arm }) => arm === hypothesis.control)!.identity.config;
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const head = stringify({ factors: reproduction.suite.factors, seeds }, { flowCollectionPadding: false });
  return `${head}# As resolved for the arm ${hypothesis.control}; the other arm differs by its overlay only.\n${stringify(control)}`;
}

function computeView(runs: readonly PlacedRun[]): FindingReportView['compute'] {
  const timings = runs.map(({ events }) => timingOf(events));
  return {
    engine: runs[0]!.provenance.engine.name,
    parameters: runs[0]!.result.parameters,
    modelFlops: runs.reduce((total, { identity, events }) => total + trainingFlops(identity.config, events), 0),
    trainingSeconds: timings.reduce((total, { sessions }) => total + unionSeconds(sessions), 0),
    wallSeconds: unionSeconds(timings.flatMap(({ sessions }) => sessions)),
    jobs: Math.max(...timings.map(({ jobs }) => jobs)),
    peakMemoryBytes: Math.max(...timings.map(({ peakMemoryBytes }) => peakMemoryBytes)),
    stepsSaved: 0,
  };
}
