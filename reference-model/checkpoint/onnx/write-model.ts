/**
 * A graph as a file `<name>.onnx`. A message of protocol buffers holds less than 2 GiB: the weights of a larger model stand beside it in
 * `<name>.onnx_data`, `<name>.onnx_data_1` and so on, which is where transformers.js looks for them.
 */
import { join } from 'node:path';
import { fillFile } from '../../files/atomic-file.js';
import { writeFully } from '../../files/file-bytes.js';
import { contentOf, type ExternalPlace, encodeModel } from './encode-model.js';
import type { Graph, Weight } from './graph.js';

/** Of weights in one file; leaves room for the graph below the 2 GiB of a message, and of a buffer of a browser. */
const LARGEST_FILE = 2 ** 31 - 2 ** 26;
/** Weights below this stay in the model's own file, where the runtime reads shapes and constants. */
const SMALL = 1024;
/** Files are mapped into memory by pages. */
const ALIGNMENT = 4096;
/** Of short pieces that are written by one system call. */
const WRITTEN_AT_ONCE = 2 ** 16;

/** A file of weights, and where in it each begins. */
interface DataFile {
  readonly name: string;
  readonly places: ReadonlyMap<Weight, number>;
}

/**
 * Writes into an existing folder, forced to disk, one weight in memory at a time.
 *
 * @param fileBytes of weights in one file; a larger weight has a file of its own
 * @returns how many files of weights stand beside it
 * @throws RangeError when the values of a weight are not as many as were promised
 */
export function writeModel(
  folder: string,
  name: string,
  graph: Graph,
  { fileBytes = LARGEST_FILE }: { readonly fileBytes?: number } = {},
): number {
  const total = graph.weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const file = `${name}.onnx`;
  const dataFiles = total <= fileBytes ? [] : planDataFiles(file, graph.weights, fileBytes);
  const places = new Map<Weight, ExternalPlace>();
  for (const dataFile of dataFiles) {
    for (const [weight, offset] of dataFile.places) places.set(weight, { file: dataFile.name, offset });
    fillFile(join(folder, dataFile.name), (descriptor) => writePieces(descriptor, dataPieces(dataFile)));
  }
  const message = encodeModel(graph, (weight) => places.get(weight));
  fillFile(join(folder, file), (descriptor) => writePieces(descriptor, message.pieces()));
  return dataFiles.length;
}

function planDataFiles(file: string, weights: readonly Weight[], fileBytes: number): readonly DataFile[] {
  const files: { readonly name: string; readonly places: Map<Weight, number> }[] = [];
  let end = 0;
  for (const weight of weights) {
    if (weight.bytes < SMALL) continue;
    const next = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    const fits = files.length > 0 && next + weight.bytes <= fileBytes;
    if (!fits) files.push({ name: `${file}_data${files.length === 0 ? '' : `_${files.length}`}`, places: new Map() });
    const offset = fits ? next : 0;
    files.at(-1)!.places.set(weight, offset);
    end = offset + weight.bytes;
  }
  return files;
}

function* dataPieces({ places }: DataFile): Generator<Uint8Array> {
  let end = 0;
  for (const [weight, offset] of places) {
    if (offset > end) yield new Uint8Array(offset - end);
    yield* contentOf(weight);
    end = offset + weight.bytes;
  }
}

/** Most pieces of a message are a few bytes long: they are collected. */
function writePieces(descriptor: number, pieces: Iterable<Uint8Array>): void {
  const buffer = new Uint8Array(WRITTEN_AT_ONCE);
  let filled = 0;
  const flush = (): void => {
    writeFully(descriptor, buffer.subarray(0, filled));
    filled = 0;
  };
  for (const piece of pieces) {
    if (filled + piece.length > buffer.length) flush();
    if (piece.length > buffer.length) {
      writeFully(descriptor, piece);
      continue;
    }
    buffer.set(piece, filled);
    filled += piece.length;
  }
  flush();
}
