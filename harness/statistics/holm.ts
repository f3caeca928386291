/**
 * Holm's step-down procedure: the k-th smallest of m p-values is compared with α ÷ (m − k + 1), until the first that fails; it keeps
 * the probability of any false rejection at α under every dependence (Holm 1979, "A simple sequentially rejective multiple test
 * procedure", Scandinavian Journal of Statistics 6).
 */

export interface HolmStep {
  /** The largest (m − j + 1) × p of all ranks j up to its own, at most 1: rejected exactly when it is at most α. */
  readonly adjustedP: number;
  /**
   * How many hypotheses share α at the step where this one is compared: m − k + 1 for rank k. Those after the first failure share
   * it as the failed one does, and so fail too.
   */
  readonly share: number;
  readonly rejected: boolean;
}

export interface HolmOptions {
  readonly alpha: number;
  /** The level to compare with, for a share of α: the share itself, unless α is spent over several looks. */
  readonly nominalLevel?: (alpha: number) => number;
}

/** One step for each p-value, in the order of the p-values. */
export function holm(
  pValues: readonly number[],
  { alpha, nominalLevel = (share) => share }: HolmOptions,
): readonly HolmStep[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]! || a - b);
  const steps = new Array<HolmStep>(pValues.length);
  let adjustedP = 0;
  let share = pValues.length;
  let failed = false;
  order.forEach((index, rank) => {
    adjustedP = Math.min(1, Math.max(adjustedP, (pValues.length - rank) * pValues[index]!));
    if (!failed) {
      share = pValues.length - rank;
      failed = !(pValues[index]! <= nominalLevel(alpha / share));
    }
    steps[index] = { adjustedP, share, rejected: !failed };
  });
  return steps;
}
