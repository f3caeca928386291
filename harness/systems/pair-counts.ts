/** On how many images one system is better than another, equal to it, or worse. */

export interface PairCounts {
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

/** Differences up to this count as none: means over several records may differ by rounding where they are equal on paper. */
export const ROUNDING = 1e-9;

/** Images on which the first is better than the second, equal to it, or worse. */
export function pairCounts(first: Float64Array, second: Float64Array, higherIsBetter: boolean): PairCounts {
  let [wins, losses] = [0, 0];
  for (let image = 0; image < first.length; image++) {
    const gain = higherIsBetter ? first[image]! - second[image]! : second[image]! - first[image]!;
    if (gain > ROUNDING) wins++;
    else if (gain < -ROUNDING) losses++;
  }
  return { wins, ties: first.length - wins - losses, losses };
}
