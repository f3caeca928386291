/** Scores of all systems on the parts of a breakdown, and their differences from the first system with uncorrected intervals. */
import type { BreakdownView } from '../../reports/comparison/comparison-view.js';
import type { ScoreOfSums } from '../statistics/paired-images.js';
import { type ScoredRecord, systemDifferences } from '../statistics/seeds-and-images.js';
import type { System } from '../systems/system.js';
import { scoreOf } from './compare-metrics.js';
import type { ComparisonOptions } from './comparison-options.js';
import { breakdownsOf, type Part } from './parts.js';
import type { SharedMetric } from './shared-metrics.js';

/** Enough for intervals that describe. */
const RESAMPLES = 2_000;

export function breakdownViews(
  metric: SharedMetric,
  systems: readonly System[],
  options: ComparisonOptions,
): readonly BreakdownView[] {
  const score = scoreOf(metric.metrics[0]!);
  return breakdownsOf(metric, systems).map(({ by, note, parts }) => ({
    by,
    note,
    parts: parts.map((part) => partView(part, score, options)),
  }));
}

function partView(
  { label, images, questions, records }: Part,
  score: ScoreOfSums,
  { seed, level, resamples }: ComparisonOptions,
): BreakdownView['parts'][number] {
  const scores = records.map((own) => meanScore(own, score, images));
  const [first, ...rest] = records;
  const differences =
    images < 2
      ? undefined
      : systemDifferences(
          rest.map((candidate) => ({ candidate, baseline: first!, score })),
          { seed, level, resamples: Math.min(RESAMPLES, resamples) },
        );
  return {
    label,
    images,
    ...(questions === undefined ? {} : { questions }),
    cells: scores.map((value, index) => {
      if (index === 0) return { score: value };
      const interval = differences?.[index - 1];
      return {
        score: value,
        difference: {
          value: value - scores[0]!,
          ...(interval === undefined ? {} : { low: interval.low, high: interval.high }),
        },
      };
    }),
  };
}

function meanScore(records: readonly ScoredRecord[], score: ScoreOfSums, images: number): number {
  const scores = records.map(({ columns }) =>
    score(
      columns.map((values) => values.reduce((sum, value) => sum + value, 0)),
      images,
    ),
  );
  return scores.reduce((sum, value) => sum + value, 0) / scores.length;
}
