/** From systems to the view of their comparison: everything that the page and `comparison.json` hold, computed once. */
import { COMPARISON_FORMAT, type ComparisonView } from '../../reports/comparison/comparison-view.js';
import { UserError } from '../errors.js';
import { type MeasureId, measures } from '../measures/measures.js';
import { publishedTableViews } from '../report/published-views.js';
import { type StatisticsMethod, statisticsNotes } from '../statistics/statistics-notes.js';
import { meanPerImage } from '../systems/replicate-means.js';
import type { System } from '../systems/system.js';
import { breakdownViews } from './breakdown-scores.js';
import { type CompareInputs, shownSource } from './compare-inputs.js';
import { compareMetrics } from './compare-metrics.js';
import type { ComparisonOptions } from './comparison-options.js';
import { type MoversOptions, moversOf } from './movers.js';
import { sharedMetrics } from './shared-metrics.js';

export interface ComparisonQuestion extends MoversOptions {
  /** The first one is looked at image by image; by default all that the systems share. */
  readonly metrics?: readonly string[];
  readonly resamples?: number;
  readonly seed?: number;
}

const ALPHA = 0.05;

/** @throws UserError `score-invalid` for systems that are not comparable, with the reason */
export async function buildComparisonView(
  { systems, published }: CompareInputs,
  { metrics: wanted, resamples = 10_000, seed = 1, ...movers }: ComparisonQuestion = {},
): Promise<ComparisonView> {
  requireResamples(systems, resamples);
  const { shared, leftOut } = sharedMetrics(systems, wanted);
  const ids = systems.map((_, index) => `s${index + 1}`);
  const options: ComparisonOptions = { alpha: ALPHA, level: 1 - ALPHA, resamples, seed };
  const [primary] = shared;
  return {
    format: COMPARISON_FORMAT,
    systems: systems.map((system, index) => systemView(system, ids[index]!)),
    metrics: compareMetrics(shared, ids, options).map((metric, index) => ({
      ...metric,
      ...metricLabel(metric.name, systems),
      breakdowns: breakdownViews(shared[index]!, systems, options),
    })),
    leftOut,
    imageScores: {
      imageIds: primary!.metrics[0]!.imageIds,
      scores: primary!.metrics.map((metric) => Array.from(meanPerImage(metric), rounded)),
    },
    movers: await moversOf(primary!, systems, ids, movers),
    published: publishedTableViews(published),
    statistics: { alpha: ALPHA, level: options.level, resamples, seed, notes: notesOf(systems) },
  };
}

/** A p from random exchanges is at least 1 ÷ (exchanges + 1); times the number of pairs it must be able to reach α. */
function requireResamples(systems: readonly System[], resamples: number): void {
  const pairs = (systems.length * (systems.length - 1)) / 2;
  const least = Math.ceil(pairs / ALPHA - 1e-9) - 1;
  if (resamples >= least) return;
  throw new UserError({
    code: 'usage',
    what: `with ${resamples} resamples no difference could be significant among ${pairs} pairs`,
    expected: `at least ${least} resamples for ${systems.length} systems`,
    fix: `add --resamples ${least}, or compare fewer systems`,
  });
}

/** Measures of runs are called as on the pages of findings. */
function metricLabel(name: string, systems: readonly System[]): { readonly label?: string } {
  const known = Object.hasOwn(measures, name) && systems.every(({ origin }) => origin.kind === 'records');
  return known ? { label: measures[name as MeasureId].label } : {};
}

function systemView({ label, origin, records, metrics }: System, id: string): ComparisonView['systems'][number] {
  return {
    id,
    label,
    kind: origin.kind,
    records,
    seeds: metrics[0]!.replicates.flatMap(({ seed }) => (seed === undefined ? [] : [seed])),
    sources: origin.paths.map(shownSource),
    runIds: origin.runIds ?? [],
    ...(origin.commit === undefined ? {} : { commit: origin.commit }),
  };
}

function notesOf(systems: readonly System[]): ComparisonView['statistics']['notes'] {
  const single = systems.filter(({ records }) => records === 1).length;
  const methods: readonly StatisticsMethod[] = [
    ...(single > 1 ? (['imageBootstrap', 'imageSignFlip'] as const) : []),
    ...(single < systems.length && systems.length > 1 ? (['seedsAndImages'] as const) : []),
    ...(systems.length > 2 ? (['tieGroups'] as const) : []),
  ];
  return statisticsNotes(methods);
}

function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 : 0;
}
