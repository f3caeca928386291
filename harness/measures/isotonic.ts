/** Isotonic regression: the closest curve that never rises, which is how a noisy loss is smoothed without choosing a window. */

/**
 * The non-increasing sequence with the least sum of squared distances from `values` (Barlow, Bartholomew, Bremner and Brunk 1972,
 * Statistical Inference under Order Restrictions; pool-adjacent-violators). Equal weights; values that are not finite are not allowed.
 */
export function nonIncreasing(values: readonly number[]): readonly number[] {
  const blocks: { mean: number; size: number }[] = [];
  for (const value of values) {
    let block = { mean: value, size: 1 };
    for (let before = blocks.at(-1); before !== undefined && before.mean < block.mean; before = blocks.at(-1)) {
      blocks.pop();
      const size = before.size + block.size;
      block = { mean: (before.mean * before.size + block.mean * block.size) / size, size };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ mean, size }) => Array.from({ length: size }, () => mean));
}
