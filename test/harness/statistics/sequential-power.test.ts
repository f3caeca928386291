import { describe, expect, test } from 'vitest';
import { spendingPlan } from '../../../harness/statistics/alpha-spending.js';
import { sequentialDecision } from '../../../harness/statistics/sequential.js';
import { chancesWithLooks } from '../../../harness/statistics/sequential-power.js';
import { scaledLooks, seedsForPowerWithLooks } from '../../../harness/statistics/sequential-seeds.js';
import { studentTQuantile } from '../../../harness/statistics/student-t.js';
import { seedsForPower, verdictChances } from '../../../harness/statistics/verdict-power.js';
import { normalDistribution, normalQuantile } from '../../../metrics/numerics/normal-distribution.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

const words = ['reproduced', 'ruled-out', 'contradicted'] as const;

/** The rule, written out once more: the look that ends it, and its word; undefined where all are open. */
function ending(
  effects: readonly number[],
  { looks, critical, margin }: { looks: readonly number[]; critical: readonly number[]; margin: number },
): { readonly look: number; readonly word: (typeof words)[number] } | undefined {
  for (const [look, n] of looks.entries()) {
    const mean = effects.slice(0, n).reduce((sum, effect) => sum + effect, 0) / n;
    const squares = effects.slice(0, n).reduce((sum, effect) => sum + (effect - mean) ** 2, 0);
    const halfWidth = critical[look]! * Math.sqrt(squares / (n - 1) / n);
    if (mean - halfWidth > 0 && mean >= margin) return { look, word: 'reproduced' };
    if (mean + halfWidth < 0) return { look, word: 'contradicted' };
    if (mean + halfWidth < margin) return { look, word: 'ruled-out' };
  }
  return undefined;
}

const criticalValues = (alpha: number, looks: readonly number[]) =>
  spendingPlan({ alpha, looks }).map(({ n, level }) =>
    level === 0 ? Number.POSITIVE_INFINITY : studentTQuantile(1 - level / 2, n - 1),
  );

describe('the chances of the words at each look', () => {
  test.each([
    { looks: [4, 8], alpha: 0.025, margin: 1.2, effect: 0 },
    { looks: [4, 8], alpha: 0.025, margin: 1.2, effect: 1.8 },
    { looks: [10, 20], alpha: 0.05 / 3, margin: 0.5, effect: 0.75 },
    { looks: [6, 7, 8], alpha: 0.05, margin: 1, effect: 0.5 },
    { looks: [5, 10], alpha: 0.05, margin: 0.4, effect: -0.6 },
  ])('are those of simulated seeds: %o', ({ looks, alpha, margin, effect }) => {
    const trials = 40_000;
    const critical = criticalValues(alpha, looks);
    const stream = randomStream(7, 'looks', String(looks), String(effect));
    const counts = looks.map(() => ({ reproduced: 0, 'ruled-out': 0, contradicted: 0 }));
    let seeds = 0;
    for (let trial = 0; trial < trials; trial++) {
      const effects = Array.from({ length: looks.at(-1)! }, () => effect + stream.normal());
      const end = ending(effects, { looks, critical, margin });
      if (end !== undefined) counts[end.look]![end.word]++;
      seeds += looks[end?.look ?? looks.length - 1]!;
    }
    const chances = chancesWithLooks({ alpha, looks })({ standardDeviation: 1, margin })(effect);
    expect(chances.standardError).toBeLessThan(0.0006);
    const close = (frequency: number, chance: number, what: string) => {
      const error = Math.sqrt((chance * (1 - chance)) / trials) + chances.standardError;
      expect(Math.abs(frequency - chance), what).toBeLessThan(4 * error + 1e-4);
    };
    chances.looks.forEach((look, index) => {
      expect(look.seeds).toBe(looks[index]);
      close(counts[index]!.reproduced / trials, look.reproduced, `reproduced at ${look.seeds}`);
      close(counts[index]!['ruled-out'] / trials, look.ruledOut, `ruled out at ${look.seeds}`);
      close(counts[index]!.contradicted / trials, look.contradicted, `contradicted at ${look.seeds}`);
    });
    const reach = looks.at(-1)! - looks[0]!;
    expect(Math.abs(seeds / trials - chances.expectedSeeds)).toBeLessThan(
      4 * reach * (0.5 / Math.sqrt(trials) + chances.standardError),
    );
  });

  test('are those of the rule that decides', () => {
    const [looks, alpha, margin] = [[4, 6], 0.05, 0.8];
    const rule = { looks, critical: criticalValues(alpha, looks), margin };
    const stream = randomStream(8, 'decisions');
    const seen = new Set<string>();
    for (let trial = 0; trial < 18; trial++) {
      const effects = Array.from({ length: 6 }, () => [-0.9, 0, 1.6][trial % 3]! + 0.6 * stream.normal());
      const end = ending(effects, rule);
      const claim = {
        id: 'a',
        metric: 'accuracy',
        comparison: 'a minus b',
        test: 'paired',
        direction: 'greater',
        margin,
        alpha,
      } as const;
      const decisions = looks.map(
        (n) => sequentialDecision([{ ...claim, effects: effects.slice(0, n) }], { looks }).verdict,
      );
      const first = decisions.findIndex((verdict) => verdict !== 'inconclusive');
      expect([first, decisions[first]]).toEqual([end?.look ?? -1, end?.word]);
      seen.add(`${first} ${decisions[first]}`);
    }
    expect(seen.size).toBeGreaterThan(3);
  });

  test('are those of a normal process for many seeds, integrated over the mean at the first look', () => {
    const [n, alpha, margin] = [4000, 0.05, 0.0424];
    const looks = [n, 2 * n];
    const [z1, z2] = spendingPlan({ alpha, looks }).map(({ level }) => normalQuantile(1 - level / 2));
    const [error1, error2] = [1 / Math.sqrt(n), 1 / Math.sqrt(2 * n)];
    const chancesOf = chancesWithLooks({ alpha, looks })({ standardDeviation: 1, margin });
    for (const effect of [0, 0.5 * margin, margin, 1.5 * margin]) {
      const [from, to] = [margin - z1! * error1, Math.max(margin, z1! * error1)];
      const reached = Math.max(margin, z2! * error2);
      let [ruledOut, reproduced] = [0, 0];
      const pieces = 4000;
      for (let piece = 0; piece < pieces; piece++) {
        const low = from + (piece * (to - from)) / pieces;
        const mean = low + (to - from) / pieces / 2;
        const weight =
          normalDistribution((low + (to - from) / pieces - effect) / error1) -
          normalDistribution((low - effect) / error1);
        // The mean of the seeds that are added, which has to make up for the first.
        const below = (end: number) => normalDistribution((2 * end - mean - effect) / error1);
        ruledOut += weight * (below(margin - z2! * error2) - below(-z2! * error2));
        reproduced += weight * (1 - below(reached));
      }
      const [first, last] = chancesOf(effect).looks;
      expect(Math.abs(first!.reproduced - normalDistribution((effect - to) / error1))).toBeLessThan(0.002);
      expect(Math.abs(last!.ruledOut - ruledOut)).toBeLessThan(0.002);
      expect(Math.abs(last!.reproduced - reproduced)).toBeLessThan(0.002);
    }
  });

  test('of one look are the ones of all seeds at once', () => {
    const rule = { standardDeviation: 0.3, margin: 0.2 };
    const chances = chancesWithLooks({ alpha: 0.04, looks: [9] })(rule)(0.1);
    expect(chances).toMatchObject(verdictChances({ ...rule, n: 9, alpha: 0.04, effect: 0.1 }));
    expect(chances).toMatchObject({ expectedSeeds: 9, standardError: 0 });
  });

  test('of looks that leave nothing to decide with are those of the last, and the error is spent, not exceeded', () => {
    const rule = { standardDeviation: 1, margin: 0.5 };
    const chances = chancesWithLooks({ alpha: 0.05, looks: [2, 30] })(rule)(0.2);
    const exact = verdictChances({ ...rule, n: 30, alpha: 0.05, effect: 0.2 });
    expect(chances.looks[0]).toEqual({ seeds: 2, reproduced: 0, ruledOut: 0, contradicted: 0 });
    for (const word of ['reproduced', 'ruledOut', 'contradicted', 'inconclusive'] as const) {
      expect(Math.abs(chances[word] - exact[word])).toBeLessThan(0.001);
    }
    const looks = [6, 8, 10, 12];
    const spent = chancesWithLooks({ alpha: 0.05, looks })({ standardDeviation: 1, margin: 3 });
    // With a margin that no look can exclude by chance, ends below it are the errors of one family alone.
    const atMargin = spent(3);
    expect(Math.abs(atMargin.ruledOut + atMargin.contradicted - 0.025)).toBeLessThan(0.001);
  });

  test('depend on no unit', () => {
    const chancesOf = chancesWithLooks({ alpha: 0.05, looks: [4, 8] });
    const one = chancesOf({ standardDeviation: 0.2, margin: 0.3 })(0.1);
    const thousand = chancesOf({ standardDeviation: 200, margin: 300 })(100);
    expect(thousand.reproduced).toBeCloseTo(one.reproduced, 9);
    expect(thousand.expectedSeeds).toBeCloseTo(one.expectedSeeds, 9);
  });
});

describe('the seeds that a plan with looks needs', () => {
  const rule = { standardDeviation: 0.2, margin: 0.2, alpha: 0.05 };

  test('are the first that suffice with looks at the same shares', () => {
    const question = { ...rule, looks: [4, 8], power: 0.8, max: 1000 };
    const seeds = seedsForPowerWithLooks(question)!;
    const suffices = (n: number) => {
      const chancesOf = chancesWithLooks({ alpha: rule.alpha, looks: scaledLooks([4, 8], n) })(rule);
      const none = chancesOf(0);
      return Math.min(none.ruledOut + none.contradicted, chancesOf(0.3).reproduced) >= 0.8;
    };
    expect([suffices(seeds - 1), suffices(seeds)]).toEqual([false, true]);
    // Looks at half of the seeds cost next to nothing by this spending.
    expect(Math.abs(seeds - seedsForPower(rule)!)).toBeLessThanOrEqual(1);
  });

  test('are those of all seeds at once without looks, and undefined where the most do not suffice', () => {
    expect(seedsForPowerWithLooks({ ...rule, looks: [8], power: 0.8, max: 1000 })).toBe(seedsForPower(rule));
    const tooFew = { ...rule, margin: 0.001, looks: [4, 8], power: 0.8, max: 100 };
    expect(seedsForPowerWithLooks(tooFew)).toBeUndefined();
  });

  test('have looks at the same shares', () => {
    expect(scaledLooks([4, 8], 11)).toEqual([6, 11]);
    expect(scaledLooks([10, 20], 3)).toEqual([2, 3]);
    expect(scaledLooks([10, 20], 2)).toEqual([2]);
  });
});
