/** How systems are compared, the same for every metric. */
export interface ComparisonOptions {
  readonly alpha: number;
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
}
