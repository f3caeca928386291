/**
 * Seeded random numbers without hidden state: every consumer derives its own stream from the seed and a path of names, so
 * nothing has to be checkpointed and no consumer disturbs another. The generator is Philox4x32-10 (Salmon et al. 2011,
 * "Parallel random numbers: as easy as 1, 2, 3"), a counter-based cipher on 32-bit integers; its bits are the same everywhere.
 */
import { log } from './elementary.js';

/** A sequence of pseudo-random draws. Each method advances the sequence. */
export interface RandomStream {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform among 0 … below − 1; `below` is an integer from 1 to 2³². */
  integer(below: number): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

type Words = readonly [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // < 2³², hence exact
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/** One block of Philox4x32-10: encrypts a 128-bit counter under a 64-bit key; words are unsigned 32-bit integers. */
export function philox(counter: Words, [key0, key1]: readonly [number, number]): Words {
  const words = Uint32Array.from(counter);
  encrypt(words, key0, key1);
  return [words[0]!, words[1]!, words[2]!, words[3]!];
}

/** `philox` in place. Data sets draw millions of blocks, so none may cost an allocation. */
function encrypt(words: Uint32Array, key0: number, key1: number): void {
  let c0 = words[0]!;
  let c1 = words[1]!;
  let c2 = words[2]!;
  let c3 = words[3]!;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** 32-bit words that encode a path without ambiguity: each element is its type, its length and its content. */
function pathWords(path: readonly (string | number)[]): number[] {
  const words: number[] = [];
  const float = new DataView(new ArrayBuffer(8));
  for (const element of path) {
    if (typeof element === 'number') {
      if (Number.isNaN(element)) throw new RangeError('A random stream cannot be named by NaN.');
      float.setFloat64(0, element === 0 ? 0 : element); // −0 and 0 are one name
      words.push(0, float.getUint32(0), float.getUint32(4));
    } else {
      words.push(1, element.length);
      for (let i = 0; i < element.length; i++) words.push(element.charCodeAt(i));
    }
  }
  return words;
}

/** Absorbs the path into 128 bits by encrypting after every word. */
function pathDigest(path: readonly (string | number)[]): Words {
  const state = new Uint32Array(4);
  for (const word of pathWords(path)) {
    state[0] = (state[0]! ^ word) >>> 0;
    encrypt(state, 0, 0);
  }
  return [state[0]!, state[1]!, state[2]!, state[3]!];
}

/**
 * The stream that belongs to a seed and a path of names, e.g. `randomStream(seed, 'batches', stage, epoch)`.
 * Equal arguments give equal draws; different ones give unrelated draws.
 */
export function randomStream(seed: number, ...path: readonly (string | number)[]): RandomStream {
  const [key0, key1, stream0, stream1] = pathDigest([seed, ...path]);
  let block = 0;
  const words = new Uint32Array(4);
  let used = 4;

  const nextWord = (): number => {
    if (used === 4) {
      words[0] = block >>> 0;
      words[1] = Math.floor(block / 2 ** 32);
      words[2] = stream0;
      words[3] = stream1;
      encrypt(words, key0, key1);
      block += 1;
      used = 0;
    }
    return words[used++]!;
  };
  const uniform = (): number => {
    const high = nextWord() >>> 5; // 27 bits
    const low = nextWord() >>> 6; // 26 bits
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
  const integer = (below: number): number => {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new RangeError(`A random integer needs a bound from 1 to 2^32, got ${below}.`);
    }
    // Words from the last, incomplete multiple of the bound are drawn again: no remainder is favoured.
    const limit = 2 ** 32 - (2 ** 32 % below);
    let word = nextWord();
    while (word >= limit) word = nextWord();
    return word % below;
  };
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const a = 2 * uniform() - 1;
      const b = 2 * uniform() - 1;
      const square = a * a + b * b;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * log(square)) / square);
        spare = b * factor;
        return a * factor;
      }
    }
  };
  const shuffle = <T>(items: readonly T[]): T[] => {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      const item = shuffled[i]!;
      shuffled[i] = shuffled[j]!;
      shuffled[j] = item;
    }
    return shuffled;
  };
  return { uniform, integer, normal, shuffle };
}
