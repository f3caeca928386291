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
  const images = columns[0]?.length ?? 0;
  const blocks = Math.ceil(images / IMAGES_PER_BLOCK);
  const patterns = drawPatterns(blocks, permutations, seed);
  const table = new Float64Array(1 << IMAGES_PER_BLOCK);
  return columns.map((values) => {
    const sums = new Float64Array(permutations);
    for (let block = 0; block < blocks; block++) {
      fillSubsetSums(table, values, block * IMAGES_PER_BLOCK);
      addBlock(sums, table, patterns, block * permutations);
    }
    return sums;
  });
}

const IMAGES_PER_BLOCK = 8;

/** One byte, a bit per image, for each block of images and permutation: [blocks][permutations], so that a block is read in one go. */
function drawPatterns(blocks: number, permutations: number, seed: number): Uint8Array {
  const patterns = new Uint8Array(blocks * permutations);
  const stream = randomStream(seed, 'sign flips');
  for (let start = 0; start < patterns.length; start += 4) {
    const word = stream.integer(2 ** 32);
    for (let byte = 0; byte < 4; byte++) patterns[start + byte] = (word >>> (8 * byte)) & 0xff;
  }
  return patterns;
}

function addBlock(sums: Float64Array, table: Float64Array, patterns: Uint8Array, start: number): void {
  for (let permutation = 0; permutation < sums.length; permutation++) {
    sums[permutation]! += table[patterns[start + permutation]!]!;
  }
}

/** The sum of each of the 256 subsets of eight values; beyond the last image there is nothing to add. */
function fillSubsetSums(table: Float64Array, values: Float64Array, first: number): void {
  for (let bit = 0; bit < IMAGES_PER_BLOCK; bit++) {
    const value = values[first + bit] ?? 0;
    const size = 1 << bit;
    for (let subset = 0; subset < size; subset++) table[size + subset] = table[subset]! + value;
  }
}
