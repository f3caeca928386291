/**
 * Where the blocks of a recording lie in one piece of memory: blocks that are in use at the same time never overlap, others share places.
 * First fit in order of first use, so that what is used soon after another lies where the cache holds it still.
 */

/** A block, and the first and last call that use it. */
export interface Lifetime {
  readonly block: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  /** Offset of each block. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

export function planMemory(lifetimes: readonly Lifetime[]): MemoryPlan {
  const offsets = new Map<number, number>();
  let bytes = 0;
  /** Blocks in use, by offset. */
  let live: { readonly from: number; readonly to: number; readonly last: number }[] = [];
  for (const { block, bytes: size, first, last } of [...lifetimes].sort((a, b) => a.first - b.first)) {
    live = live.filter((other) => other.last >= first);
    let from = 0;
    for (const other of live) {
      if (other.from - from >= size) break;
      from = Math.max(from, other.to);
    }
    live.push({ from, to: from + size, last });
    live.sort((a, b) => a.from - b.from);
    offsets.set(block, from);
    bytes = Math.max(bytes, from + size);
  }
  return { offsets, bytes };
}
