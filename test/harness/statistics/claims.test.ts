import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, decideClaims } from '../../../harness/statistics/claims.js';
import { pairedStatistics } from '../../../harness/statistics/paired-seeds.js';
import type { Verdict } from '../../../harness/statistics/verdict-rule.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

const claim = (id: string, effects: readonly number[], changes: Partial<Claim> = {}): Claim => ({
  id,
  metric: 'CIDEr-D',
  comparison: '“no mask” minus “mask”',
  test: 'paired',
  direction: 'greater',
  margin: 0.1,
  alpha: 0.05,
  effects,
  ...changes,
});

const strong = [0.57, 0.42, 0.78, 0.36, 0.53, 0.46];
const opposite = strong.map((effect) => -effect);
/** Two-sided t p = .04: enough alone, not enough among two. */
const weak = [0.9, -0.05, 0.7, 0.05, 0.6, 0.35];

describe('one claim', () => {
  test('is decided at its full α, on the interval of the paired statistics', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 2, maxLength: 8 }),
        fc.constantFrom('greater', 'less'),
        (hundredths, direction) => {
          const effects = hundredths.map((value) => value / 100);
          const pairs = effects.map((effect, seed) => ({ seed, treatment: effect, control: 0 }));
          const { meanDifference, confidence, tTest, signFlip } = pairedStatistics(pairs, { alpha: 0.05 });
          const { claims, ...finding } = decideClaims([claim('a', effects, { direction })]);
          expect(claims[0]).toMatchObject({ ...finding, level: 0.05 });
          expect(claims[0]!.statistics).toMatchObject({ mean: meanDifference, confidence, tTest, signFlip });
          expect(claims[0]!.holm).toBeUndefined();
        },
      ),
    );
  });

  test('names a trend as one', () => {
    const { sentence } = decideClaims([claim('a', strong, { test: 'trend', comparison: 'gain from 0 % to 50 %' })]);
    expect(sentence).toMatch(/^Reproduced: CIDEr-D, gain from 0 % to 50 %, is \+0\.520 \(95 % CI .* over 6 seeds\.$/);
  });
});

describe('several claims', () => {
  test('are all needed, each at its level of the step-down', () => {
    const decision = decideClaims([
      claim('a', strong),
      claim(
        'b',
        strong.map((effect) => effect + 0.1),
      ),
    ]);
    expect(decision.verdict).toBe('reproduced');
    expect(decision.sentence).toBe(
      'Reproduced: all 2 claims are reproduced (corrected by Holm over 2 claims at α = 0.05).',
    );
    expect(decision.claims.map(({ level }) => level)).toEqual([0.05, 0.025]);
    expect(decision.claims[1]!.statistics.confidence.level).toBe(0.975);
    expect(decision.reasons).toEqual(decision.claims.map(({ sentence, reasons: [why] }) => `${sentence} ${why}`));
  });

  test('a claim that would pass alone fails the corrected level', () => {
    expect(decideClaims([claim('a', weak)]).verdict).toBe('reproduced');
    const [first, second] = decideClaims([claim('a', weak), claim('b', weak)]).claims;
    expect([first!.verdict, second!.verdict]).toEqual(['inconclusive', 'inconclusive']);
    expect(first!.holm!.adjustedP).toBeCloseTo(2 * first!.statistics.tTest.p!, 12);
    // Beside a strong claim it is compared with the full α.
    expect(decideClaims([claim('a', weak), claim('b', strong)]).claims[0]!.verdict).toBe('reproduced');
  });

  test('are contradicted as soon as one of them is', () => {
    const decision = decideClaims([claim('a', strong), claim('b', opposite), claim('c', weak)]);
    expect(decision.verdict).toBe('contradicted');
    expect(decision.sentence).toContain('of 3 claims, 1 is reproduced, 1 contradicted and 1 inconclusive');
  });

  test('smoke runs decide nothing', () => {
    const { verdict, claims } = decideClaims([claim('a', strong), claim('b', strong)], { smoke: true });
    expect([verdict, ...claims.map((decision) => decision.verdict)]).toEqual(new Array(3).fill('inconclusive'));
  });

  test('verdicts fit the intervals that are shown', () => {
    const effects = fc.array(fc.integer({ min: -40, max: 60 }), { minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(effects, { minLength: 2, maxLength: 4 }), (all) => {
        const claims = all.map((values, index) =>
          claim(
            `${index}`,
            values.map((value) => value / 100),
          ),
        );
        for (const { verdict, statistics, level, holm } of decideClaims(claims).claims) {
          const { mean, confidence, degenerate } = statistics;
          if (degenerate) expect(verdict).toBe('inconclusive');
          else if (confidence.low > 0 && mean >= 0.1) expect(verdict).toBe('reproduced');
          else if (confidence.high >= 0.1) expect(verdict).toBe('inconclusive');
          // Ruled out at the level of its own family, which may be less strict than that of an effect against the claim.
          else expect(verdict).toBe(holm!.against === 'no opposite effect' ? 'contradicted' : 'ruled-out');
          if (verdict === 'contradicted') expect(confidence.high).toBeLessThan(0);
          if (verdict !== 'inconclusive') expect(holm!.adjustedP).toBeLessThanOrEqual(0.05);
          if (verdict === 'reproduced') expect(holm!.against).toBe('no effect');
          if (verdict === 'ruled-out') expect(holm!.against).toBe('benefit of the margin');
          expect(level).toBeGreaterThanOrEqual(0.05 / claims.length);
        }
      }),
    );
  });
});

describe('by simulation, over three claims with common noise', () => {
  const trials = 2000;
  const tolerance = 4 * Math.sqrt((0.025 * 0.975) / trials);

  /** Share of trials in which any claim gets the verdict; the claims' effects share half of their variance. */
  function shareOf(wrong: readonly Verdict[], means: readonly number[], seeds: number): number {
    const stream = randomStream(seeds, 'claims', wrong[0]!, ...means);
    let count = 0;
    for (let trial = 0; trial < trials; trial++) {
      const common = Array.from({ length: seeds }, () => stream.normal());
      const claims = means.map((mean, index) =>
        claim(
          `${index}`,
          common.map((value) => mean + Math.SQRT1_2 * (value + stream.normal())),
          { margin: 0.2 },
        ),
      );
      if (decideClaims(claims).claims.some(({ verdict }) => wrong.includes(verdict))) count++;
    }
    return count / trials;
  }

  test.each([3, 6, 10])('a false verdict on any claim is no likelier than α/2 with %i seeds', (seeds) => {
    const none = shareOf(['reproduced'], [0, 0, 0], seeds);
    expect(none).toBeLessThan(0.025 + tolerance);
    expect(none).toBeGreaterThan(0);
    // True benefits of just the margin: excluding any of them is wrong.
    const atMargin = shareOf(['ruled-out', 'contradicted'], [0.2, 0.2, 0.2], seeds);
    expect(atMargin).toBeLessThan(0.025 + tolerance);
    expect(atMargin).toBeGreaterThan(0);
  });

  test('also where all pass the step-down against 0 with certainty', () => {
    const seeds = 6;
    const stream = randomStream(seeds, 'claims at a large margin');
    let count = 0;
    for (let trial = 0; trial < trials; trial++) {
      const claims = [0, 1, 2].map((index) =>
        claim(
          `${index}`,
          Array.from({ length: seeds }, () => 50 + stream.normal()),
          { margin: 50 },
        ),
      );
      if (decideClaims(claims).claims.some(({ verdict }) => verdict === 'ruled-out')) count++;
    }
    expect(count / trials).toBeLessThan(0.025 + tolerance);
    expect(count / trials).toBeGreaterThan(0.025 - tolerance);
  });
});
