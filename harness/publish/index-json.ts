/**
 * `index.json`: the results of a site for programs, versioned and documented by its type. Paths start at the site's root. Fields may be
 * added under the same `schemaVersion`; one that is renamed or means something else raises it.
 */
import type { BoardView, SuiteView } from '../../reports/site/index.js';
import type { PublishedComparison } from './comparison-pages.js';
import type { PublishedEvaluation } from './evaluation-pages.js';
import type { RunFacts } from './run-facts.js';
import { recordFiles } from './run-pages.js';

export interface SiteIndexJson {
  readonly schemaVersion: 1;
  readonly title: string;
  /** Address of the site with a final slash; empty where publish was not told. */
  readonly baseUrl: string;
  readonly suites: readonly {
    readonly id: string;
    readonly title: string;
    readonly claim: string;
    /** What was tested: to be quoted with the verdict. */
    readonly scope: string | null;
    readonly dataSet: string;
    readonly scale: string;
    readonly smoke: boolean;
    /** Of all claims together; null for a benchmark and where each claim has its own. */
    readonly verdict: string | null;
    readonly sentence: string | null;
    /** Instead of one verdict, where each claim has its own. */
    readonly claims: readonly { readonly id: string; readonly verdict: string; readonly sentence: string }[];
    readonly page: string;
    readonly report: string;
    readonly reportJson: string;
    readonly badge: string;
    readonly runs: readonly string[];
  }[];
  readonly leaderboards: readonly {
    readonly page: string;
    readonly dataSet: string;
    readonly split: string;
    readonly metric: string;
    readonly higherIsBetter: boolean;
    readonly smoke: boolean;
    readonly signature: string;
    readonly systems: readonly {
      readonly rank: number;
      readonly label: string;
      readonly score: number;
      /** 95 % interval: over seeds where there are several runs, else over images. */
      readonly interval: readonly [number, number] | null;
      readonly images: number;
      /** Systems that share a letter are not told apart; empty where nothing was tested. */
      readonly tieGroup: string;
      /** Pages of its runs. */
      readonly runs: readonly string[];
    }[];
  }[];
  readonly runs: readonly (Pick<
    RunFacts,
    | 'runId'
    | 'seed'
    | 'system'
    | 'dataSet'
    | 'split'
    | 'engine'
    | 'scores'
    | 'samples'
    | 'steps'
    | 'tokens'
    | 'parameters'
    | 'weights'
  > & {
    /** ISO 8601, from the record. */
    readonly finished: string;
    readonly page: string;
    readonly badge: string;
    /** Files of the record. */
    readonly record: readonly string[];
  })[];
  readonly comparisons: readonly {
    readonly title: string;
    /** What the tests of its first metric come to. */
    readonly sentence: string;
    readonly page: string;
    readonly json: string;
    /** Pages of the runs that it compares, as far as they are in the site. */
    readonly runs: readonly string[];
  }[];
  readonly evaluations: readonly {
    readonly title: string;
    /** Who scored what, with the interval. */
    readonly sentence: string;
    readonly status: string;
    readonly page: string;
    readonly json: string;
  }[];
}

export interface IndexJsonInput {
  readonly title: string;
  readonly baseUrl: string;
  readonly suites: readonly SuiteView[];
  readonly boards: readonly BoardView[];
  readonly runs: readonly RunFacts[];
  readonly comparisons: readonly PublishedComparison[];
  readonly evaluations: readonly PublishedEvaluation[];
}

export function siteIndexJson({
  title,
  baseUrl,
  suites,
  boards,
  runs,
  comparisons,
  evaluations,
}: IndexJsonInput): string {
  const pageOf = new Map(runs.map(({ runId }) => [runId, `runs/${runId}/index.html`]));
  const document: SiteIndexJson = {
    schemaVersion: 1,
    title,
    baseUrl,
    suites: suites.map((suite) => ({
      id: suite.id,
      title: suite.title,
      claim: suite.claim,
      scope: suite.scope ?? null,
      dataSet: suite.dataSet,
      scale: suite.scale,
      smoke: suite.smoke,
      verdict: suite.verdict?.verdict ?? null,
      sentence: suite.verdict?.sentence ?? null,
      claims: (suite.claims ?? []).map(({ id, verdict, sentence }) => ({ id, verdict, sentence })),
      page: suite.path,
      report: suite.report,
      reportJson: suite.report.replace(/\.html$/, '.json'),
      badge: suite.badge,
      runs: suite.runs.map(({ path }) => path),
    })),
    leaderboards: boards.map(({ path, dataSet, split, metric, higherIsBetter, smoke, signature, rows }) => ({
      page: path,
      dataSet,
      split,
      metric,
      higherIsBetter,
      smoke,
      signature,
      systems: rows.map((row) => ({
        rank: row.rank,
        label: row.label,
        score: row.value,
        interval: row.interval === undefined ? null : [row.interval.low, row.interval.high],
        images: row.images,
        tieGroup: row.group,
        runs: row.runs.map((run) => run.path),
      })),
    })),
    runs: runs.map((run) => ({
      runId: run.runId,
      seed: run.seed,
      system: run.system,
      dataSet: run.dataSet,
      split: run.split,
      engine: run.engine,
      scores: run.scores,
      samples: run.samples,
      steps: run.steps,
      tokens: run.tokens,
      parameters: run.parameters,
      weights: run.weights,
      finished: new Date(run.finished).toISOString(),
      page: pageOf.get(run.runId)!,
      badge: `runs/${run.runId}/badge.svg`,
      record: [...recordFiles, 'scores.json'].map((name) => `runs/${run.runId}/${name}`),
    })),
    evaluations: evaluations.map(({ title, sentence, status, path, json }) => ({
      title,
      sentence,
      status,
      page: path,
      json,
    })),
    comparisons: comparisons.map(({ title: name, sentence, path, json, runIds }) => ({
      title: name,
      sentence,
      page: path,
      json,
      runs: runIds.flatMap((runId) => pageOf.get(runId) ?? []),
    })),
  };
  return `${JSON.stringify(document)}\n`;
}
