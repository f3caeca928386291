import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareContests, compareMany, tieGroups } from '../../../harness/statistics/compare-many.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

const mean = ([sum]: readonly number[], images: number): number => sum! / images;

describe('tie groups', () => {
  test('of the classic staircase', () => {
    // 0 and 1 tie, 1 and 2 tie, 0 and 2 differ; 3 differs from all.
    expect(
      tieGroups(4, [
        [0, 2],
        [0, 3],
        [1, 3],
        [2, 3],
      ]),
    ).toEqual([[0, 1], [1, 2], [3]]);
    expect(tieGroups(3, [])).toEqual([[0, 1, 2]]);
    expect(tieGroups(0, [])).toEqual([]);
  });

  test('are the maximal sets without a significant pair, by brute force', () => {
    const count = 6;
    const allPairs = Array.from({ length: count }, (_, a) =>
      Array.from({ length: count - a - 1 }, (__, b) => [a, a + 1 + b] as [number, number]),
    ).flat();
    fc.assert(
      fc.property(fc.subarray(allPairs), (apart) => {
        const free = (set: number) => apart.every(([a, b]) => !((set >> a) & 1 && (set >> b) & 1));
        const sets = Array.from({ length: 2 ** count - 1 }, (_, index) => index + 1).filter(free);
        const maximal = sets.filter((set) => !sets.some((other) => other !== set && (other & set) === set));
        const asSets = tieGroups(count, apart).map((group) => group.reduce((set, place) => set | (1 << place), 0));
        expect([...asSets].sort((a, b) => a - b)).toEqual(maximal);
      }),
    );
  });
});

describe('several systems', () => {
  const images = 400;
  const stream = randomStream(1, 'systems');
  const ease = Array.from({ length: images }, () => 3 * stream.uniform());
  const system = (id: string, gain: number) => {
    const values = Float64Array.from(ease, (value) => value + gain + 0.3 * stream.normal());
    return { id, rankBy: values.reduce((sum, value) => sum + value, 0), records: [{ columns: [values] }] };
  };

  test('under several metrics, on images of two counts, are compared as under each metric alone', () => {
    const systems = [system('first', 0), system('second', 0.05), system('third', 0.2)];
    const shorter = systems.map(({ records, ...rest }) => ({
      ...rest,
      records: records.map(({ columns }) => ({ columns: columns.map((values) => values.slice(0, 90)) })),
    }));
    const root = ([sum]: readonly number[], count: number) => Math.sqrt(Math.max(0, sum! / count));
    const contests = [
      { systems, score: mean },
      { systems: shorter, score: mean },
      { systems: [...systems].reverse(), score: root },
    ];
    const options = { resamples: 500 };
    expect(compareContests(contests, options)).toEqual(
      contests.map((contest) => compareMany(contest.systems, contest.score, options)),
    );
  });

  test('are ranked, compared in pairs and grouped', () => {
    const systems = [system('worst', -1), system('good', 0.5), system('better', 0.501), system('middle', 0)];
    const { ranking, pairs, tieGroups: groups } = compareMany(systems, mean, { resamples: 2000 });
    expect(ranking.map(({ letters }) => letters)).toEqual(['a', 'a', 'b', 'c']);
    expect(ranking.map(({ id }) => id).slice(2)).toEqual(['middle', 'worst']);
    expect(groups.map((group) => group.length)).toEqual([2, 1, 1]);
    expect(pairs).toHaveLength(6);
    for (const { difference, low, high, significant, p, adjustedP } of pairs) {
      expect(difference).toBeGreaterThanOrEqual(0);
      expect(significant).toBe(adjustedP <= 0.05);
      expect(adjustedP).toBeGreaterThanOrEqual(p);
      if (significant) expect(low).toBeGreaterThan(0);
      expect(high).toBeGreaterThan(difference);
    }
  });

  test('a difference that Holm takes away is a tie', () => {
    // Two of three systems are equal; the third differs by about two standard errors: p around .03 is too much for three pairs.
    const values = (seed: number, gain: number) => {
      const own = randomStream(seed, 'holm pair');
      return Float64Array.from({ length: 100 }, () => gain + own.normal());
    };
    const systems = [
      { id: 'a', rankBy: 2, records: [{ columns: [values(1, 0.3)] }] },
      { id: 'b', rankBy: 1, records: [{ columns: [values(2, 0)] }] },
      { id: 'c', rankBy: 0, records: [{ columns: [values(3, 0)] }] },
    ];
    const { pairs } = compareMany(systems, mean, { resamples: 2000 });
    const sorted = pairs.map(({ p }) => p).toSorted((a, b) => a - b);
    const smallest = pairs.find(({ p }) => p === sorted[0])!;
    expect(smallest.adjustedP).toBeCloseTo(Math.min(1, 3 * sorted[0]!), 12);
  });
});
