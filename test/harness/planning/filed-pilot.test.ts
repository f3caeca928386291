import { describe, expect, test } from 'vitest';
import { detectableEffects, underpoweredWarnings } from '../../../harness/planning/detectable-effects.js';
import { filedPilots } from '../../../harness/planning/filed-pilot.js';
import { planDocument } from '../../../harness/planning/plan-document.js';
import { planText } from '../../../harness/planning/plan-text.js';
import { chancesWithLooks } from '../../../harness/statistics/sequential-power.js';
import { chanceToReproduce, chanceToRuleOut } from '../../../harness/statistics/verdict-power.js';
import { type Pilot, pilotSchema } from '../../../harness/suite/pilot-schema.js';
import { type Plan, planSuite } from '../../../harness/suite/plan.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { temporaryFolder } from '../fake/fake-runs.js';
import { suiteOf } from '../report/fabricated-records.js';
import { level, paired } from '../report/made-up-suites.js';

const doses = {
  dose: {
    label: 'dose',
    levels: { none: level('none', { value: 0 }), some: level('some', { value: 1 }), much: level('much', { value: 3 }) },
  },
};
const suite = suiteOf({
  factors: doses,
  hypotheses: [
    paired('pair', {
      treatment: 'much',
      control: 'none',
      margin: 0.2,
      pilot: { standardDeviation: 9, source: 'elsewhere' },
    }),
    {
      id: 'line',
      statement: 'line holds',
      metric: 'accuracy',
      direction: 'greater',
      margin: 0.5,
      alpha: 0.05,
      test: 'trend',
      factor: 'dose',
    },
  ],
});

/** By arm, one score a seed; those at another rate must not count. */
const scores: Readonly<Record<string, readonly number[]>> = {
  none: [0.1, 0.2, 0.1],
  some: [0.3, 0.2, 0.4],
  much: [0.6, 0.5, 0.9],
};
const pilot: Pilot = pilotSchema.parse({
  schemaVersion: 1,
  suite: suite.id,
  dataSet: 'tiny-scenes',
  split: 'validation',
  code: 'none',
  ran: '2026-01-02',
  recipes: [{ recipe: 'this', outcome: 'good', chosen: true }],
  choice: 'Power.',
  scaled: [],
  runs: [1, 2].flatMap((rate) =>
    Object.entries(scores).flatMap(([arm, values]) =>
      values.map((accuracy, index) => ({
        rate,
        arm,
        seed: 910001 + index,
        scores: { accuracy: accuracy * rate ** index },
      })),
    ),
  ),
});
const planWith = (content: Pilot, changes: Partial<Suite> = {}): Plan =>
  planSuite({ ...suite, ...changes }, { origin: { files: [], suite: '', pilot: { digest: '', content } } });

const deviation = (effects: readonly number[]): number => {
  const mean = effects.reduce((sum, effect) => sum + effect, 0) / effects.length;
  return Math.sqrt(effects.reduce((sum, effect) => sum + (effect - mean) ** 2, 0) / (effects.length - 1));
};

describe('the spread that a pilot file shows', () => {
  const plan = planWith(pilot);
  const pilotOf = filedPilots(plan);

  test('is that of the paired differences of the chosen recipe', () => {
    const differences = [0.6 - 0.1, 0.5 - 0.2, 0.9 - 0.1];
    expect(pilotOf(plan.hypotheses[0]!)).toMatchObject({
      standardDeviation: expect.closeTo(deviation(differences), 12),
      degreesOfFreedom: 2,
      source: expect.stringContaining('3 seeds of the pilot of 2026-01-02'),
    });
  });

  test('is that of the gains of the fitted lines for a trend', () => {
    // Slope × 3 by hand: doses 0, 1, 3 have mean 4/3 and a sum of squares of 42/9.
    const gains = [0, 1, 2].map((index) => {
      const products = [-4 / 3, -1 / 3, 5 / 3].map(
        (dose, arm) => dose * scores[['none', 'some', 'much'][arm]!]![index]!,
      );
      return (products.reduce((sum, product) => sum + product, 0) / (42 / 9)) * 3;
    });
    expect(pilotOf(plan.hypotheses[1]!)?.standardDeviation).toBeCloseTo(deviation(gains), 12);
  });

  test('says nothing of other data, nor where all seeds agree', () => {
    expect(filedPilots({ ...plan, dataSet: 'easy-vqa' })(plan.hypotheses[0]!)).toBeUndefined();
    const alike = { ...pilot, runs: pilot.runs.map((run) => ({ ...run, scores: { accuracy: 0.5 } })) };
    expect(filedPilots(planWith(alike))(plan.hypotheses[0]!)).toBeUndefined();
  });

  test('goes before what the suite states, and gives the chances of a verdict at its upper bound as well', async () => {
    const document = await planDocument(plan, {
      engine: 'auto',
      calibrate: false,
      onCalibration: () => {},
      out: temporaryFolder(),
    });
    const [pair] = document.detectable;
    const powers = pair!.verdict!.powers;
    expect(pair!.verdict!.alpha).toBe(0.05 / 2);
    expect(powers.map(({ spread }) => spread)).toEqual(['estimate', 'upper bound']);
    // χ²(.2, 2) = −2 ln .8.
    const [estimate, bound] = powers.map(({ standardDeviation }) => standardDeviation);
    expect(bound! / estimate!).toBeCloseTo(Math.sqrt(2 / (-2 * Math.log(0.8))), 6);
    for (const { standardDeviation, ruledOut, reproduced } of powers) {
      const rule = { n: plan.seeds.length, standardDeviation, margin: 0.2, alpha: 0.025 };
      expect([ruledOut, reproduced]).toEqual([chanceToRuleOut(rule), chanceToReproduce(rule)]);
    }
    expect(planText(document)).toContain(`${Math.round(powers[0]!.ruledOut * 100)} % where there is no effect`);
    expect(document.warnings).toEqual(underpoweredWarnings(document.detectable, plan.suite.caveats));
  });

  test('counts the looks of the suite in, and tells when it ends', async () => {
    const looking = planWith(pilot, { looks: [3] });
    const document = await planDocument(looking, {
      engine: 'auto',
      calibrate: false,
      onCalibration: () => {},
      out: temporaryFolder(),
    });
    const looks = [3, looking.seeds.length];
    for (const { standardDeviation, ruledOut, reproduced, looks: ahead } of document.detectable[0]!.verdict!.powers) {
      const chancesOf = chancesWithLooks({ alpha: 0.025, looks })({ standardDeviation, margin: 0.2 });
      const [none, benefit] = [chancesOf(0), chancesOf(1.5 * 0.2)];
      expect([ruledOut, reproduced]).toEqual([none.ruledOut + none.contradicted, benefit.reproduced]);
      expect(ahead).toEqual({ withoutEffect: none, benefit });
    }
    const text = planText(document);
    expect(text).toMatch(
      /without an effect: after 3 seeds \d+ % ruled out, \d+ % contradicted, \d+ % reproduced; after 6 seeds/,
    );
    expect(text).toMatch(/with one of 1\.5 margins: .*; \d+ % inconclusive; [\d.]+ seeds on average/);
  });
});

describe('an underpowered suite', () => {
  const known = { standardDeviation: 0.15, source: 'a pilot', degreesOfFreedom: 4 };
  const effectsOf = (seeds: number) =>
    detectableEffects(
      { hypotheses: [paired('pair', { margin: 0.2 })], seeds: Array.from({ length: seeds }, (_, seed) => seed) },
      () => known,
    );

  test('is warned of, with the seeds that it needs, and has to say so', () => {
    const [warning] = underpoweredWarnings(effectsOf(6), []);
    expect(warning).toMatch(
      /^pair: underpowered: with 6 seeds .*it would take \d+ seeds; the suite must say so in its caveats\.$/,
    );
    const said = underpoweredWarnings(effectsOf(6), ['Its power is low.']);
    expect(said).toEqual([warning!.replace('; the suite must say so in its caveats', '')]);
  });

  test('is none with the seeds that it needs', () => {
    const needed = effectsOf(6)[0]!.verdict!.powers[0]!.seedsNeeded!;
    expect(underpoweredWarnings(effectsOf(needed), [])).toEqual([]);
    expect(underpoweredWarnings(effectsOf(needed - 1), [])).toHaveLength(1);
  });
});
