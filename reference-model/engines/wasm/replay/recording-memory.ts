/**
 * The memory of a recording: blocks without contents whose addresses lie far beyond those of WebAssembly, so that an operand of a kernel
 * is an address exactly where it is that large, and says which block it points into.
 */
import { blockBytes } from '../heap.js';
import type { TensorMemory } from '../tensor-data.js';
import { NotReplayable } from './not-replayable.js';

/** Distance of blocks: beyond all addresses, and all sizes, of a 32-bit memory. */
const SPACING = 2 ** 32;

export class RecordingMemory implements TensorMemory {
  /** Bytes of every block, whole vectors. */
  readonly sizes: number[] = [];

  get buffer(): never {
    throw new NotReplayable('reads or writes numbers in JavaScript');
  }

  allocate(bytes: number): number {
    this.sizes.push(blockBytes(bytes));
    return this.sizes.length * SPACING;
  }

  release(): void {}
}

/** Where a recorded address points to; undefined for an operand that is no address. */
export function placeOf(operand: number): { readonly block: number; readonly offset: number } | undefined {
  if (operand < SPACING) return undefined;
  return { block: Math.floor(operand / SPACING) - 1, offset: operand % SPACING };
}
