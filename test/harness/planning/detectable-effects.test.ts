import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectableEffects, powerWarnings } from '../../../harness/planning/detectable-effects.js';
import { recordedPilots } from '../../../harness/planning/recorded-pilot.js';
import { minimumDetectableEffect } from '../../../harness/statistics/power.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { suiteSchema } from '../../../harness/suite/schema.js';
import { temporaryFolder } from '../fake/fake-runs.js';
import { fabricate, suiteOf } from '../report/fabricated-records.js';

const suite = suiteOf({ smoke: { seeds: 2, overlay: {} } });
const [hypothesis] = suite.hypotheses;
const pilot = { standardDeviation: 0.2, source: 'a pilot' };

describe('what a suite can find', () => {
  test('is the minimum detectable effect at the level of one claim and at that of Holm', () => {
    const hypotheses = ['a', 'b', 'c'].map((id) => ({ ...hypothesis!, id, alpha: 0.05 }));
    const effects = detectableEffects({ hypotheses, seeds: [1, 2, 3, 4, 5, 6] }, () => pilot);
    for (const { levels } of effects) {
      expect(levels.map(({ correction, alpha }) => [correction, alpha])).toEqual([
        ['none', 0.05],
        ['holm', 0.05 / 3],
      ]);
      for (const { alpha, effect, reproduced } of levels) {
        const question = { n: 6, standardDeviation: 0.2, alpha };
        expect(effect).toBe(minimumDetectableEffect(question));
        expect(reproduced).toBe(minimumDetectableEffect({ ...question, margin: hypothesis!.margin }));
      }
    }
  });

  test('warns when it exceeds the margin, and tells the seeds that would do', () => {
    const small = { ...hypothesis!, margin: 0.1 };
    const effects = detectableEffects({ hypotheses: [small], seeds: [1, 2, 3, 4, 5, 6] }, () => pilot);
    // Half a standard deviation needs 34 seeds (Cohen 1988).
    expect(effects[0]!.levels).toEqual([expect.objectContaining({ correction: 'none', seedsNeeded: 34 })]);
    expect(powerWarnings(effects)).toEqual([
      expect.stringContaining('it would take 34 seeds to tell an effect of the margin from none'),
    ]);
  });

  test.each([
    ['the margin is large enough', { ...hypothesis!, margin: 1 }, pilot],
    ['there is no margin', { ...hypothesis!, margin: 0 }, pilot],
    ['nothing is known about the spread', { ...hypothesis!, margin: 0.01 }, undefined],
  ])('does not warn when %s', (_, claim, known) => {
    const effects = detectableEffects({ hypotheses: [claim], seeds: [1, 2, 3, 4, 5, 6] }, () => known);
    expect(powerWarnings(effects)).toEqual([]);
    if (known === undefined) expect(effects[0]).toMatchObject({ levels: [] });
  });
});

describe('the pilot in a suite', () => {
  const finding = { ...suite, hypotheses: [{ ...hypothesis!, pilot }] };

  test('is part of the schema, and a spread of 0 or an unknown key is refused', () => {
    expect(suiteSchema.parse(finding).hypotheses[0]!.pilot).toEqual(pilot);
    const withPilot = (changed: object) =>
      suiteSchema.safeParse({ ...suite, hypotheses: [{ ...hypothesis!, pilot: changed }] });
    expect(withPilot({ ...pilot, standardDeviation: 0 }).success).toBe(false);
    expect(withPilot({ ...pilot, seeds: 3 }).success).toBe(false);
  });

  test('is not taken for another measure', () => {
    const data = (settings: object) => ({
      'tiny-scenes': { description: 'Scenes.', hypotheses: { [hypothesis!.id]: settings } },
    });
    const planned = (settings: object) =>
      planSuite(suiteSchema.parse({ ...finding, data: data(settings) })).hypotheses[0]!;
    expect(planned({ margin: 0.5 }).pilot).toEqual(pilot);
    expect(planned({ metric: 'accuracy' }).pilot).toBeUndefined();
  });

  test('is not taken for another data set', () => {
    const data = { 'tiny-scenes': { description: 'Scenes.' }, 'easy-vqa': { description: 'Shapes.' } };
    const both = suiteSchema.parse({ ...finding, data });
    expect(planSuite(both).hypotheses[0]!.pilot).toEqual(pilot);
    expect(planSuite(both, { dataSet: 'easy-vqa' }).hypotheses[0]!.pilot).toBeUndefined();
  });
});

describe('earlier records', () => {
  const paired = { treatment: 'visual-bidirectional', control: 'causal' };
  const gains = [0.4, 0.1, 0.3, 0.6, 0.2, 0.8];
  const score = (arm: string, seed: number) => 2 + (arm === paired.treatment ? gains[seed - 1]! : 0) + seed / 10;

  test('tell how much the effects of seeds differ', () => {
    const store = temporaryFolder();
    const { plan } = fabricate(store, suite, { scores: (arm, seed) => ({ [hypothesis!.metric]: score(arm, seed) }) });
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
    const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (gains.length - 1);
    const found = recordedPilots(store, plan)(plan.hypotheses[0]!);
    expect(found!.standardDeviation).toBeCloseTo(Math.sqrt(variance), 12);
    expect(found!.source).toContain('6 seeds recorded under ');
    // A smoke run of the same suite may learn from the whole one.
    expect(recordedPilots(store, planSuite(suite, { smoke: true }))(plan.hypotheses[0]!)).toEqual(found);
    expect(recordedPilots(store, plan)({ ...plan.hypotheses[0]!, metric: 'accuracy' })).toBeUndefined();
  });

  test('tell nothing where there are none, or where every seed shows the same effect', () => {
    const store = temporaryFolder();
    const plan = planSuite(suite);
    expect(recordedPilots(store, plan)(plan.hypotheses[0]!)).toBeUndefined();
    fabricate(store, suite, { scores: (arm) => ({ [hypothesis!.metric]: arm === 'causal' ? 1 : 2 }) });
    expect(recordedPilots(store, plan)(plan.hypotheses[0]!)).toBeUndefined();
  });

  test('are refused when they are damaged', () => {
    const store = temporaryFolder();
    const plan = planSuite(suite);
    mkdirSync(join(store, suite.id));
    writeFileSync(join(store, suite.id, 'reproduction.json'), '{');
    expect(() => recordedPilots(store, plan)).toThrow('the file is damaged');
  });
});
