/**
 * Weights in the layout that the compiled passes read (`assembly/`): halves of 16 bits, two taps beside each other. Those of the last sizes are
 * kept, since photographs of a data set have few.
 */
import { kernelWeights, type SmoothKernel, type Weights } from './kernels.js';

/** Taps of one pixel are filled up with weights of zero to a multiple of this. */
export const TAPS_AT_A_TIME = 4;
/** Bits of the lower half of a weight. */
const LOWER_BITS = 11;

/** Directions and sizes whose weights are kept. */
const MOST_KEPT = 64;

export interface PackedWeights {
  /** First taps, numbers of taps, and weights, one after the other. */
  readonly bytes: Uint8Array;
  readonly countsAt: number;
  readonly weightsAt: number;
  /** Of one pixel of the result. */
  readonly weightBytes: number;
  /** Pixels of the source that have a weight: from `firstTap` to before `endTap`. */
  readonly firstTap: number;
  readonly endTap: number;
}

const kept = new Map<string, PackedWeights>();

/**
 * Weights of `length` pixels from `first` on of a row or column of `from` pixels that becomes one of `to`.
 * @param unit what the pass counts first taps in: `bytes` of a row, or `rows` after the first that has a weight
 */
export function packedWeights(
  kernel: SmoothKernel,
  from: number,
  to: number,
  first: number,
  length: number,
  unit: 'bytes' | 'rows',
): PackedWeights {
  const key = [kernel, from, to, first, length, unit].join();
  const known = kept.get(key);
  if (known !== undefined) return known;
  const weights = packWeights(kernelWeights(kernel, from, to, first, length), unit);
  if (kept.size === MOST_KEPT) kept.delete(kept.keys().next().value!);
  kept.set(key, weights);
  return weights;
}

function packWeights({ starts, counts, values, stride }: Weights, unit: 'bytes' | 'rows'): PackedWeights {
  const { length } = starts;
  const firstTap = starts[0]!;
  const taps = filledUp(stride);
  const countsAt = length * 4;
  const weightsAt = length * 8;
  const weightBytes = taps * 4;
  const buffer = new ArrayBuffer(weightsAt + length * weightBytes);
  const first = new Int32Array(buffer, 0, length);
  const filled = new Int32Array(buffer, countsAt, length);
  const halves = new Int16Array(buffer, weightsAt);
  for (let i = 0; i < length; i++) {
    const count = counts[i]!;
    first[i] = unit === 'rows' ? starts[i]! - firstTap : starts[i]! * 3;
    filled[i] = filledUp(count);
    for (let tap = 0; tap < count; tap++) {
      const weight = values[i * stride + tap]!;
      const at = (i * taps + (tap & ~1)) * 2 + (tap & 1);
      halves[at] = weight >> LOWER_BITS;
      halves[at + 2] = weight & ((1 << LOWER_BITS) - 1);
    }
  }
  const endTap = starts[length - 1]! + counts[length - 1]!;
  return { bytes: new Uint8Array(buffer), countsAt, weightsAt, weightBytes, firstTap, endTap };
}

const filledUp = (taps: number): number => Math.ceil(taps / TAPS_AT_A_TIME) * TAPS_AT_A_TIME;
