/** What a benchmark reports, and timing by interleaved medians: competitors take turns, so that a slow spell hits all of them. */

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The worst acceptable value, if the project promises one: at least `bar`, or for costs at most `ceiling`. */
  readonly bar?: number;
  readonly ceiling?: number;
}

export type Benchmark = () => Promise<readonly Measurement[]>;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/**
 * Median milliseconds of each contender over `rounds` rounds, after `warmUp` untimed ones.
 * @param contenders a different one begins every round, so that none always meets the same phase of the scheduler
 */
export async function interleavedMedians<Name extends string>(
  contenders: Readonly<Record<Name, () => void | Promise<void>>>,
  { rounds = 15, warmUp = 5 }: { readonly rounds?: number; readonly warmUp?: number } = {},
): Promise<Readonly<Record<Name, number>>> {
  const entries = Object.entries(contenders) as [Name, () => void | Promise<void>][];
  const times = new Map<Name, number[]>(entries.map(([name]) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const [name, run] = entries[(turn + round + warmUp) % entries.length]!;
      const start = performance.now();
      await run();
      if (round >= 0) times.get(name)!.push(performance.now() - start);
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, median(times.get(name)!)])) as Record<Name, number>;
}
