/**
 * Sums over random subsets of the images, for several columns of values at once: what sign-flip tests over thousands of images need.
 * Eight images at a time are looked up in a table of their 256 subset sums, so that a pattern over 5,000 images costs 625 additions.
 */
import { randomStream } from '../../reference-model/numerics/random.js';

/**
 * For each column the sum of its values over the images whose sign is flipped: [columns][permutations]. Every image is flipped with
 * probability ½, independently; the columns share the patterns.
 */
export function flippedSums(
  columns: readonly Float64Array[],
  permutations: number,
  seed: number,
): readonly Float64Array[] {
  const images = columns[0]!.length;
  const blocks = Math.ceil(images / 8);
  const words = Math.ceil(blocks / 4);
  const tables = columns.map((values) => subsetSums(values, blocks));
  const sums = columns.map(() => new Float64Array(permutations));
  const stream = randomStream(seed, 'sign flips');
  const pattern = new Uint32Array(words);
  const bytes = new Uint8Array(pattern.buffer);
  for (let permutation = 0; permutation < permutations; permutation++) {
    for (let word = 0; word < words; word++) pattern[word] = stream.integer(2 ** 32);
    tables.forEach((table, column) => {
      sums[column]![permutation] = sumOf(table, bytes, blocks);
    });
  }
  return sums;
}

function sumOf(table: Float64Array, bytes: Uint8Array, blocks: number): number {
  let sum = 0;
  for (let block = 0; block < blocks; block++) sum += table[(block << 8) | bytes[block]!]!;
  return sum;
}

/** For each block of eight values the sum of each of its 256 subsets. */
function subsetSums(values: Float64Array, blocks: number): Float64Array {
  const table = new Float64Array(blocks << 8);
  for (let block = 0; block < blocks; block++) {
    const start = block << 8;
    for (let bit = 0; bit < 8; bit++) {
      const value = values[8 * block + bit] ?? 0;
      const size = 1 << bit;
      for (let subset = 0; subset < size; subset++) table[start + size + subset] = table[start + subset]! + value;
    }
  }
  return table;
}
