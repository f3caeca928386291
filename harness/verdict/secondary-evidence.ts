/** The measures that no claim is about, for the arms of every paired claim: they inform and do not decide. */
import type { MeasureId } from '../measures/measures.js';
import type { Reproduction } from '../records/reproduction.js';
import { type PairedStatistics, pairedStatistics } from '../statistics/paired-seeds.js';
import { type PairedHypothesis, pairedArms } from './evidence.js';
import { type PlacedRun, runsOfArms } from './placed-runs.js';

export interface SecondaryEvidence {
  /** Id of the first claim that compares these arms. */
  readonly claim: string;
  readonly metric: MeasureId;
  readonly statistics: PairedStatistics;
  readonly signature: string;
}

/** Each at the α that its claim states and not corrected for being many. Claims about the same two arms share them. */
export function secondaryEvidence(
  reported: readonly MeasureId[],
  { hypotheses }: Pick<Reproduction, 'hypotheses'>,
  runs: readonly PlacedRun[],
): readonly SecondaryEvidence[] {
  const paired = hypotheses.filter((hypothesis): hypothesis is PairedHypothesis => hypothesis.test === 'paired');
  const sameArms = (left: PairedHypothesis, right: PairedHypothesis) =>
    left.treatment === right.treatment && left.control === right.control;
  const comparisons = paired.filter(
    (hypothesis, index) => index === paired.findIndex((one) => sameArms(one, hypothesis)),
  );
  return comparisons.flatMap((claim) => {
    const { id, treatment, control, alpha } = claim;
    const claimed = paired.filter((other) => sameArms(other, claim)).map(({ metric }) => metric);
    const compared = runsOfArms(runs, [treatment, control]);
    // One seed does not tell how much seeds differ.
    if (new Set(compared.map(({ seed }) => seed)).size < 2) return [];
    return reported.flatMap((metric) => {
      if (claimed.includes(metric)) return [];
      if (!compared.every(({ result }) => result.scores[metric] !== undefined)) return [];
      const { pairs, signature } = pairedArms(runs, { metric, treatment, control });
      return [{ claim: id, metric, statistics: pairedStatistics(pairs, { alpha }), signature }];
    });
  });
}
