import { describe, expect, test } from 'vitest';
import { readReproduction } from '../../../harness/records/reproduction.js';
import { buildFindingView } from '../../../harness/report/build-view.js';
import { chanceToDecide } from '../../../harness/statistics/seeds-to-decide.js';
import { chancesWithLooks } from '../../../harness/statistics/sequential-power.js';
import { spreadUpperBound, verdictChances } from '../../../harness/statistics/verdict-power.js';
import { pilotSchema } from '../../../harness/suite/pilot-schema.js';
import { decideFinding } from '../../../harness/verdict/decide-finding.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
import { renderFindingReport } from '../../../reports/index.js';
import { textOf } from '../../reports/page-text.js';
import { temporaryFolder } from '../fake/fake-runs.js';
import { fabricate, suiteOf } from './fabricated-records.js';
import { deviation, onOff, paired } from './made-up-suites.js';

const margin = 0.5;
const suite = suiteOf({ factors: onOff, hypotheses: [paired('better', { margin }), paired('same', { margin: 0 })] });
const statement = { suite: sha256('s'), pilot: sha256('p'), committed: true, at: 'commit 1' };
const off = [4, 5, 6];
const gains = [1, 2, 6];
const pilot = pilotSchema.parse({
  schemaVersion: 1,
  suite: suite.id,
  dataSet: 'tiny-scenes',
  split: 'validation',
  code: 'vlm-bench 0.0.0',
  ran: '2026-01-02',
  recipes: [
    { recipe: 'shorter', outcome: 'shape is <i>not</i> learnt', chosen: false },
    { recipe: 'as stated', outcome: 'all is learnt', chosen: true },
  ],
  choice: 'Seeds differ least.',
  scaled: ['adapt'],
  runs: [0.5, 1].flatMap((rate) =>
    off.flatMap((score, index) => [
      { rate, arm: 'off', seed: 910001 + index, scores: { accuracy: score * rate }, learnt: { color: 0.5 } },
      {
        rate,
        arm: 'on',
        seed: 910001 + index,
        scores: { accuracy: (score + gains[index]!) * rate },
        learnt: { color: 1 },
      },
    ]),
  ),
});
/** Of 1, 2 and 6: mean 3, squares 4 + 1 + 9. */
const spread = Math.sqrt(14 / 2);

const viewWith = (hasPilot: boolean) => {
  const { folder } = fabricate(temporaryFolder(), suite, {
    scores: (arm, seed) => ({ accuracy: arm === 'on' ? 8 + deviation(seed) : 5 }),
    ...(hasPilot ? { provenance: () => ({ statement }) } : {}),
    change: (reproduction) => ({ ...reproduction, ...(hasPilot ? { pilot, statement } : {}) }),
  });
  return buildFindingView(decideFinding(folder));
};

test('a single seed of an interrupted run shows no spread of its own', async () => {
  const { folder } = fabricate(temporaryFolder(), suite, {
    scores: (arm) => ({ accuracy: arm === 'on' ? 8 : 5 }),
    provenance: () => ({ statement }),
    change: (reproduction) => ({ ...reproduction, pilot, statement }),
  });
  const whole = readReproduction(folder);
  const first = { ...whole, runs: whole.runs.filter(({ seed }) => seed === 1) };
  const view = await buildFindingView(decideFinding(folder, first, { finished: 2, planned: 12, seeds: 6 }));
  expect(view.power[0]).not.toHaveProperty('observedSpread');
  expect(view.power[0]!.curves).toHaveLength(2);
  const page = textOf(renderFindingReport(view));
  expect(page).not.toContain('observed here');
  expect(page).not.toContain('NaN');
});

describe('the power of a suite with a pilot', async () => {
  const view = await viewWith(true);
  const [power, ...others] = view.power;

  test('is drawn for the pilot’s spread and its upper bound, at the strictest level, where there is a margin', () => {
    expect(others).toEqual([]);
    expect(power).toMatchObject({
      claim: 'better',
      margin,
      seeds: 6,
      looks: [6],
      alpha: 0.05 / 2,
      claims: 2,
      sequential: false,
    });
    expect(power!.observedSpread).toBeCloseTo(Math.sqrt(10 / 5), 12);
    const bound = spreadUpperBound({ standardDeviation: spread, degreesOfFreedom: 2 });
    expect(power!.curves.map(({ standardDeviation }) => standardDeviation)).toEqual([
      expect.closeTo(spread, 12),
      expect.closeTo(bound, 12),
    ]);
  });

  test('runs from one margin against the claim to two for it, and decides as often as both exits together', () => {
    for (const { standardDeviation, points } of power!.curves) {
      expect([points[0]!.effect, points.at(-1)!.effect]).toEqual([-margin, 2 * margin]);
      for (const { effect, ...chances } of points) {
        const { ruledOut, ...exact } = verdictChances({ n: 6, effect, standardDeviation, margin, alpha: 0.025 });
        const expected = { ...exact, 'ruled-out': ruledOut };
        for (const word of ['reproduced', 'ruled-out', 'contradicted', 'inconclusive'] as const) {
          expect(chances[word]).toBeCloseTo(expected[word], 3);
        }
        const decided = chanceToDecide({ effect, margin, standardDeviation, level: 0.025 }, 6);
        expect(1 - chances.inconclusive).toBeCloseTo(decided, 2);
      }
    }
  });

  test('stands beside the scores at other learning rates and what was learnt', () => {
    const [rates] = view.pilot!.rates;
    expect(rates!.multiples).toEqual([0.5, 1]);
    expect(rates!.arms).toEqual([
      {
        arm: 'off',
        cells: [
          { seeds: 3, mean: 2.5, standardDeviation: 0.5 },
          { seeds: 3, mean: 5, standardDeviation: 1 },
        ],
      },
      {
        arm: 'on',
        cells: [
          { seeds: 3, mean: 4, standardDeviation: expect.closeTo(Math.sqrt(26 / 2) / 2, 12) },
          { seeds: 3, mean: 8, standardDeviation: expect.closeTo(Math.sqrt(26 / 2), 12) },
        ],
      },
    ]);
    expect(view.pilot!.learnt).toEqual([
      {
        name: 'color',
        arms: [
          { arm: 'off', mean: 0.5 },
          { arm: 'on', mean: 1 },
        ],
      },
    ]);
  });

  test('is on the page, with what the curves show in words, and text of the pilot is text', () => {
    const page = renderFindingReport(view);
    expect(page).toContain('<h2 id="power-heading">Power</h2>');
    expect(page).toContain('observed here, 1.414');
    expect(page).toMatch(/<desc id="power-1-1-description">[^<]*At no effect: reproduced [^<]*At two margins: /);
    expect(page).toContain('shape is &#60;i&#62;not&#60;/i&#62; learnt');
    expect(page).toContain('½ ×');
  });
});

describe('the power of a suite with looks', async () => {
  const looks = { planned: [3, 6], taken: [{ seeds: 3, verdict: 'inconclusive' as const }] };
  const { folder } = fabricate(temporaryFolder(), suite, {
    scores: (arm, seed) => ({ accuracy: arm === 'on' ? 8 + deviation(seed) : 5 }),
    provenance: () => ({ statement }),
    change: (reproduction) => ({ ...reproduction, pilot, statement, looks }),
  });
  const view = await buildFindingView(decideFinding(folder));
  const [power] = view.power;

  test('counts them in, at the strictest level, and tells when it ends', () => {
    expect(power).toMatchObject({ seeds: 6, looks: [3, 6], alpha: 0.05 / 2, sequential: true });
    for (const { standardDeviation, withoutEffect, atBenefit, ...curve } of power!.curves) {
      const chancesOf = chancesWithLooks({ alpha: 0.025, looks: [3, 6] })({ standardDeviation, margin });
      const [none, benefit] = [chancesOf(0), chancesOf(1.5 * margin)];
      expect(curve.ruledOutWithoutEffect).toBe(none.ruledOut + none.contradicted);
      expect(curve.reproducedAtBenefit).toBe(benefit.reproduced);
      expect([withoutEffect!.expectedSeeds, atBenefit!.expectedSeeds]).toEqual([
        none.expectedSeeds,
        benefit.expectedSeeds,
      ]);
      expect(atBenefit!.looks.map(({ seeds }) => seeds)).toEqual([3, 6]);
      const ends = atBenefit!.looks.reduce((sum, look) => sum + look.reproduced, 0);
      expect(ends).toBeCloseTo(benefit.reproduced, 3);
    }
  });

  test('says so on the page, look by look', () => {
    const page = textOf(renderFindingReport(view));
    expect(page).toContain('The looks after 3 seeds are counted in');
    expect(page).toContain('each claim stands by itself here');
    expect(page).toContain('When it ends, look by look');
    expect(page).toContain('Reproduced after 3 seeds');
    expect(page).toMatch(/It ends before all 6 seeds with a probability of .* seeds on average\./);
  });

  test('is that of the planned seeds where an early look has ended it', async () => {
    const ended = fabricate(temporaryFolder(), suite, {
      scores: (arm, seed) => ({ accuracy: arm === 'on' ? 8 + deviation(seed) : 5 }),
      change: (reproduction) => ({
        ...reproduction,
        runs: reproduction.runs.filter(({ seed }) => seed <= 3),
        looks: { planned: [3, 6], taken: [] },
      }),
    });
    const [early] = (await buildFindingView(decideFinding(ended.folder))).power;
    expect(early).toMatchObject({ seeds: 6, looks: [3, 6] });
  });
});

describe('the scores of a pilot at other learning rates', () => {
  test('are over the seeds that were run at each of them', async () => {
    const more = { rate: 1, arm: 'off', seed: 910009, scores: { accuracy: 100 }, learnt: {} };
    const { folder } = fabricate(temporaryFolder(), suite, {
      scores: (arm, seed) => ({ accuracy: arm === 'on' ? 8 + deviation(seed) : 5 }),
      provenance: () => ({ statement }),
      change: (reproduction) => ({ ...reproduction, pilot: { ...pilot, runs: [...pilot.runs, more] }, statement }),
    });
    const [rates] = (await buildFindingView(decideFinding(folder))).pilot!.rates;
    expect(rates!.arms[0]!.cells.map(({ seeds, mean }) => [seeds, mean])).toEqual([
      [3, 2.5],
      [3, 5],
    ]);
  });
});

describe('the power of a suite without a pilot', async () => {
  const view = await viewWith(false);

  test('is that of the spread that was observed, and says so', () => {
    expect(view.pilot).toBeUndefined();
    expect(view.power[0]!.curves.map(({ spread }) => spread)).toEqual(['observed']);
    expect(view.power[0]!.curves[0]!.standardDeviation).toBe(view.power[0]!.observedSpread);
    const page = renderFindingReport(view);
    expect(page).toContain('No pilot is recorded: the spread is the one observed here');
    expect(page).not.toContain('id="pilot-heading"');
  });
});
