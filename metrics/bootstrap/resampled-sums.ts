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
  const width = lanes.length;
  const packed = new Float64Array(images * width);
  lanes.forEach(({ fields }, lane) => {
    for (const { column, scale } of fields) {
      const { values } = columns[column]!;
      for (let image = 0; image < images; image++) packed[image * width + lane]! += values[image]! * scale;
    }
  });
  const sums = columns.map(() => new Float64Array(resamples));
  const indices = new Int32Array(images);
  const totals = new Float64Array(width);
  const random = new RandomIndices(seed);
  const add = ADDERS[width] ?? addAny;
  for (let resample = 0; resample < resamples; resample++) {
    random.fill(indices, images);
    add(packed, indices, totals);
    for (let lane = 0; lane < width; lane++) {
      let rest = totals[lane]!;
      for (const { column, scale } of lanes[lane]!.fields) {
        if (!columns[column]!.integers) sums[column]![resample] = rest;
        else {
          const value = Math.floor(rest / scale);
          sums[column]![resample] = value;
          rest -= value * scale;
        }
      }
    }
  }
  return sums;
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

type Add = (packed: Float64Array, indices: Int32Array, totals: Float64Array) => void;

function addAny(packed: Float64Array, indices: Int32Array, totals: Float64Array): void {
  const width = totals.length;
  totals.fill(0);
  for (let draw = 0; draw < indices.length; draw++) {
    const from = indices[draw]! * width;
    for (let lane = 0; lane < width; lane++) totals[lane]! += packed[from + lane]!;
  }
}

/** The same sums with the totals in registers, for the widths that captions have. */
const ADDERS: Readonly<Record<number, Add>> = {
  1: (packed, indices, totals) => {
    let a = 0;
    for (let draw = 0; draw < indices.length; draw++) a += packed[indices[draw]!]!;
    totals[0] = a;
  },
  5: (packed, indices, totals) => {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let e = 0;
    for (let draw = 0; draw < indices.length; draw++) {
      const from = indices[draw]! * 5;
      a += packed[from]!;
      b += packed[from + 1]!;
      c += packed[from + 2]!;
      d += packed[from + 3]!;
      e += packed[from + 4]!;
    }
    totals[0] = a;
    totals[1] = b;
    totals[2] = c;
    totals[3] = d;
    totals[4] = e;
  },
};
