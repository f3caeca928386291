import { describe, expect, test } from 'vitest';
import { studentTQuantile } from '../../../harness/statistics/student-t.js';
import {
  chanceToReproduce,
  chanceToRuleOut,
  seedsForPower,
  spreadUpperBound,
  verdictChances,
} from '../../../harness/statistics/verdict-power.js';
import { normalDistribution, normalQuantile } from '../../../metrics/numerics/normal-distribution.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

type Word = 'reproduced' | 'contradicted' | 'ruledOut' | 'inconclusive';

describe('the chances of the words of a verdict', () => {
  // The rule, written out once more: what becomes of simulated seeds.
  function wordOf(effects: readonly number[], margin: number, t: number): Word {
    const n = effects.length;
    const mean = effects.reduce((sum, effect) => sum + effect, 0) / n;
    const halfWidth = t * Math.sqrt(effects.reduce((sum, effect) => sum + (effect - mean) ** 2, 0) / (n - 1) / n);
    if (mean - halfWidth > 0 && mean >= margin) return 'reproduced';
    if (mean + halfWidth < 0) return 'contradicted';
    return mean + halfWidth < margin ? 'ruledOut' : 'inconclusive';
  }

  test.each([
    [6, 0.3, 0.2, 0.15, 0.05],
    [7, 0, 0.2, 0.15, 0.05],
    [12, 0.15, 0.2, 0.233, 0.05 / 3],
    [8, -0.2, 0.1, 0.2, 0.05],
    [2, 1, 0.5, 1, 0.05],
    [20, 0.2, 0.2, 0.1, 0.05],
  ])(
    'are those of simulated seeds: n = %i, effect %f, margin %f, deviation %f, α = %f',
    (n, effect, margin, standardDeviation, alpha) => {
      const trials = 20_000;
      const stream = randomStream(3, 'words', String(n), String(effect));
      const t = studentTQuantile(1 - alpha / 2, n - 1);
      const counts = { reproduced: 0, contradicted: 0, ruledOut: 0, inconclusive: 0 };
      for (let trial = 0; trial < trials; trial++) {
        counts[
          wordOf(
            Array.from({ length: n }, () => effect + standardDeviation * stream.normal()),
            margin,
            t,
          )
        ]++;
      }
      const chances = verdictChances({ n, effect, standardDeviation, margin, alpha });
      for (const word of ['reproduced', 'contradicted', 'ruledOut', 'inconclusive'] as const) {
        const error = Math.sqrt((chances[word] * (1 - chances[word])) / trials);
        expect(Math.abs(counts[word] / trials - chances[word]), word).toBeLessThan(4 * error + 1e-4);
      }
    },
  );

  test('are exactly half of α where the true effect is what is excluded', () => {
    const rule = { standardDeviation: 0.3, margin: 0.2, alpha: 0.04, n: 9 };
    const atMargin = verdictChances({ ...rule, effect: 0.2 });
    expect(atMargin.ruledOut + atMargin.contradicted).toBeCloseTo(0.02, 7);
    expect(verdictChances({ ...rule, effect: 0 }).contradicted).toBeCloseTo(0.02, 7);
    expect(atMargin.reproduced).toBeLessThanOrEqual(0.5);
  });

  test('are normal tails for many seeds', () => {
    const [n, effect, standardDeviation, margin, alpha] = [4000, 0.11, 3, 0.1, 0.05];
    const standardError = standardDeviation / Math.sqrt(n);
    const z = normalQuantile(1 - alpha / 2);
    const chances = verdictChances({ n, effect, standardDeviation, margin, alpha });
    expect(chances.reproduced).toBeCloseTo(
      normalDistribution((effect - Math.max(margin, z * standardError)) / standardError),
      3,
    );
    expect(chances.contradicted).toBeCloseTo(normalDistribution(-effect / standardError - z), 3);
    expect(chances.ruledOut + chances.contradicted).toBeCloseTo(
      normalDistribution((margin - effect) / standardError - z),
      3,
    );
  });

  // Figures of a pilot of finding 1, computed apart from this code, for a spread of 0.15 and its upper bound.
  test.each([
    [7, 0.15, 0.83],
    [10, 0.15, 0.96],
    [12, 0.15, 0.99],
    [7, 0.233, 0.48],
    [10, 0.233, 0.68],
    [12, 0.233, 0.77],
  ])('of %i seeds that differ by %f to rule a margin of 0.2 out are %f', (n, standardDeviation, chance) => {
    expect(chanceToRuleOut({ n, standardDeviation, margin: 0.2, alpha: 0.05 })).toBeCloseTo(chance, 2);
  });

  test('add up to one, and depend on the unit of nothing', () => {
    const rule = { n: 6, standardDeviation: 0.2, margin: 0.3, alpha: 0.05, effect: 0.1 };
    const chances = verdictChances(rule);
    expect(Object.values(chances).reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12);
    const scaled = verdictChances({ ...rule, standardDeviation: 200, margin: 300, effect: 100 });
    for (const word of Object.keys(chances) as Word[]) expect(scaled[word]).toBeCloseTo(chances[word], 10);
  });

  test('are refused for one seed, no spread and a margin below 0', () => {
    const rule = { n: 6, standardDeviation: 1, margin: 1, alpha: 0.05, effect: 0 };
    for (const wrong of [{ n: 1 }, { standardDeviation: 0 }, { margin: -1 }]) {
      expect(() => verdictChances({ ...rule, ...wrong })).toThrow(RangeError);
    }
  });
});

describe('the seeds that decide', () => {
  test('are the first for which no effect is ruled out and one of 1.5 margins reproduced', () => {
    for (const [standardDeviation, alpha] of [
      [0.15, 0.05],
      [0.233, 0.05],
      [0.2, 0.05 / 3],
    ] as const) {
      const rule = { standardDeviation, margin: 0.2, alpha };
      const seeds = seedsForPower(rule)!;
      const suffices = (n: number) =>
        chanceToRuleOut({ ...rule, n }) >= 0.8 && chanceToReproduce({ ...rule, n }) >= 0.8;
      expect([suffices(seeds - 1), suffices(seeds)]).toEqual([false, true]);
    }
  });

  test('are undefined where the most do not suffice, and without a margin', () => {
    expect(seedsForPower({ standardDeviation: 1, margin: 0.01, alpha: 0.05, max: 100 })).toBeUndefined();
    expect(seedsForPower({ standardDeviation: 1, margin: 0, alpha: 0.05 })).toBeUndefined();
  });
});

describe('the upper bound of a spread', () => {
  test('of five seeds that differ by 0.15 is 0.233', () => {
    // χ²(.2, 4) is 1.6488 in printed tables.
    expect(spreadUpperBound({ standardDeviation: 0.15, degreesOfFreedom: 4 })).toBeCloseTo(
      0.15 * Math.sqrt(4 / 1.6488),
      4,
    );
  });

  test('covers the true spread in four of five pilots', () => {
    const [trials, n] = [20_000, 5];
    const stream = randomStream(4, 'spread');
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const effects = Array.from({ length: n }, () => stream.normal());
      const mean = effects.reduce((sum, effect) => sum + effect, 0) / n;
      const variance = effects.reduce((sum, effect) => sum + (effect - mean) ** 2, 0) / (n - 1);
      if (spreadUpperBound({ standardDeviation: Math.sqrt(variance), degreesOfFreedom: n - 1 }) >= 1) covered++;
    }
    expect(Math.abs(covered / trials - 0.8)).toBeLessThan(4 * Math.sqrt(0.16 / trials));
  });
});
