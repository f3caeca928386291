import { describe, expect, test } from 'vitest';
import { spendingPlan } from '../../../harness/statistics/alpha-spending.js';
import type { Claim } from '../../../harness/statistics/claims.js';
import { sequentialDecision } from '../../../harness/statistics/sequential.js';
import { studentTQuantile } from '../../../harness/statistics/student-t.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

describe('the spending plan', () => {
  test('approaches the boundaries of the normal process for large samples', () => {
    // Five equal looks at two-sided α = .05: boundaries 4.8769, 3.3570, 2.6803, 2.2898, 2.0310 (as ldbounds in R gives them; found again
    // with scipy 1.17 by solving multivariate_normal.cdf for each look).
    const levels = spendingPlan({ alpha: 0.05, looks: [200, 400, 600, 800, 1000] }).map(({ level }) => level);
    [1.0777e-6, 7.879e-4, 7.356e-3, 0.022032, 0.042252].forEach((level, look) => {
      expect(Math.abs(levels[look]! / level - 1)).toBeLessThan(0.005);
    });
  });

  test('spends what the function allows, all of it at the last look', () => {
    const plan = spendingPlan({ alpha: 0.05, looks: [6, 8, 10, 12] });
    expect(plan.map(({ information }) => information)).toEqual([0.5, 8 / 12, 10 / 12, 1]);
    // 2 × (2 − 2Φ(2.2414 ÷ √t)), with scipy 1.17: 4 * norm.sf(norm.isf(0.05 / 4) / t ** 0.5)
    [0.00305065, 0.01209678, 0.02815077, 0.05].forEach((spent, look) => {
      expect(plan[look]!.spent).toBeCloseTo(spent, 8);
    });
    expect(plan[0]!.level).toBe(plan[0]!.spent);
    // Later looks may use more than they add, since most of what they would find was found before, and less than is spent in all.
    for (let look = 1; look < plan.length; look++) {
      expect(plan[look]!.level).toBeGreaterThan(plan[look]!.spent - plan[look - 1]!.spent);
      expect(plan[look]!.level).toBeLessThan(plan[look]!.spent);
    }
  });

  test('of one look is the whole α', () => {
    expect(spendingPlan({ alpha: 0.05, looks: [6] })).toEqual([{ n: 6, information: 1, spent: 0.05, level: 0.05 }]);
  });

  test('decides nothing where there is almost nothing to spend', () => {
    const [first, second] = spendingPlan({ alpha: 0.05, looks: [2, 30] });
    expect(first).toMatchObject({ level: 0, spent: 0 });
    expect(second!.level).toBeCloseTo(0.05, 4);
  });

  test.each([[[8, 6]], [[6, 6]], [[1, 2]], [[]], [[2.5, 4]]])('refuses the looks %o', (looks) => {
    expect(() => spendingPlan({ alpha: 0.05, looks })).toThrow(RangeError);
  });

  test.each([
    [0.05, [6, 8, 10, 12]],
    [0.05, [3, 4, 5, 6]],
    [0.05 / 3, [6, 7, 8, 9, 10, 11, 12]],
  ])('keeps the overall error of the t tests at α = %f over the looks %o', (alpha, looks) => {
    const trials = 40_000;
    const stream = randomStream(looks.length, 'sequential', alpha);
    const critical = spendingPlan({ alpha, looks }).map(({ n, level }) => studentTQuantile(1 - level / 2, n - 1));
    let above = 0;
    for (let trial = 0; trial < trials; trial++) {
      let [n, sum, squares, crossed] = [0, 0, 0, false];
      looks.forEach((look, index) => {
        for (; n < look; n++) {
          const effect = stream.normal();
          sum += effect;
          squares += effect * effect;
        }
        const variance = (squares - (sum * sum) / n) / (n - 1);
        if (sum / Math.sqrt(n * variance) > critical[index]!) crossed = true;
      });
      if (crossed) above++;
    }
    expect(Math.abs(above / trials - alpha / 2)).toBeLessThan(4 * Math.sqrt(alpha / 2 / trials));
  });
});

describe('the sequential rule', () => {
  const looks = [6, 8, 10];
  const claim = (effects: readonly number[], id = 'a'): Claim => ({
    id,
    metric: 'CIDEr-D',
    comparison: '“no mask” minus “mask”',
    test: 'paired',
    direction: 'greater',
    margin: 0.1,
    alpha: 0.05,
    effects,
  });
  const weak = [0.9, -0.05, 0.7, 0.05, 0.6, 0.35];

  test('asks for the next seeds while the finding is inconclusive, with a stricter level at early looks', () => {
    const { verdict, look, nextSeeds, reasons } = sequentialDecision([claim(weak)], { looks });
    // p = .04 would be enough for 6 seeds alone.
    expect(verdict).toBe('inconclusive');
    expect(look).toMatchObject({ number: 1, of: 3, seeds: 6 });
    expect(nextSeeds).toBe(8);
    expect(reasons.at(-1)).toContain('This is look 1 of 3 planned ones (6, 8, 10 seeds)');
  });

  test('ends when the finding is decided, either way', () => {
    const strong = [0.57, 0.52, 0.58, 0.46, 0.53, 0.56];
    expect(sequentialDecision([claim(strong)], { looks })).toMatchObject({ verdict: 'reproduced' });
    expect(sequentialDecision([claim(strong)], { looks }).nextSeeds).toBeUndefined();
    const opposite = strong.map((effect) => -effect);
    expect(sequentialDecision([claim(strong, 'a'), claim(opposite, 'b')], { looks }).verdict).toBe('contradicted');
  });

  test('ends with the plan, and for smoke runs at once', () => {
    const last = sequentialDecision([claim([...weak, -0.8, 0.9, -0.5, 0.2])], { looks });
    expect(last.verdict).toBe('inconclusive');
    expect(last.nextSeeds).toBeUndefined();
    expect(sequentialDecision([claim(weak)], { looks, smoke: true }).nextSeeds).toBeUndefined();
  });

  test('refuses a number of seeds that is no planned look', () => {
    expect(() => sequentialDecision([claim([1, 2, 3])], { looks })).toThrow(RangeError);
    expect(() => sequentialDecision([claim(weak), claim([1, 2], 'b')], { looks })).toThrow(RangeError);
  });
});
