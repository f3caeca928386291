/** What a careful reader should weigh: the suite's own caveats and those that follow from how it was run. */
import type { Reproduction } from '../records/reproduction.js';
import { measures } from '../run/measures.js';
import type { PlacedRun } from './build-view.js';
import { firstPaired } from './first-paired.js';
import { stepsPerPoint } from './loss-curves.js';

export function caveats(reproduction: Reproduction, runs: readonly PlacedRun[]): readonly string[] {
  const { suite, smoke } = reproduction;
  const hypothesis = firstPaired(reproduction);
  const found = [...suite.caveats];
  const seeds = new Set(runs.map(({ seed }) => seed)).size;
  if (smoke)
    found.unshift('A smoke run trains for a few steps only: no number on this page says anything about the claim.');
  if (!smoke && seeds < suite.seeds.length) {
    found.push(`Only ${seeds} of the ${suite.seeds.length} seeds that the suite fixes were run.`);
  }
  if (new Set(runs.map(({ provenance }) => provenance.codeVersion)).size > 1) {
    found.push('The runs come from different versions of the code.');
  }
  if (runs.some(({ provenance }) => provenance.git?.dirtyDiff)) {
    found.push('The code held changes that are not committed; their hash is in the provenance of the runs.');
  }
  found.push(
    `Secondary measures inform and do not decide; none is corrected for being one of many. Only ${measures[hypothesis.metric].label} decides.`,
    'The paired t test takes the differences over seeds as roughly normal; a handful of seeds cannot show whether they are.',
  );
  const width = stepsPerPoint(runs[0]?.result.steps ?? 0);
  if (width > 1)
    found.push(`A point of a training curve is the mean of up to ${width} consecutive steps of one stage.`);
  return found;
}
