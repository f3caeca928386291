/**
 * ROUGE-L: F-measure (β = 1.2) of the longest common subsequence, with the best precision and the best recall taken over
 * the references independently, as in the public COCO caption evaluation. Source: Lin, "ROUGE" (ACL workshop 2004), §3.
 * The subsequence length comes from the bit-parallel recurrence of Hyyrö (2004), 32 candidate tokens per operation.
 */
import { type EncodedCaptions, MAXIMUM_ORDER } from './encoded-captions.js';

const BETA_SQUARED = 1.2 * 1.2;

/** ROUGE-L of each image, 0–1; [images]. */
export function rougeL(encoded: EncodedCaptions): Float64Array {
  const { captionStart, table } = encoded;
  const images = captionStart.length - 1;
  const scores = new Float64Array(images);
  const matcher = new SubsequenceMatcher(table.size);
  for (let image = 0; image < images; image++) {
    const first = captionStart[image]!;
    const candidate = tokensOf(encoded, first);
    matcher.load(candidate);
    let precision = 0;
    let recall = 0;
    for (let caption = first + 1; caption < captionStart[image + 1]!; caption++) {
      const reference = tokensOf(encoded, caption);
      const common = matcher.commonLength(reference);
      precision = Math.max(precision, common / candidate.length);
      recall = Math.max(recall, common / reference.length);
    }
    matcher.unload();
    scores[image] =
      precision !== 0 && recall !== 0
        ? ((1 + BETA_SQUARED) * precision * recall) / (recall + BETA_SQUARED * precision)
        : 0;
  }
  return scores;
}

function tokensOf({ spaceTokens, wordStart, grams }: EncodedCaptions, caption: number): Int32Array {
  const special = spaceTokens.size === 0 ? undefined : spaceTokens.get(caption);
  if (special !== undefined) return special;
  const from = wordStart[caption]!;
  const tokens = new Int32Array(wordStart[caption + 1]! - from);
  for (let index = 0; index < tokens.length; index++) tokens[index] = grams[MAXIMUM_ORDER * (from + index)]!;
  return tokens;
}

/** Longest common subsequence of one loaded sequence with others. Bit i of the row is zero where row length grows at i. */
class SubsequenceMatcher {
  private loaded: Int32Array = new Int32Array(0);
  /** Position masks of the loaded tokens: row of `masks` by token, plus one; zero for tokens that do not occur. */
  private readonly maskRow: Int32Array;
  private masks = new Uint32Array(0);
  private row = new Uint32Array(0);

  constructor(vocabulary: number) {
    this.maskRow = new Int32Array(vocabulary);
  }

  load(tokens: Int32Array): void {
    this.loaded = tokens;
    const blocks = (tokens.length + 31) >>> 5;
    if (blocks * tokens.length > this.masks.length) this.masks = new Uint32Array(blocks * tokens.length);
    if (this.row.length !== blocks) this.row = new Uint32Array(blocks);
    let rows = 0;
    for (let position = 0; position < tokens.length; position++) {
      const token = tokens[position]!;
      if (this.maskRow[token] === 0) {
        this.maskRow[token] = ++rows;
        this.masks.fill(0, (rows - 1) * blocks, rows * blocks);
      }
      this.masks[(this.maskRow[token]! - 1) * blocks + (position >>> 5)]! |= 1 << (position & 31);
    }
  }

  unload(): void {
    for (const token of this.loaded) this.maskRow[token] = 0;
  }

  commonLength(tokens: Int32Array): number {
    const { row, masks, maskRow } = this;
    const blocks = row.length;
    row.fill(0xffffffff);
    for (const token of tokens) {
      const from = (maskRow[token]! - 1) * blocks;
      if (from < 0) continue;
      let carry = 0;
      for (let block = 0; block < blocks; block++) {
        const bits = row[block]!;
        const matched = (bits & masks[from + block]!) >>> 0;
        const sum = bits + matched + carry;
        carry = sum > 0xffffffff ? 1 : 0;
        row[block] = sum | (bits & ~matched);
      }
    }
    let common = 0;
    for (let block = 0; block < blocks; block++) {
      const valid = this.loaded.length - 32 * block;
      const zeros = ~row[block]! & (valid >= 32 ? -1 : (1 << valid) - 1);
      common += populationCount(zeros);
    }
    return common;
  }
}

function populationCount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  count = (count + (count >>> 4)) & 0x0f0f0f0f;
  return Math.imul(count, 0x01010101) >>> 24;
}
