import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Claim, decideClaims } from '../../../harness/statistics/claims.js';
import { pairedStatistics } from '../../../harness/statistics/paired-seeds.js';
import type { Decision } from '../../../harness/statistics/verdict.js';
import type { Verdict } from '../../../harness/statistics/verdict-rule.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import type { FindingReportView } from '../../../reports/index.js';

const rule: Omit<Claim, 'effects'> = {
  id: 'claim',
  metric: 'CIDEr-D',
  direction: 'greater',
  margin: 0.1,
  alpha: 0.05,
  comparison: '“no mask” minus “mask”',
  test: 'paired',
};

function verdictOn(differences: readonly number[], changes: Partial<Claim> = {}, smoke = false): Decision {
  // As they come out of scores near 5, with the rounding that this brings.
  const effects = differences.map((difference) => 5 + difference - 5);
  return decideClaims([{ ...rule, effects, magnitude: 6, ...changes }], { smoke });
}

describe('the verdict', () => {
  test('is reproduced when the interval clears 0 and the mean reaches the margin', () => {
    const decision = verdictOn([0.57, 0.42, 0.78, 0.36, 0.53, 0.06]);
    expect(decision.verdict).toBe('reproduced');
    expect(decision.sentence).toBe(
      'Reproduced: CIDEr-D, “no mask” minus “mask”, is +0.453 (95 % CI +0.200 to +0.706, paired t p = .006, sign-flip p = .031) over 6 paired seeds.',
    );
    expect(decision.reasons).toEqual([
      'The 95 % interval lies entirely on the claimed side of 0.',
      'The mean difference reaches the margin of 0.1.',
      'The exact sign-flip test, which assumes no normal distribution, agrees (p = .031).',
    ]);
  });

  test('is contradicted when the interval lies on the other side of 0', () => {
    const { verdict, sentence } = verdictOn([-0.57, -0.42, -0.78, -0.36, -0.53, -0.3]);
    expect(verdict).toBe('contradicted');
    expect(sentence).toMatch(/over 6 paired seeds\. A benefit of 0\.1 is excluded too\.$/);
    expect(verdictOn([-0.05, -0.04, -0.06, -0.05, -0.03, -0.05]).sentence).toMatch(
      /A benefit of 0\.1 is excluded too; the effect is the opposite of the claim, but smaller than 0\.1\.$/,
    );
  });

  test('is ruled out when a benefit of the margin is excluded, even if some benefit is certain', () => {
    const { verdict, reasons, sentence } = verdictOn([0.02, 0.03, 0.025, 0.02, 0.03, 0.022]);
    expect(verdict).toBe('ruled-out');
    expect(sentence).toMatch(
      /^Ruled out: .* over 6 paired seeds\. The effect is real, but smaller than the margin of 0\.1\.$/,
    );
    expect(reasons[0]).toBe(
      'The 95 % interval lies entirely below the margin of 0.1: a benefit of that size is excluded.',
    );
  });

  test('that excludes the margin asks the sign-flip test about the margin, not about 0', () => {
    // Four of the six lie below the margin by .12 to .14, one by .243 and one above it by .033: |sum| is reached by 4 of 64 patterns.
    const { verdict, reasons } = verdictOn([-0.035, -0.03, -0.025, 0.133, -0.021, -0.143]);
    expect(verdict).toBe('ruled-out');
    expect(reasons.at(-1)).toBe(
      'The exact sign-flip test about a benefit of 0.1, which assumes no normal distribution, does not agree (p = .063); read the verdict with care.',
    );
    const { reasons: clear } = verdictOn([0.02, 0.03, 0.025, 0.02, 0.03, 0.022]);
    expect(clear.at(-1)).toContain('about a benefit of 0.1, which assumes no normal distribution, agrees (p = .031)');
  });

  test('without spread says nothing of a test that was not made', () => {
    expect(verdictOn([0.3, 0.3, 0.3, 0.3, 0.3, 0.3]).reasons.join(' ')).not.toContain('sign-flip');
  });

  test('is inconclusive when the interval holds 0 and the margin', () => {
    expect(verdictOn([0.6, -0.4, 0.5, -0.3, 0.4, 0.1]).verdict).toBe('inconclusive');
  });

  test('is inconclusive when an effect is certain and the margin is neither reached nor excluded', () => {
    expect(verdictOn([0.05, 0.12, 0.08, 0.11, 0.03, 0.13], { margin: 0.1 }).verdict).toBe('inconclusive');
  });

  test('mirrors with the direction of the claim', () => {
    const differences = [0.57, 0.42, 0.78, 0.36, 0.53, 0.06];
    const mirrored = differences.map((difference) => -difference);
    expect(verdictOn(mirrored, { direction: 'less' }).verdict).toBe('reproduced');
    expect(verdictOn(differences, { direction: 'less' }).verdict).toBe('contradicted');
  });

  test('is never conclusive for a smoke run or for differences without spread', () => {
    expect(verdictOn([0.57, 0.42, 0.78, 0.36, 0.53, 0.46], {}, true).verdict).toBe('inconclusive');
    expect(verdictOn([0, 0, 0, 0, 0, 0]).verdict).toBe('inconclusive');
    const { verdict, sentence, reasons } = verdictOn([0.3, 0.3, 0.3]);
    expect(verdict).toBe('inconclusive');
    expect(sentence).toContain('paired t without p, as the seeds do not differ');
    expect(reasons[0]).toContain('the t test gives no p');
  });

  test('says that few seeds cannot reach significance by sign-flip', () => {
    expect(verdictOn([0.57, 0.42, 0.78, 0.36, 0.53]).reasons.at(-1)).toBe(
      '5 seeds are too few for the sign-flip test to reach p ≤ 0.05: its smallest p is 0.0625.',
    );
    expect(verdictOn([0.57, 0.42, 0.78, 0.36, 0.53, 0.2]).reasons.at(-1)).toContain('agrees');
  });
});

describe('by simulation', () => {
  const trials = 4000;
  /** Four standard errors of a share of 0.05 over the trials: a false alarm once in about 16,000. */
  const tolerance = 4 * Math.sqrt((0.05 * 0.95) / trials);

  test.each([3, 6, 10])('coverage and error rates are as stated with %i seeds', (seeds) => {
    const stream = randomStream(seeds, 'verdict simulation');
    const margin = 0.2;
    const count = { covered: 0, rejected: 0, reproduced: 0, excludedAtMargin: 0 };
    for (let trial = 0; trial < trials; trial++) {
      const noise = Array.from({ length: seeds }, () => stream.normal());
      const pairs = noise.map((value, index) => ({ seed: index, treatment: value, control: 0 }));
      const none = pairedStatistics(pairs, { alpha: 0.05 });
      if (none.confidence.low <= 0 && none.confidence.high >= 0) count.covered++;
      if (none.tTest.p! <= 0.05) count.rejected++;
      if (decideClaims([{ ...rule, margin, effects: noise }]).verdict === 'reproduced') count.reproduced++;
      const atMargin = decideClaims([{ ...rule, margin, effects: noise.map((value) => value + margin) }]);
      if (['ruled-out', 'contradicted'].includes(atMargin.verdict)) count.excludedAtMargin++;
    }
    expect(Math.abs(count.covered / trials - 0.95)).toBeLessThan(tolerance);
    expect(Math.abs(count.rejected / trials - 0.05)).toBeLessThan(tolerance);
    expect(count.reproduced / trials).toBeLessThan(0.025 + tolerance);
    expect(count.reproduced).toBeGreaterThan(0);
    expect(count.excludedAtMargin / trials).toBeLessThan(0.025 + tolerance);
    expect(count.excludedAtMargin).toBeGreaterThan(0);
  });
});

test('the verdicts that are decided are those that pages know', () => {
  expectTypeOf<NonNullable<FindingReportView['verdict']>['verdict']>().toEqualTypeOf<Verdict>();
});
