/**
 * Sums of per-image values over bootstrap resamples of the images, for several columns in one pass.
 * Integer columns are packed side by side into the 53 exact bits of a double: fewer loads per draw, the same exact sums.
 */
import { RandomIndices } from '../numerics/random-indices.js';

export interface Column {
  readonly values: ArrayLike<number>;
  /** Whether every value is a non-negative integer. */
  readonly integers: boolean;
}

interface Lane {
  /** Columns in this lane with the power of two that each is scaled by, the most significant first. */
  readonly fields: readonly { readonly column: number; readonly scale: number }[];
}

const EXACT_BITS = 53;

/** For each resample, the sum of each column over the drawn images: [columns][resamples]. */
export function resampledSums(
  columns: readonly Column[],
  images: number,
  resamples: number,
  seed: number,
): Float64Array[] {
  const lanes = packColumns(columns, images);
  const packed = lanes.map(({ fields }) => {
    const values = new Float64Array(images);
    for (const { column, scale } of fields) {
      for (let image = 0; image < images; image++) values[image]! += columns[column]!.values[image]! * scale;
    }
    return values;
  });
  while (packed.length % LANES_AT_ONCE !== 0) packed.push(new Float64Array(images));
  const sums = columns.map(() => new Float64Array(resamples));
  const totals = new Float64Array(packed.length);
  const draws = new Uint16Array(images);
  const random = new RandomIndices(seed);
  for (let resample = 0; resample < resamples; resample++) {
    random.count(draws);
    for (let lane = 0; lane < packed.length; lane += LANES_AT_ONCE) addLanes(packed, lane, draws, totals);
    lanes.forEach(({ fields }, lane) => {
      let rest = totals[lane]!;
      for (const { column, scale } of fields) {
        const value = columns[column]!.integers ? Math.floor(rest / scale) : rest;
        sums[column]![resample] = value;
        rest -= value * scale;
      }
    });
  }
  return sums;
}

const LANES_AT_ONCE = 4;

/** Adds four lanes side by side: their four chains of additions overlap, one after another they would not. */
function addLanes(packed: readonly Float64Array[], lane: number, draws: Uint16Array, totals: Float64Array): void {
  const first = packed[lane]!;
  const second = packed[lane + 1]!;
  const third = packed[lane + 2]!;
  const fourth = packed[lane + 3]!;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let image = 0; image < draws.length; image++) {
    const times = draws[image]!;
    a += times * first[image]!;
    b += times * second[image]!;
    c += times * third[image]!;
    d += times * fourth[image]!;
  }
  totals[lane] = a;
  totals[lane + 1] = b;
  totals[lane + 2] = c;
  totals[lane + 3] = d;
}

function packColumns(columns: readonly Column[], images: number): Lane[] {
  const lanes: Lane[] = [];
  let open: { column: number; bits: number }[] = [];
  let used = 0;
  const close = (): void => {
    if (open.length === 0) return;
    let shift = used;
    lanes.push({
      fields: open.map(({ column, bits }) => {
        shift -= bits;
        return { column, scale: 2 ** shift };
      }),
    });
    open = [];
    used = 0;
  };
  columns.forEach(({ values, integers }, column) => {
    if (!integers) {
      lanes.push({ fields: [{ column, scale: 1 }] });
      return;
    }
    let largest = 0;
    for (let image = 0; image < images; image++) largest = Math.max(largest, values[image]!);
    let bits = 1;
    for (let bound = largest * images; bound >= 2 ** bits; ) bits++;
    if (used + bits > EXACT_BITS) close();
    open.push({ column, bits });
    used += bits;
  });
  close();
  return lanes;
}
