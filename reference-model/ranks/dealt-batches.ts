/** Batches that were dealt to ranks in turn, in their order again. */

/** @param byRank the batches of each rank, of which rank 0 has the first, rank 1 the second, and so on */
export function dealtBatches<Batch>(byRank: readonly (readonly Batch[])[]): readonly Batch[] {
  const longest = Math.max(0, ...byRank.map((batches) => batches.length));
  return Array.from({ length: longest }, (_, turn) =>
    byRank.flatMap((batches) => batches.slice(turn, turn + 1)),
  ).flat();
}
