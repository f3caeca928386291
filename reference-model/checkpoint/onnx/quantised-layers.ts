/**
 * Matrices in 8 bits, quantised dynamically: each output of a matrix has a scale of its own, found when the file is written, and the rows
 * that are multiplied with it have one for all, found when they are there (DynamicQuantizeLinear). Sums are exact, in 32 bits.
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
/** Of the numbers of a row, so that none is divided by zero. */
const SMALLEST_ROW = 1e-30;
/** Of `q8`. */
const ZERO_POINT = 128;

const ELEMENT_TYPES = { int8: 'int8', q8: 'uint8' } as const;

/** Largest magnitude of each row, over 127; 1 for a row of zeros. */
function rowScales(values: Float32Array, rows: number): Float32Array {
  const width = values.length / rows;
  return Float32Array.from({ length: rows }, (_, row) => {
    let largest = 0;
    for (let i = row * width; i < (row + 1) * width; i++) largest = Math.max(largest, Math.abs(values[i]!));
    return largest === 0 ? 1 : largest / LARGEST;
  });
}

/** Multiples of the scale of each row, halves rounded away from one side; transposed where asked. */
function quantise({ read, shape }: TensorSource, format: QuantisedFormat, isTransposed: boolean): Uint8Array {
  const values = read() as Float32Array;
  const rows = shape[0]!;
  const width = values.length / rows;
  const scales = rowScales(values, rows);
  const quantised = new Int8Array(values.length);
  const [rowStep, columnStep] = isTransposed ? [1, rows] : [width, 1];
  for (let row = 0; row < rows; row++) {
    const scale = scales[row]!;
    for (let column = 0; column < width; column++) {
      quantised[row * rowStep + column * columnStep] = Math.round(values[row * width + column]! / scale);
    }
  }
  const bytes = new Uint8Array(quantised.buffer);
  // In 8 bits, adding 128 is turning the sign.
  if (format === 'q8') for (let i = 0; i < bytes.length; i++) bytes[i]! ^= ZERO_POINT;
  return bytes;
}

function scalesOf(graph: GraphBuilder, { name, source }: NamedMatrix, shape: readonly number[]): string {
  const rows = source.shape[0]!;
  const read = (): Uint8Array => new Uint8Array(rowScales(source.read() as Float32Array, rows).buffer);
  return graph.weight({ name: `${name}_scale`, type: 'float', shape, bytes: 4 * rows, read });
}

const zeroPoint = (graph: GraphBuilder, format: QuantisedFormat): string =>
  graph.weight({
    name: `${format}_zero_point`,
    type: ELEMENT_TYPES[format],
    shape: [],
    bytes: 1,
    read: () => Uint8Array.of(format === 'q8' ? ZERO_POINT : 0),
  });

/** x·Wᵀ + b of rows. */
export function quantisedLinear(
  graph: GraphBuilder,
  x: string,
  matrix: NamedMatrix,
  format: QuantisedFormat,
  bias: string | undefined,
): string {
  const [outputs, inputs] = matrix.source.shape as [number, number];
  const transposed = graph.weight({
    name: `${matrix.name}_${format}`,
    type: ELEMENT_TYPES[format],
    shape: [inputs, outputs],
    bytes: inputs * outputs,
    read: () => quantise(matrix.source, format, true),
  });
  // [rows, 1]: quantised together, rows of small numbers would be lost beside those of large ones.
  const largest = graph.add('ReduceMax', [graph.add('Abs', [x])], { axes: [-1], keepdims: 1 });
  const size = graph.add('Max', [largest, graph.floats([SMALLEST_ROW])]);
  const [rows, rowScale, rowZero] = graph.addMany('DynamicQuantizeLinear', [graph.add('Div', [x, size])], 3) as [
    string,
    string,
    string,
  ];
  const sums = graph.add('MatMulInteger', [rows, transposed, rowZero, zeroPoint(graph, format)]);
  const scale = graph.add('Mul', [rowScale, scalesOf(graph, matrix, [outputs])]);
  const product = graph.add('Mul', [graph.add('Mul', [graph.cast(sums, 'float'), scale]), size]);
  return bias === undefined ? product : graph.add('Add', [product, bias]);
}

/** Rows of a table by their numbers, widened. */
export function quantisedLookup(graph: GraphBuilder, ids: string, table: NamedMatrix, format: QuantisedFormat): string {
  const [rows, width] = table.source.shape as [number, number];
  const quantised = graph.weight({
    name: `${table.name}_${format}`,
    type: ELEMENT_TYPES[format],
    shape: [rows, width],
    bytes: rows * width,
    read: () => quantise(table.source, format, false),
  });
  const found = graph.cast(graph.add('Gather', [quantised, ids]), 'float');
  const centred = format === 'q8' ? graph.add('Sub', [found, graph.floats([ZERO_POINT])]) : found;
  return graph.add('Mul', [centred, graph.add('Gather', [scalesOf(graph, table, [rows, 1]), ids])]);
}
