/** What a careful reader should weigh: the suite's own caveats and those that follow from how it was run. */

import { isTextStage } from '../../reference-model/recipe/recipe.js';
import { measures } from '../measures/measures.js';
import { isSealed } from '../records/record-digests.js';
import type { Reproduction } from '../records/reproduction.js';
import { scopeOf } from '../suite/scope.js';
import type { PlacedRun } from '../verdict/placed-runs.js';
import { emptyOutputCaveats } from './empty-outputs.js';
import { stepsPerPoint } from './loss-curves.js';
import type { OutputSummary } from './output-summaries.js';

/** @param outputs of every run */
export function caveats(
  reproduction: Reproduction,
  runs: readonly PlacedRun[],
  outputs: readonly OutputSummary[],
): readonly string[] {
  const { suite, scale, smoke, hypotheses } = reproduction;
  const scope = scopeOf(suite, scale);
  const seeds = new Set(runs.map(({ seed }) => seed));
  const smokeCaveat =
    'A smoke run trains for a few steps only. It only checks that the pipeline runs; it is not evidence.';
  const width = stepsPerPoint(Math.max(...runs.map(({ result }) => result.steps)));
  return [
    ...(smoke ? [smokeCaveat] : []),
    ...(scope === undefined ? [] : [scope]),
    ...(scale === 'paper' ? paperNotes(suite) : []),
    ...(scale === 'embedded' || suite.caveats.length === 0 ? [] : [otherScale]),
    ...suite.caveats,
    ...emptyOutputCaveats(outputs, new Map(reproduction.arms.map(({ id, label }) => [id, label]))),
    ...(smoke ? [] : seedCaveats(suite, seeds)),
    ...(new Set(runs.map(({ provenance }) => provenance.codeVersion)).size > 1
      ? ['The runs come from different versions of the code.']
      : []),
    ...unvalidatedCaveats(runs),
    ...unverifiedCaveats(runs),
    ...(runs.some(({ provenance }) => provenance.git?.dirtyDiff)
      ? ['The code held changes that are not committed; their hash is in the provenance of the runs.']
      : []),
    ...(hypotheses.length === 0 ? benchmarkCaveats : claimCaveats(hypotheses)),
    ...(width > 1 ? [`A point of a training curve is the mean of up to ${width} consecutive steps of one stage.`] : []),
  ];
}

/** Suites state caveats once, for all of their scales. */
const otherScale =
  'Where the caveats of the suite speak of generated data, of sizes, steps or seeds, they speak of its embedded scale.';

/** That what the paper's abstract does not state is our choice. */
function paperNotes({ scales: { paper } }: Reproduction['suite']): readonly string[] {
  return paper === undefined ? [] : [paper.note, paper.recipe.note, paper.hardware.note];
}

/** Where a curve of validation losses has a gap, or none is drawn, because a stage was to be validated less than others. */
function unvalidatedCaveats(runs: readonly PlacedRun[]): readonly string[] {
  const stages = runs.flatMap(({ identity }) =>
    identity.config.recipe.stages.filter(isTextStage).filter(({ steps }) => steps > 0),
  );
  const named = (some: typeof stages) => [...new Set(some.map(({ name }) => name))].join(', ');
  const never = stages.filter(({ validation }) => validation?.sources?.length === 0);
  const less = stages.filter(({ validation }) => validation !== undefined && validation.sources?.length !== 0);
  return [
    ...(never.length > 0
      ? [`Not validated, as the suite has it: the stages ${named(never)}. Curves of validation losses leave them out.`]
      : []),
    ...(less.length > 0
      ? [`Validated as they state themselves, not as the rest of the recipe: the stages ${named(less)}.`]
      : []),
  ];
}

/** Of records that were written before every file had a digest. */
function unverifiedCaveats(runs: readonly PlacedRun[]): readonly string[] {
  const unsealed = runs.filter(({ result }) => !isSealed(result)).length;
  if (unsealed === 0) return [];
  const which = unsealed === runs.length ? 'The runs are' : `${unsealed} of the ${runs.length} runs are`;
  return [`Event log unverified: ${which} of an earlier version, whose event logs carry no digest.`];
}

function seedCaveats(suite: Reproduction['suite'], run: ReadonlySet<number>): readonly string[] {
  const fixed = suite.seeds.filter((seed) => run.has(seed)).length;
  const reserve = suite.reserveSeeds.filter((seed) => run.has(seed)).length;
  return [
    ...(fixed < suite.seeds.length
      ? [`Only ${fixed} of the ${suite.seeds.length} seeds that the suite fixes were run.`]
      : []),
    ...(reserve > 0
      ? [`${reserve} of the seeds are from the suite's reserve, which is fixed beforehand as well.`]
      : []),
  ];
}

const benchmarkCaveats = [
  'The suite states no hypothesis, so nothing is decided: the scores and their intervals describe these runs.',
] as const;

function claimCaveats(hypotheses: Reproduction['hypotheses']): readonly string[] {
  const metrics = [...new Set(hypotheses.map(({ metric }) => measures[metric].label))];
  const decides = metrics.length === 1 ? `Only ${metrics[0]} decides` : `Only ${metrics.join(' and ')} decide`;
  const effects = hypotheses.every(({ test }) => test === 'paired')
    ? 'The paired t test takes the differences over seeds'
    : 'The t test takes the effects of the seeds';
  return [
    `Other measures inform and do not decide; none is corrected for being one of many. ${decides}.`,
    `${effects} as roughly normal; a handful of seeds cannot show whether they are.`,
    ...(hypotheses.some(({ test }) => test === 'trend')
      ? ['A trend is that of a straight line: a response that rises and falls again can have none.']
      : []),
  ];
}
