/** The three kinds of draw that the generated data sets make from a random stream, all in integers. */
import type { RandomStream } from '../numerics/random.js';

/** True in `percent` of 100 draws. */
export function chance(stream: RandomStream, percent: number): boolean {
  return stream.integer(100) < percent;
}

/** One item, all equally likely. Throws RangeError for an empty list. */
export function pick<T>(stream: RandomStream, items: readonly T[]): T {
  return items[stream.integer(items.length)]!;
}

/** An integer from `lowest` to `highest`, both included. */
export function between(stream: RandomStream, lowest: number, highest: number): number {
  return lowest + stream.integer(highest - lowest + 1);
}
