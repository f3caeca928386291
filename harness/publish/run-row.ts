/** One run as a row of a list: where it stands, what it is called, and the score that it leads with. */
import type { RunRowView } from '../../reports/site/index.js';
import { type MeasureId, measures } from '../measures/measures.js';
import type { Membership } from './leaderboards.js';
import type { RunFacts } from './run-facts.js';

/** The first measure that was scored image by image, in the order of the measures; else the first of all. */
export function leadingMeasure(scores: RunFacts['scores']): MeasureId | undefined {
  const present = (Object.keys(measures) as MeasureId[]).filter((measure) => scores[measure] !== undefined);
  return present.find((measure) => scores[measure]!.images !== undefined) ?? present[0];
}

export function runRow(facts: RunFacts, memberships: readonly Membership[]): RunRowView {
  const lead = leadingMeasure(facts.scores);
  return {
    runId: facts.runId,
    path: `runs/${facts.runId}/index.html`,
    label: memberships[0]?.armLabel ?? `configuration ${facts.system.slice(0, 8)}`,
    suites: memberships.map(({ suite }) => suite),
    seed: facts.seed,
    dataSet: facts.dataSet.name,
    engine: facts.engine,
    ...(lead === undefined ? {} : { lead: { ...scoreOf(facts.scores[lead]!), metric: measures[lead].label } }),
    samples: facts.samples.images,
    finished: day(facts.finished),
  };
}

function scoreOf({ value, interval }: { value: number; interval?: { low: number; high: number } }) {
  return { value, ...(interval === undefined ? {} : { interval }) };
}

/** In UTC, so that it is the same wherever it is written. */
function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
