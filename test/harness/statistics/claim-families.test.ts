/** Simulated errors of the families that the rule of the verdict asks, for one claim and for three, with all seeds at once and with looks. */
import { describe, expect, test } from 'vitest';
import { spendingPlan } from '../../../harness/statistics/alpha-spending.js';
import { claimFamilies, type FamilySteps, type TestedClaim } from '../../../harness/statistics/claim-families.js';
import { type RandomStream, randomStream } from '../../../reference-model/numerics/random.js';

const alpha = 0.05;
const margin = 0.4;
const trueEffects = [-margin, 0, margin / 2, margin, 1.5 * margin];

interface Setting {
  readonly effects: readonly number[];
  readonly spreads: readonly number[];
  /** Seeds at each look; the last is the end. */
  readonly looks: readonly number[];
  /** One seed's deviation, of mean 0 and variance 1. */
  readonly noise?: (stream: RandomStream) => number;
}

/** Whether a family rejects what is true of an effect. */
function wrong(steps: FamilySteps, effect: number): Readonly<Record<keyof FamilySteps, boolean>> {
  return {
    'no effect': effect <= 0 && steps['no effect'].rejected,
    'benefit of the margin': effect >= margin && steps['benefit of the margin'].rejected,
    'no opposite effect': effect >= 0 && steps['no opposite effect'].rejected,
    equivalence: Math.abs(effect) >= margin && steps.equivalence.rejected,
  };
}

/** Share of trials in which a family is wrong about any claim at any look, whether or not the runs would have ended before. */
function errorsOf({ effects, spreads, looks, noise = (stream) => stream.normal() }: Setting, trials: number) {
  const stream = randomStream(looks.at(-1)!, 'families', ...effects, ...spreads, looks.length);
  const shares = effects.map((_, index) => alpha / (index + 1));
  const plans = new Map(shares.map((share) => [share, spendingPlan({ alpha: share, looks })]));
  const counts = { 'no effect': 0, 'benefit of the margin': 0, 'no opposite effect': 0, equivalence: 0 };
  const families = Object.keys(counts) as (keyof FamilySteps)[];
  for (let trial = 0; trial < trials; trial++) {
    // Half of the variance is common to all claims, as they are measured on the same seeds.
    const common = Array.from({ length: looks.at(-1)! }, () => noise(stream));
    const all = effects.map((effect, index) =>
      common.map((value) => effect + spreads[index]! * Math.SQRT1_2 * (value + noise(stream))),
    );
    const mistaken = new Set<keyof FamilySteps>();
    looks.forEach((seeds, look) => {
      const claims = all.map(
        (values): TestedClaim => ({ direction: 'greater', margin, effects: values.slice(0, seeds) }),
      );
      const nominalLevel = (share: number) => {
        const nearest = shares.reduce((best, known) =>
          Math.abs(known - share) < Math.abs(best - share) ? known : best,
        );
        return plans.get(nearest)![look]!.level;
      };
      claimFamilies(claims, { alpha, nominalLevel }).forEach((steps, index) => {
        const errors = wrong(steps, effects[index]!);
        for (const family of families) if (errors[family]) mistaken.add(family);
      });
    });
    for (const family of mistaken) counts[family]++;
  }
  return families.map((family) => ({ family, error: counts[family] / trials }));
}

const trials = 1500;
/** Four standard errors of α/2 over the trials. */
const tolerance = 4 * Math.sqrt((0.025 * 0.975) / trials);

describe('the error of each family', () => {
  test.each([3, 4, 6, 10, 20])('is at most α/2 for one claim with %i seeds', (seeds) => {
    for (const effect of trueEffects) {
      for (const { family, error } of errorsOf({ effects: [effect], spreads: [0.5], looks: [seeds] }, trials)) {
        expect(error, `${family} at a true effect of ${effect}`).toBeLessThan(0.025 + tolerance);
      }
    }
  });

  test.each([
    [3, [1, 1, 1]],
    [6, [0.2, 1, 3]],
    [12, [3, 0.5, 0.5]],
  ])('is at most α/2 over three claims with %i seeds and spreads of %o', (seeds, spreads) => {
    for (const effect of trueEffects) {
      const mixed = [effect, 0, margin];
      for (const effects of [[effect, effect, effect], mixed]) {
        for (const { family, error } of errorsOf({ effects, spreads, looks: [seeds] }, trials)) {
          expect(error, `${family} at true effects of ${effects}`).toBeLessThan(0.025 + tolerance);
        }
      }
    }
  });

  test.each([
    ['one claim', [0.5], [3, 6]],
    ['one claim', [0.5], [6, 12, 14]],
    ['three claims', [0.2, 1, 3], [6, 12]],
  ])('is at most α/2 with looks, for %s with spreads of %o at %o seeds', (_, spreads, looks) => {
    // Three claims at the effects where every family has something to get wrong.
    for (const effect of spreads.length === 1 ? trueEffects : [0, margin]) {
      const effects = spreads.map(() => effect);
      for (const { family, error } of errorsOf({ effects, spreads, looks }, trials)) {
        expect(error, `${family} at a true effect of ${effect}`).toBeLessThan(0.025 + tolerance);
      }
    }
  });

  test('is α/2 itself where one boundary is all that matters', () => {
    const atNone = errorsOf({ effects: [0], spreads: [1], looks: [6] }, 4 * trials);
    const near = (family: keyof FamilySteps, errors: ReturnType<typeof errorsOf>) =>
      Math.abs(errors.find((one) => one.family === family)!.error - 0.025);
    expect(near('no effect', atNone)).toBeLessThan(tolerance / 2);
    expect(near('no opposite effect', atNone)).toBeLessThan(tolerance / 2);
    const atMargin = errorsOf({ effects: [margin], spreads: [0.05], looks: [6] }, 4 * trials);
    expect(near('benefit of the margin', atMargin)).toBeLessThan(tolerance / 2);
    expect(near('equivalence', atMargin)).toBeLessThan(tolerance / 2);
  });

  test('with skewed effects is larger on the side of the long tail, and smaller on the other', () => {
    // Sums of two exponentials, skewness 1.4: samples without one of the rare large effects lie too low and too close together.
    const skewed = (stream: RandomStream) => -Math.log(1 - stream.uniform()) - 1;
    const errors = (seeds: number) => {
      const found = errorsOf({ effects: [0], spreads: [Math.SQRT2], looks: [seeds], noise: skewed }, trials);
      return Object.fromEntries(found.map(({ family, error }) => [family, error]));
    };
    for (const seeds of [3, 6, 20]) {
      expect(errors(seeds)['no effect']).toBeLessThan(0.025);
      expect(errors(seeds)['no opposite effect']).toBeGreaterThan(0.025);
      expect(errors(seeds)['no opposite effect']).toBeLessThan(0.13);
    }
  });
});
