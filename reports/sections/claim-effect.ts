/** The effect that a claim is about, in the same form for paired differences and for trends. */
import type { ClaimView, PairedSeedsView } from '../finding-report-view.js';

export interface Effect
  extends Pick<
    PairedSeedsView,
    'metric' | 'axis' | 'standardDeviation' | 'confidence' | 'tTest' | 'signFlip' | 'effectSize'
  > {
  readonly mean: number;
  readonly seeds: number;
  /** What one seed contributes, in a word. */
  readonly eachSeed: 'difference' | 'gain';
  readonly meanLabel: string;
  readonly tTestLabel: string;
  readonly seedsLabel: string;
}

export function effectOf({ evidence }: ClaimView): Effect {
  switch (evidence.test) {
    case 'paired':
      return {
        ...evidence.pairs,
        mean: evidence.pairs.meanDifference,
        seeds: evidence.pairs.pairs.length,
        eachSeed: 'difference',
        meanLabel: 'Mean difference',
        tTestLabel: 'Paired t-test',
        seedsLabel: 'Paired seeds',
      };
    case 'trend':
      return {
        ...evidence.trend,
        mean: evidence.trend.meanEffect,
        seeds: evidence.trend.seeds.length,
        eachSeed: 'gain',
        meanLabel: 'Mean gain',
        tTestLabel: 't-test of the gains',
        seedsLabel: 'Seeds',
      };
    default:
      return evidence satisfies never;
  }
}
