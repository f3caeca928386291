/**
 * ROUGE-L: F-measure (β = 1.2) of the longest common subsequence, with the best precision and the best recall taken over
 * the references independently, as in the public COCO caption evaluation. Source: Lin, "ROUGE" (ACL workshop 2004), §3.
 * The subsequence length comes from the bit-parallel recurrence of Hyyrö (2004), 32 candidate tokens per operation.
 */
import type { EncodedCaptions } from './encoded-captions.js';

const BETA_SQUARED = 1.2 * 1.2;

/** ROUGE-L of each image, 0–1; [images]. */
export function rougeL(encoded: EncodedCaptions): Float64Array {
  const { captionStart, wordStart, longest: longestGrams, spaceTokens, table } = encoded;
  const images = captionStart.length - 1;
  const scores = new Float64Array(images);
  const matcher = new SubsequenceMatcher(table.size);
  const longest = longestCaption(encoded);
  const candidate = new Int32Array(longest);
  const reference = new Int32Array(longest);
  // Copies the tokens of a caption into a buffer that is used over and over, and returns their number.
  const read = (caption: number, tokens: Int32Array): number => {
    const special = spaceTokens.size === 0 ? undefined : spaceTokens.get(caption);
    if (special !== undefined) {
      tokens.set(special);
      return special.length;
    }
    const from = wordStart[caption]!;
    const length = wordStart[caption + 1]! - from;
    for (let index = 0; index < length; index++) tokens[index] = table.firstWordOf(longestGrams[from + index]!);
    return length;
  };
  for (let image = 0; image < images; image++) {
    const first = captionStart[image]!;
    const candidateLength = read(first, candidate);
    matcher.load(candidate, candidateLength);
    let precision = 0;
    let recall = 0;
    for (let caption = first + 1; caption < captionStart[image + 1]!; caption++) {
      const referenceLength = read(caption, reference);
      const common = matcher.commonLength(reference, referenceLength);
      precision = Math.max(precision, common / candidateLength);
      recall = Math.max(recall, common / referenceLength);
    }
    matcher.unload();
    scores[image] =
      precision !== 0 && recall !== 0
        ? ((1 + BETA_SQUARED) * precision * recall) / (recall + BETA_SQUARED * precision)
        : 0;
  }
  return scores;
}

function longestCaption({ captionStart, wordStart, spaceTokens }: EncodedCaptions): number {
  let longest = 1;
  for (let caption = 0; caption < captionStart.at(-1)!; caption++) {
    longest = Math.max(longest, wordStart[caption + 1]! - wordStart[caption]!);
  }
  for (const tokens of spaceTokens.values()) longest = Math.max(longest, tokens.length);
  return longest;
}

/**
 * Longest common subsequence of one loaded sequence with others. Bit i of the row is zero where the length grows at i.
 * Each token keeps a list of the 32-bit blocks that it occurs in, so that long captions of many words need little room.
 */
class SubsequenceMatcher {
  private loaded: Int32Array = new Int32Array(0);
  private length = 0;
  /** First and last list entry of each token, plus one; zero for tokens that do not occur. */
  private readonly firstEntry: Int32Array;
  private readonly lastEntry: Int32Array;
  private entryBlock = new Int32Array(64);
  private entryMask = new Int32Array(64);
  private nextEntry = new Int32Array(64);
  private row = new Uint32Array(2);

  constructor(vocabulary: number) {
    this.firstEntry = new Int32Array(vocabulary);
    this.lastEntry = new Int32Array(vocabulary);
  }

  /** Loads the first `length` of `tokens`, which must stay as they are until `unload`. */
  load(tokens: Int32Array, length: number): void {
    this.loaded = tokens;
    this.length = length;
    if (length > this.entryBlock.length) {
      this.entryBlock = new Int32Array(length);
      this.entryMask = new Int32Array(length);
      this.nextEntry = new Int32Array(length);
    }
    const blocks = (length + 31) >>> 5;
    if (this.row.length !== blocks) this.row = new Uint32Array(blocks);
    const { firstEntry, lastEntry, entryBlock } = this;
    const entryMask = this.entryMask;
    const nextEntry = this.nextEntry;
    let entries = 0;
    for (let position = 0; position < length; position++) {
      const token = tokens[position]!;
      const block = position >>> 5;
      const last = lastEntry[token]! - 1;
      if (last >= 0 && entryBlock[last] === block) {
        entryMask[last]! |= 1 << (position & 31);
        continue;
      }
      entryBlock[entries] = block;
      entryMask[entries] = 1 << (position & 31);
      nextEntry[entries] = 0;
      entries++;
      if (last >= 0) nextEntry[last] = entries;
      else firstEntry[token] = entries;
      lastEntry[token] = entries;
    }
  }

  unload(): void {
    for (let position = 0; position < this.length; position++) {
      this.firstEntry[this.loaded[position]!] = 0;
      this.lastEntry[this.loaded[position]!] = 0;
    }
  }

  /** Length of the longest common subsequence with the first `length` of `tokens`. */
  commonLength(tokens: Int32Array, length: number): number {
    const { row, firstEntry, entryBlock } = this;
    const entryMask = this.entryMask;
    const nextEntry = this.nextEntry;
    row.fill(0xffffffff);
    for (let position = 0; position < length; position++) {
      let carry = 0;
      let block = 0;
      for (let entry = firstEntry[tokens[position]!]!; entry > 0; entry = nextEntry[entry - 1]!) {
        const target = entryBlock[entry - 1]!;
        // Blocks without the token change only as far as a carry runs through them.
        for (; carry === 1 && block < target; block++) carry = this.add(block, 0, carry);
        carry = this.add(target, entryMask[entry - 1]!, carry);
        block = target + 1;
      }
      for (; carry === 1 && block < row.length; block++) carry = this.add(block, 0, carry);
    }
    let common = 0;
    for (let block = 0; block < row.length; block++) {
      const valid = this.length - 32 * block;
      common += populationCount(~row[block]! & (valid >= 32 ? -1 : (1 << valid) - 1));
    }
    return common;
  }

  /** One block of the recurrence V ← (V + (V & M)) | (V & ~M); returns the carry. */
  private add(block: number, mask: number, carry: number): number {
    const bits = this.row[block]!;
    const matched = (bits & mask) >>> 0;
    const sum = bits + matched + carry;
    this.row[block] = sum | (bits & ~matched);
    return sum > 0xffffffff ? 1 : 0;
  }
}

function populationCount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  count = (count + (count >>> 4)) & 0x0f0f0f0f;
  return Math.imul(count, 0x01010101) >>> 24;
}
