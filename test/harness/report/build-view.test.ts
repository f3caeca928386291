/** The view of the claims of a suite, from fabricated records whose statistics are known in closed form. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { closeRecord } from '../../../harness/records/record-digests.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { buildFindingView } from '../../../harness/report/build-view.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { decideFinding } from '../../../harness/verdict/decide-finding.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
import type { FindingReportView } from '../../../reports/index.js';
import type { Fabrication, Scores } from './fabricated-records.js';
import {
  complaint,
  deviation,
  deviations,
  domain,
  halfWidth,
  length,
  level,
  onOff,
  paired,
  reproduced,
  viewOf,
} from './made-up-suites.js';

describe('one paired claim', () => {
  const suite = { factors: onOff, hypotheses: [paired('better', {})] };
  const scores = (arm: string, seed: number): Scores =>
    arm === 'on' ? { accuracy: 8 + deviation(seed), 'accuracy/open': 0.5 } : { accuracy: 5, 'accuracy/open': 0.25 };

  let view: FindingReportView;
  beforeAll(async () => {
    view = await viewOf(suite, scores);
  });

  test('has the interval of the closed form and the verdict that follows', () => {
    const { claims, verdict } = view;
    const [{ evidence, holm, hypothesis }] = claims as [(typeof claims)[number]];
    expect(evidence.test === 'paired' && evidence.pairs).toMatchObject({
      metric: 'answer accuracy',
      meanDifference: 3,
      effectSize: 3 / Math.sqrt(2),
      signature: 'how accuracy',
      pairs: deviations.map((away, index) => ({
        seed: index + 1,
        treatment: 8 + away,
        control: 5,
        difference: 3 + away,
      })),
    });
    const interval = evidence.test === 'paired' ? evidence.pairs.confidence : undefined;
    expect(interval!.low).toBeCloseTo(3 - halfWidth, 5);
    expect(interval!.high).toBeCloseTo(3 + halfWidth, 5);
    expect(holm).toBeUndefined();
    expect(hypothesis).toMatchObject({ treatment: 'on', control: 'off', metric: 'answer accuracy' });
    expect(verdict!.verdict).toBe('reproduced');
    expect(verdict).toEqual(claims[0]!.verdict);
  });

  test('has every other measure of its arms as secondary and not its own', () => {
    const { secondary, arms } = view;
    expect(secondary.map(({ metric, meanDifference }) => [metric, meanDifference])).toEqual([
      ['open-answer accuracy', 0.25],
    ]);
    expect(arms.map(({ id, role }) => [id, role])).toEqual([
      ['off', 'control'],
      ['on', 'treatment'],
    ]);
  });

  test('is refused when a score is missing or was computed in another way', async () => {
    const without = (arm: string, seed: number): Scores => (seed === 3 ? {} : scores(arm, seed));
    expect(await complaint(viewOf(suite, without))).toMatch(
      /^error: the run has no score accuracy\n {2}where: {4}run [0-9a-f]{20}$/m,
    );
    const signature = (measure: string, arm: string) => `${measure} of ${arm === 'on' ? 2 : 1}`;
    expect(await complaint(viewOf(suite, scores, { signature }))).toMatch(
      /^error: the scores accuracy were computed in different ways: accuracy of 2\n {2}expected: accuracy of 1$/m,
    );
  });

  test('shows what all arms said at the first seed, and tells how often they said nothing at any', async () => {
    const { store, folder, plan, runIdOf } = reproduced(suite, scores);
    for (const { arm, seed } of plan.runs.filter((run) => run.arm === 'on' && run.seed > 1)) {
      const paths = runPaths(store, runIdOf(arm, seed));
      const { predictions, result } = paths;
      const silent = readFileSync(predictions, 'utf8').replace(/"said by [^"]*"/, '""');
      writeFileSync(predictions, silent);
      const { checksum: _, ...content } = JSON.parse(readFileSync(result, 'utf8'));
      closeRecord(paths, { ...content, predictions: sha256(silent) });
    }
    const { examples, caveats } = await buildFindingView(decideFinding(folder));
    expect(examples.map(({ predictions }) => predictions.map(({ arm, text }) => [arm, text]))).toEqual([
      [
        ['off', `said by ${runIdOf('off', 1)}`],
        ['on', `said by ${runIdOf('on', 1)}`],
      ],
    ]);
    expect(caveats.join(' ')).toContain('83 % of the answers to open questions by the arm “switched on” (5 of 6)');
    expect(caveats.join(' ')).not.toContain('“switched off” (');
  });
});

describe('several claims over two factors', () => {
  const claims = ['few', 'some', 'all'].map((share) =>
    paired(share, { treatment: `staged.${share}`, control: `scratch.${share}` }),
  );
  const gains: Readonly<Record<string, number>> = { few: 4, some: 2, all: 0 };
  const scores = (arm: string, seed: number): Scores => {
    const [start, share] = arm.split('.') as [string, string];
    return {
      accuracy: start === 'staged' ? 1 + gains[share]! + deviation(seed) : 1,
      'baseline/majority': 0.375,
      'baseline/blind': start === 'staged' ? 0.5 : 0.625,
    };
  };
  let view: FindingReportView;
  beforeAll(async () => {
    view = await viewOf({ factors: domain, hypotheses: claims }, scores);
  });

  test('are decided together by Holm, the finding by all of them', () => {
    expect(view.claims.map(({ id, holm }) => [id, holm?.claims, holm?.level])).toEqual([
      ['few', 3, 0.05],
      ['some', 3, 0.05],
      ['all', 3, 0.05],
    ]);
    // Whether an adjusted p is at most α says the same as whether its interval, at the level of its rank, clears 0.
    for (const { holm, evidence } of view.claims) {
      if (evidence.test !== 'paired') throw new Error('the evidence is not paired');
      const { confidence, meanDifference } = evidence.pairs;
      expect(holm!.against).toBe(meanDifference >= 0.5 ? 'no effect' : 'benefit of the margin');
      expect(holm!.adjustedP <= 0.05).toBe(meanDifference >= 0.5 ? confidence!.low > 0 : confidence!.high < 0.5);
    }
    expect(view.statistics.map(({ name }) => name)).toEqual([
      'Paired t test and interval',
      'Sign-flip test',
      'Effect size d_z',
      "Holm's correction",
      'Equivalence test (TOST)',
    ]);
    expect(view.claims[0]!.verdict.verdict).toBe('reproduced');
    expect(view.claims[2]!.verdict.verdict).not.toBe('reproduced');
    expect(view.verdict!.verdict).not.toBe('reproduced');
    expect(view.verdict!.reasons).toEqual(
      view.claims.map(({ verdict: { sentence, reasons } }) => `${sentence} ${reasons[0]}`),
    );
  });

  test('have one score table of all arms, with intervals and baselines', () => {
    const { scores: tables, factors } = view;
    expect(tables.map(({ metric }) => metric)).toEqual(['answer accuracy']);
    const [{ arms, baselines }] = tables as [(typeof tables)[number]];
    expect(arms.map(({ arm, mean }) => [arm, mean])).toEqual([
      ['staged.few', 5],
      ['staged.some', 3],
      ['staged.all', 1],
      ['scratch.few', 1],
      ['scratch.some', 1],
      ['scratch.all', 1],
    ]);
    expect(arms[0]!.confidence!.low).toBeCloseTo(5 - halfWidth, 5);
    expect(arms[0]!.confidence!.high).toBeCloseTo(5 + halfWidth, 5);
    expect(baselines).toHaveLength(12);
    expect(baselines[0]).toEqual({
      label: 'majority answer',
      arm: 'staged.few',
      value: 0.375,
    });
    expect(factors.map(({ id, levels }) => [id, levels.map(({ value }) => value)])).toEqual([
      ['start', [undefined, undefined]],
      ['share', [0.05, 0.2, 1]],
    ]);
  });

  test('have a learning curve for each start, on a logarithmic axis, with the baselines where they differ', () => {
    const { responses } = view;
    expect(responses).toHaveLength(1);
    const [{ xLabel, xScale, series, references }] = responses as [(typeof responses)[number]];
    expect([xLabel, xScale]).toEqual(['share of the training questions', 'logarithmic']);
    expect(series.map(({ label, points }) => [label, points.map(({ x, xText, mean }) => [x, xText, mean])])).toEqual([
      [
        'staged',
        [
          [0.05, '5 %', 5],
          [0.2, '20 %', 3],
          [1, '100 %', 1],
        ],
      ],
      [
        'from scratch',
        [
          [0.05, '5 %', 1],
          [0.2, '20 %', 1],
          [1, '100 %', 1],
        ],
      ],
    ]);
    expect(references.map(({ label, points }) => [label, points.map(({ value }) => value)])).toEqual([
      ['majority answer', [0.375, 0.375, 0.375]],
      ['question-only (blind) baseline (staged)', [0.5, 0.5, 0.5]],
      ['question-only (blind) baseline (from scratch)', [0.625, 0.625, 0.625]],
    ]);
  });
});

test('a look of a sequential rule has its own level, and says which look it is', async () => {
  const suite = { factors: onOff, hypotheses: [paired('better', {})] };
  const looks = { planned: [6, 8], taken: [] };
  const change: Fabrication['change'] = (reproduction) => ({ ...reproduction, looks });
  const { claims, verdict, statistics } = await viewOf(
    suite,
    (arm, seed) => ({ accuracy: arm === 'on' ? deviation(seed) : 0 }),
    {
      change,
    },
  );
  const { evidence } = claims[0]!;
  if (evidence.test !== 'paired') throw new Error('the evidence is not paired');
  expect(evidence.pairs.confidence!.level).toBeGreaterThan(0.95);
  expect(evidence.pairs.confidence!.high).toBeGreaterThan(halfWidth);
  expect(verdict!.reasons.some((reason) => reason.includes('look 1 of 2'))).toBe(true);
  expect(statistics.map(({ name }) => name)).toContain('Sequential looks');
});

describe('a trend', () => {
  const doses: Suite['factors'] = {
    alignment: {
      label: 'alignment',
      levels: {
        half: level('50 %', { value: 0.5, ...length('align', 8) }),
        none: level('0 %', { value: 0, ...length('align', 1) }),
        tenth: level('10 %', { value: 0.1, ...length('align', 2) }),
      },
    },
  };
  const hypothesis: Suite['hypotheses'][number] = {
    id: 'more',
    statement: 'more is better',
    metric: 'CIDEr-D/ai-captions',
    direction: 'greater',
    margin: 0.5,
    alpha: 0.05,
    test: 'trend',
    factor: 'alignment',
  };
  const dose: Readonly<Record<string, number>> = { none: 0, tenth: 0.1, half: 0.5 };
  const scores = (arm: string, seed: number): Scores => ({
    'CIDEr-D/ai-captions': 1 + seed + dose[arm]! * 2 * (4 + deviation(seed)),
    'CIDEr-D/human-captions': 1,
    accuracy: 0.5,
  });

  let view: FindingReportView;
  beforeAll(async () => {
    view = await viewOf({ factors: doses, hypotheses: [hypothesis] }, scores);
  });

  test('is what each seed’s line gains from the least dose to the greatest', () => {
    const { claims, verdict, secondary, arms } = view;
    const { evidence } = claims[0]!;
    if (evidence.test !== 'trend') throw new Error('the evidence is no trend');
    const { trend } = evidence;
    expect(trend.doses.map(({ arm, value }) => [arm, value])).toEqual([
      ['none', 0],
      ['tenth', 0.1],
      ['half', 0.5],
    ]);
    trend.seeds.forEach(({ seed, values, effect }) => {
      expect(values[2]).toBeCloseTo(1 + seed + 4 + deviation(seed), 9);
      expect(effect).toBeCloseTo(4 + deviation(seed), 9);
    });
    expect(trend.meanEffect).toBeCloseTo(4, 9);
    expect(trend.confidence!.low).toBeCloseTo(4 - halfWidth, 5);
    expect(trend.confidence!.high).toBeCloseTo(4 + halfWidth, 5);
    expect(verdict!.verdict).toBe('reproduced');
    expect(secondary).toEqual([]);
    expect(arms.every(({ role }) => role === undefined)).toBe(true);
  });

  test('is drawn over its doses on a linear axis, for every kind of caption and nothing else', () => {
    const { responses } = view;
    expect(responses.map(({ metric, xScale, series }) => [metric, xScale, series.map(({ label }) => label)])).toEqual([
      ['CIDEr-D of detailed captions', 'linear', ['all arms']],
      ['CIDEr-D of human-style captions', 'linear', ['all arms']],
    ]);
    expect(responses[0]!.series[0]!.points.map(({ x }) => x)).toEqual([0, 0.1, 0.5]);
  });
});

describe('a benchmark', () => {
  test('has scores without a verdict, and no interval for one seed', async () => {
    const scores = (): Scores => ({ accuracy: 0.5, 'validation-loss/questions': 1 });
    const view = await viewOf({ factors: onOff, hypotheses: [], seeds: [4], reserveSeeds: [] }, scores);
    expect(view.verdict).toBeUndefined();
    expect(view.claims).toEqual([]);
    expect(view.statistics).toEqual([]);
    expect(
      view.scores.map(({ metric, arms }) => [metric, arms.map(({ mean, confidence }) => [mean, confidence])]),
    ).toEqual([
      [
        'answer accuracy',
        [
          [0.5, undefined],
          [0.5, undefined],
        ],
      ],
      [
        'validation loss on questions',
        [
          [1, undefined],
          [1, undefined],
        ],
      ],
    ]);
    expect(view.caveats.some((caveat) => caveat.includes('no hypothesis'))).toBe(true);
  });
});
