/**
 * Matrices in 8 bits, quantised dynamically: each output of a matrix has a scale of its own, found when the file is written, and the rows
 * that are multiplied with it have one for all, found when they are there (DynamicQuantizeLinear). Sums are exact, in 32 bits. A few numbers
 * of a row are often far larger than the others, which 8 bits then hardly hold: rows are multiplied in two parts, themselves in 8 bits and
 * what that leaves of them.
 */
import type { TensorSource } from '../tensor-file.js';
import type { GraphBuilder } from './graph.js';

/**
 * How weights are kept, as transformers.js names it. `int8` is signed around 0; `q8` holds the same numbers around 128: processors without
 * instructions for sums of 8 bits add up pairs of products with signed numbers in 16, where large ones are cut off.
 */
export type WeightFormat = 'float32' | 'int8' | 'q8';
export type QuantisedFormat = Exclude<WeightFormat, 'float32'>;

/** A matrix [outputs, inputs], and what its parts are to be called. */
export interface NamedMatrix {
  readonly name: string;
  readonly source: TensorSource;
}

/** Largest quantised value; −128 is not used, so that scales are symmetric. */
const LARGEST = 127;
/** Shares of the largest magnitude of a row that are tried as its largest quantised value. */
const SHARES = Array.from({ length: 21 }, (_, step) => 1 - 0.005 * step);
/** Of the numbers of a row, so that none is divided by zero. */
const SMALLEST_ROW = 1e-30;
/** Of `q8`. */
const ZERO_POINT = 128;

const ELEMENT_TYPES = { int8: 'int8', q8: 'uint8' } as const;

/** @param inverse 1 / scale */
function quantised(value: number, inverse: number): number {
  const rounded = Math.floor(value * inverse + 0.5);
  if (rounded > LARGEST) return LARGEST;
  return rounded < -LARGEST ? -LARGEST : rounded;
}

/** Of each row the scale that leaves the least squared error: the largest numbers may be cut off, so that the others are finer. 1 for zeros. */
function rowScales(values: Float32Array, rows: number): Float32Array {
  const width = values.length / rows;
  return Float32Array.from({ length: rows }, (_, index) => {
    const row = values.subarray(index * width, (index + 1) * width);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest === 0) return 1;
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (const share of SHARES) {
      const scale = Math.fround((share * largest) / LARGEST);
      const error = squaredError(row, scale, least);
      if (error < least) [best, least] = [scale, error];
    }
    return best;
  });
}

/** What quantising a row leaves; at `limit` or beyond it stops counting. */
function squaredError(row: Float32Array, scale: number, limit: number): number {
  const inverse = 1 / scale;
  let error = 0;
  for (let i = 0; i < row.length && error < limit; i++) {
    const value = row[i]!;
    const left = value - scale * quantised(value, inverse);
    error += left * left;
  }
  return error;
}

/** Multiples of the scale of each row; transposed where asked. */
function quantise(
  { read, shape }: TensorSource,
  { format, scales, isTransposed }: { format: QuantisedFormat; scales: Float32Array; isTransposed: boolean },
): Uint8Array {
  const values = read() as Float32Array;
  const rows = shape[0]!;
  const width = values.length / rows;
  const bytes = new Uint8Array(values.length);
  const [rowStep, columnStep] = isTransposed ? [1, rows] : [width, 1];
  // In 8 bits, adding 128 is turning the sign.
  const sign = format === 'q8' ? ZERO_POINT : 0;
  for (let row = 0; row < rows; row++) {
    const inverse = 1 / scales[row]!;
    for (let column = 0; column < width; column++) {
      bytes[row * rowStep + column * columnStep] = quantised(values[row * width + column]!, inverse) ^ sign;
    }
  }
  return bytes;
}

/** A matrix and its scales as weights of a graph. */
interface QuantisedMatrix {
  readonly matrix: string;
  readonly scales: string;
}

/** @param scaleShape of the scales, of which there are as many as rows */
function quantisedMatrix(
  graph: GraphBuilder,
  { name, source }: NamedMatrix,
  options: { readonly format: QuantisedFormat; readonly isTransposed: boolean; readonly scaleShape: readonly number[] },
): QuantisedMatrix {
  const [rows, width] = source.shape as [number, number];
  const { format, isTransposed, scaleShape } = options;
  let found: Float32Array<ArrayBuffer> | undefined;
  const scales = (): Float32Array<ArrayBuffer> => {
    found ??= rowScales(source.read() as Float32Array, rows) as Float32Array<ArrayBuffer>;
    return found;
  };
  const matrix = graph.weight({
    name: `${name}_${format}`,
    type: ELEMENT_TYPES[format],
    shape: isTransposed ? [width, rows] : [rows, width],
    bytes: rows * width,
    read: () => quantise(source, { format, scales: scales(), isTransposed }),
  });
  const own = { type: 'float', shape: scaleShape, bytes: 4 * rows } as const;
  return {
    matrix,
    scales: graph.weight({ ...own, name: `${name}_scale`, read: () => new Uint8Array(scales().buffer) }),
  };
}

const zeroPoint = (graph: GraphBuilder, format: QuantisedFormat): string =>
  graph.weight({
    name: `${format}_zero_point`,
    type: ELEMENT_TYPES[format],
    shape: [],
    bytes: 1,
    read: () => Uint8Array.of(format === 'q8' ? ZERO_POINT : 0),
  });

/** Rows in 8 bits, as DynamicQuantizeLinear gives them. */
interface QuantisedRows {
  readonly rows: string;
  readonly scale: string;
  readonly zero: string;
}

function quantisedRows(graph: GraphBuilder, x: string): QuantisedRows {
  const [rows, scale, zero] = graph.addMany('DynamicQuantizeLinear', [x], 3) as [string, string, string];
  return { rows, scale, zero };
}

/** x·Wᵀ + b of rows. */
export function quantisedLinear(
  graph: GraphBuilder,
  x: string,
  named: NamedMatrix,
  { format, bias }: { readonly format: QuantisedFormat; readonly bias: string | undefined },
): string {
  const outputs = named.source.shape[0]!;
  const { matrix, scales } = quantisedMatrix(graph, named, { format, isTransposed: true, scaleShape: [outputs] });
  // [rows, 1]: quantised together, rows of small numbers would be lost beside those of large ones.
  const largest = graph.add('ReduceMax', [graph.add('Abs', [x])], { axes: [-1], keepdims: 1 });
  const size = graph.add('Max', [largest, graph.floats([SMALLEST_ROW])]);
  const whole = graph.add('Div', [x, size]);
  const product = ({ rows, scale, zero }: QuantisedRows): string => {
    const sums = graph.add('MatMulInteger', [rows, matrix, zero, zeroPoint(graph, format)]);
    return graph.add('Mul', [graph.cast(sums, 'float'), graph.add('Mul', [scale, scales])]);
  };
  const first = quantisedRows(graph, whole);
  const left = graph.add('Sub', [whole, graph.add('DequantizeLinear', [first.rows, first.scale, first.zero])]);
  const sum = graph.add('Add', [product(first), product(quantisedRows(graph, left))]);
  const scaled = graph.add('Mul', [sum, size]);
  return bias === undefined ? scaled : graph.add('Add', [scaled, bias]);
}

/** Rows of a table by their numbers, widened. */
export function quantisedLookup(graph: GraphBuilder, ids: string, table: NamedMatrix, format: QuantisedFormat): string {
  const scaleShape = [table.source.shape[0]!, 1];
  const { matrix, scales } = quantisedMatrix(graph, table, { format, isTransposed: false, scaleShape });
  const found = graph.cast(graph.add('Gather', [matrix, ids]), 'float');
  const centred = format === 'q8' ? graph.add('Sub', [found, graph.floats([ZERO_POINT])]) : found;
  return graph.add('Mul', [centred, graph.add('Gather', [scales, ids])]);
}
