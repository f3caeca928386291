/** Several processes on c10d: what they tell each other, gradients known in closed form, and who is named when one of them is in trouble. */
import { describe, expect, it } from 'vitest';
import { TorchType } from '../../../../reference-model/engines/torch/addon.js';
import { rankPlace } from '../../../../reference-model/engines/torch/rank-place.js';
import { randomStream } from '../../../../reference-model/numerics/random.js';
import { isTorchAvailable } from '../../backends.js';
import { runRanks } from '../../training/rank-processes.js';

interface ReductionCase {
  readonly sizes: readonly number[];
  readonly bucketBytes: number;
  /** By rank and parameter: how often it is used in one pass. */
  readonly uses: readonly (readonly number[])[];
  /** Passes of the step before the last one. */
  readonly earlier: number;
  /** Parameters that get a gradient in a second call as well. */
  readonly late: readonly number[];
  /** Whether every rank gets the sums of its share alone. */
  readonly isDivided?: boolean;
  /** Of the parameters, as `TorchType`. */
  readonly type?: TorchType;
}

interface Reduced {
  readonly gradients: readonly (readonly number[])[];
  readonly loss: number;
  readonly timeline: readonly number[];
  /** Of the parameters, after they were filled with the shares of all ranks. */
  readonly values: readonly (readonly number[])[];
}

/** The sum over all ranks of the gradient of each parameter. */
const sumsOf = ({ sizes, uses, earlier, late }: ReductionCase): readonly number[] =>
  sizes.map((_, i) =>
    uses.reduce((sum, own, rank) => {
      const times = own[i]! * (earlier + 1) + (late.includes(i) ? 1 : 0);
      return sum + times * (rank + 1) * (i + 1);
    }, 0),
  );

/** Drawn so that buckets hold one, several and all parameters, and ranks use all, some or none of them, once or twice. */
function drawnCases(count: number, ranks: number): readonly ReductionCase[] {
  const stream = randomStream(5, 'reduction');
  const below = (limit: number): number => Math.min(limit - 1, Math.floor(stream.uniform() * limit));
  return Array.from({ length: count }, () => {
    const sizes = Array.from({ length: 1 + below(7) }, () => 1 + below(50));
    const uses = Array.from({ length: ranks }, () => {
      const usesNone = below(4) === 0;
      return sizes.map(() => (usesNone ? 0 : below(3)));
    });
    const late = below(3) === 0 ? sizes.flatMap((_, i) => (below(2) === 0 ? [i] : [])) : [];
    return { sizes, bucketBytes: 4 << below(9), uses, earlier: below(3), late };
  });
}

describe.skipIf(!isTorchAvailable)('ranks on c10d', () => {
  it('tell each other numbers and texts', async () => {
    const seen = await runRanks(3, { scenario: 'exchange' });
    const said = [0, 1, 2].map((rank) => ({ rank, text: '"é\n' }));
    expect(seen).toEqual([0, 1, 2].map(() => ({ sums: [3, 3, 0.75], said })));
  });

  it('tell each other texts longer than the store takes at once', async () => {
    const seen = await runRanks(2, { scenario: 'exchangeLong', bytes: 9 * 2 ** 20 });
    expect(seen).toEqual([{ equal: 2 }, { equal: 2 }]);
  });

  it('add up gradients and losses, whoever used which parameter how often', async () => {
    const cases = drawnCases(40, 3);
    const seen = await runRanks<readonly Reduced[]>(3, { scenario: 'reduce', cases });
    cases.forEach((one, number) => {
      const expected = sumsOf(one).map((sum, i) => Array.from({ length: one.sizes[i]! }, () => sum));
      for (const ofRank of seen) {
        expect(ofRank[number]!.gradients, `case ${number}`).toEqual(expected);
        expect(ofRank[number]!.loss).toBe(4.5);
      }
    });
  });

  it.each(['float32', 'bfloat16'] as const)(
    'leave each other the sums of their shares, in float32, and take the shares of all: %s',
    async (type) => {
      const ranks = 3;
      const cases = drawnCases(40, ranks).map((one) => ({ ...one, isDivided: true, type: TorchType[type] }));
      const seen = await runRanks<readonly Reduced[]>(ranks, { scenario: 'reduce', cases });
      cases.forEach((one, number) => {
        const sums = sumsOf(one);
        seen.forEach((ofRank, rank) => {
          const { gradients, loss, values } = ofRank[number]!;
          one.sizes.forEach((size, i) => {
            const share = Math.ceil(size / ranks);
            const own = Math.max(0, Math.min(share, size - rank * share));
            const what = `case ${number}, rank ${rank}, parameter ${i}`;
            expect(gradients[i], what).toEqual(Array.from({ length: own }, () => sums[i]));
            // A rank's shares are filled with 64 times its number, and on from there.
            const all = Array.from({ length: size }, (_, at) => Math.floor(at / share) * 64 + (at % share));
            expect(values[i], what).toEqual(all);
          });
          expect(loss).toBe(4.5);
        });
      });
    },
  );

  it('begin to reduce before the last gradient exists', async () => {
    const everything = {
      sizes: [1000, 1000, 1000, 1000],
      bucketBytes: 4000,
      uses: [
        [1, 1, 1, 1],
        [1, 1, 1, 1],
      ],
      earlier: 0,
      late: [],
    };
    const seen = await runRanks<readonly Reduced[]>(2, { scenario: 'reduce', cases: [everything] });
    for (const [{ timeline }] of seen as readonly (readonly [Reduced])[]) {
      const moments = Array.from({ length: timeline.length / 3 }, (_, i) => timeline.slice(i * 3, i * 3 + 3));
      const gradients = moments.flatMap(([kind], place) => (kind === 0 ? [place] : []));
      const reductions = moments.flatMap(([kind], place) => (kind === 1 ? [place] : []));
      expect([gradients.length, reductions.length]).toEqual([4, 4]);
      expect(reductions[0]!).toBeLessThan(gradients.at(-1)!);
      expect(moments.map(([, , time]) => time!)).toEqual(moments.map(([, , time]) => time!).sort((a, b) => a - b));
    }
  });

  it('end with the words of a rank that fails', async () => {
    const seen = await runRanks<{ error: string; rank?: number; seconds?: number }>(3, {
      scenario: 'trouble',
      kind: 'throws',
      culprit: 1,
    });
    expect(seen[1]!.error).toBe('no such image');
    for (const { error, rank } of [seen[0]!, seen[2]!]) {
      expect(rank).toBe(1);
      expect(error).toMatch(/^rank 1: no such image/);
    }
  });

  it.each([0, 1])('name a rank that has left in place of saying something, at once: %i', async (culprit) => {
    const seen = await runRanks<{ error?: string; rank?: number }>(3, { scenario: 'departure', culprit });
    const others = seen.filter((_, rank) => rank !== culprit);
    expect(others.map(({ rank }) => rank)).toEqual([culprit, culprit]);
    for (const { error } of others) expect(error).toMatch(/it has left while the others waited for it/);
  });

  it('name the rank that does not come, on the machine that keeps the store and the others', async () => {
    const environment = { VLM_BENCH_TORCH_TIMEOUT: '15' };
    const seen = await runRanks<{ rank?: number }>(4, { scenario: 'exchange', absent: [3] }, { environment });
    expect(seen.map(({ rank }) => rank)).toEqual([3, 3, 3, undefined]);
  });

  it('name a rank that was killed, the one that keeps the store too', async () => {
    for (const culprit of [0, 1]) {
      const seen = await runRanks<{ error: string; rank: number }>(
        3,
        { scenario: 'trouble', kind: 'killed', culprit },
        { endsAlone: [culprit] },
      );
      expect(seen.map(({ rank }) => rank)).toEqual([culprit, culprit]);
    }
  });

  it.each(['killed', 'hangs'])(
    'name the rank that was in trouble, not one that had left in order: %s',
    async (kind) => {
      const options = { environment: { VLM_BENCH_TORCH_TIMEOUT: '3' }, endsAlone: [2] };
      const task = { scenario: 'trouble', kind, culprit: 2, leavers: [1] };
      const [first, left] = await runRanks<{ error?: string; rank?: number; left?: boolean }>(3, task, options);
      expect(left).toEqual({ left: true });
      expect(first!.rank).toBe(2);
      expect(first!.error).not.toContain('so did');
    },
  );

  it('name a rank that left before it was done where nobody else is to blame', async () => {
    const task = { scenario: 'trouble', kind: 'none', culprit: -1, leavers: [1] };
    const [first] = await runRanks<{ error?: string; rank?: number }>(2, task);
    expect(first).toMatchObject({ rank: 1 });
    expect(first!.error).toMatch(/^rank 1: it has left while the others waited for it/);
  });

  it('name a rank that hangs, after the timeout', async () => {
    const options = { environment: { VLM_BENCH_TORCH_TIMEOUT: '3' }, endsAlone: [1] };
    const seen = await runRanks<{ error: string; rank: number }>(
      2,
      { scenario: 'trouble', kind: 'hangs', culprit: 1 },
      options,
    );
    expect(seen).toHaveLength(1);
    expect(seen[0]!.error).toMatch(/^rank 1: it did not come to where the others wait for 3 s/);
  });
});

describe('the place of a rank', () => {
  const torchrun = { RANK: '3', LOCAL_RANK: '1', WORLD_SIZE: '4', MASTER_ADDR: 'node7', MASTER_PORT: '29500' };

  it('is read from the variables that launchers set', () => {
    expect(rankPlace({})).toBeUndefined();
    expect(rankPlace({ ...torchrun, RANK: '0', WORLD_SIZE: '1' })).toBeUndefined();
    expect(rankPlace({ RANK: '3' })).toBeUndefined();
    expect(rankPlace(torchrun)).toMatchObject({
      rank: 3,
      localRank: 1,
      count: 4,
      host: 'node7',
      port: 29500,
      hostsStore: false,
    });
    expect(rankPlace({ ...torchrun, RANK: '0' })?.hostsStore).toBe(true);
    const agent = { ...torchrun, RANK: '0', TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '2' };
    expect(rankPlace(agent)).toMatchObject({ hostsStore: false, prefix: 'vlm-bench//2' });
  });

  it('is refused where they contradict each other', () => {
    expect(() => rankPlace({ ...torchrun, RANK: '4' })).toThrow(/RANK is "4", not a whole number from 0 to 3/);
    expect(() => rankPlace({ ...torchrun, WORLD_SIZE: 'two' })).toThrow(/WORLD_SIZE is "two"/);
    expect(() => rankPlace({ ...torchrun, MASTER_ADDR: '' })).toThrow(/MASTER_ADDR is not set/);
    expect(() => rankPlace({ ...torchrun, MASTER_PORT: undefined })).toThrow(/MASTER_PORT is not set/);
  });
});
