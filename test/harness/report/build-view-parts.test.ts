import { describe, expect, test } from 'vitest';
import { publishedTableViews } from '../../../harness/report/published-views.js';
import { publishedTableIds, readPublishedTables } from '../../../harness/suite/published.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { type Scores, suiteOf } from './fabricated-records.js';
import { domain, level, mask, onOff, paired, viewOf } from './made-up-suites.js';

describe('what arms share and differ in', () => {
  const scores = (): Scores => ({ accuracy: 0.5 });

  test('masks are pictured where arms differ in them only', async () => {
    const masks: Suite['factors'] = {
      mask: {
        label: 'mask',
        levels: { off: level('a', mask('causal')), on: level('b', mask('visual-bidirectional')) },
      },
    };
    const hypotheses = [paired('better', {})];
    const differing = await viewOf({ factors: masks, hypotheses }, scores);
    expect(differing.arms.map((arm) => arm.mask?.kind)).toEqual(['causal', 'visual-bidirectional']);
    const equal = await viewOf({ factors: onOff, hypotheses }, scores);
    expect(equal.arms.every((arm) => arm.mask === undefined)).toBe(true);
  });

  test('stages that are trained once count once', async () => {
    // Each arm has 4 + 4 + 16 shared steps and 4 or 5 of its own, a second each.
    const { runs, compute, sharedTrainings } = await viewOf({ factors: onOff, hypotheses: [], seeds: [1, 2] }, scores);
    expect(runs.map(({ forkedFrom, seconds }) => [forkedFrom?.steps, seconds])).toEqual([
      [24, 4],
      [24, 5],
      [24, 4],
      [24, 5],
    ]);
    expect(new Set(runs.map(({ forkedFrom }) => forkedFrom?.runId)).size).toBe(2);
    expect(sharedTrainings.map(({ seed, steps, seconds, continuedBy }) => [seed, steps, seconds, continuedBy])).toEqual(
      [
        [1, 24, 24, 2],
        [2, 24, 24, 2],
      ],
    );
    for (const { seed, forkedFrom } of runs) {
      expect(sharedTrainings.find(({ runId }) => runId === forkedFrom?.runId)?.seed).toBe(seed);
    }
    expect(compute.stepsSaved).toBe(2 * 24);
    expect(compute.trainingSeconds).toBe(2 * (24 + 4 + 5));
  });

  test('arms that come to the same configuration have one run between them', async () => {
    const same: Suite['factors'] = { switch: { label: 'switch', levels: { off: level('off'), on: level('on') } } };
    const { runs, compute } = await viewOf({ factors: same, hypotheses: [], seeds: [1] }, scores);
    expect(runs[0]!.runId).toBe(runs[1]!.runId);
    expect(compute.trainingSeconds).toBe(28);
  });
});

test('scores of runs have the labels of their measures, and answers are correct or wrong', async () => {
  const scores = (): Scores => ({ accuracy: 0.5, 'validation-loss/questions': 1 });
  const { scoreLabels, examples } = await viewOf({ factors: onOff, hypotheses: [], seeds: [1] }, scores);
  expect(scoreLabels).toMatchObject({
    accuracy: 'answer accuracy',
    'validation-loss/questions': 'validation loss on questions',
  });
  const answers = examples.flatMap(({ predictions }) => predictions);
  expect(answers.map(({ score, outcome }) => [score, outcome])).toEqual([
    [0, 'wrong'],
    [0, 'wrong'],
  ]);
});

describe('several paired claims', () => {
  const arms = (share: string) => ({ treatment: `staged.${share}`, control: `scratch.${share}` });
  const hypotheses = [
    paired('few', arms('few')),
    paired('all', arms('all')),
    paired('all-open', { ...arms('all'), metric: 'accuracy/open' }),
  ];
  const scores = (arm: string, seed: number): Scores => ({
    accuracy: 0.5,
    'accuracy/open': 0.25,
    'accuracy/yes-no': arm === 'staged.all' ? 0.75 + seed / 64 : 0.5,
  });

  test('each have the other measures of their arms, once where they share them', async () => {
    const { secondary } = await viewOf({ factors: domain, hypotheses }, scores);
    expect(secondary.map(({ claim, metric, meanDifference }) => [claim, metric, meanDifference])).toEqual([
      ['few', 'open-answer accuracy', 0],
      ['few', 'yes/no accuracy', 0],
      ['all', 'yes/no accuracy', 0.25 + 3.5 / 64],
    ]);
  });

  test('give every arm that they compare its part', async () => {
    const rolesOf = async (claims: typeof hypotheses) => {
      const view = await viewOf({ factors: domain, hypotheses: claims }, scores);
      return view.arms.flatMap(({ id, role }) => (role === undefined ? [] : [`${id} ${role}`]));
    };
    const parts = ['staged.few treatment', 'staged.all treatment', 'scratch.few control', 'scratch.all control'];
    expect(await rolesOf(hypotheses)).toEqual(parts);
    const reversed = paired('reversed', { treatment: 'scratch.all', control: 'scratch.few' });
    expect(await rolesOf([...hypotheses, reversed])).toEqual([
      'staged.few treatment',
      'staged.all treatment',
      'scratch.few control',
    ]);
  });
});

describe('convergence', () => {
  const loss = (step: number, arm: string) => (step <= 8 ? 5 : 5 - (step - 8) / (arm === 'on' ? 4 : 8));
  const scores = (): Scores => ({ accuracy: 0.5, 'convergence/area': 0.5, 'convergence/tokens-to-90': 7 });

  test('is shown where a claim is about it', async () => {
    const hypotheses = [paired('faster', { metric: 'convergence/area', direction: 'less', margin: 0 })];
    const { convergence, scores: tables } = await viewOf({ factors: onOff, hypotheses }, scores, { loss });
    expect(convergence).toHaveLength(12);
    for (const { points, threshold, stepsToThreshold, tokensToThreshold } of convergence) {
      expect([threshold, stepsToThreshold, tokensToThreshold]).toEqual([0.9, 0.9 * 16, 16 * 0.9 * 16]);
      expect(points).toEqual([0, 4, 8, 12, 16].map((step) => ({ step, tokens: 16 * step, reached: step / 16 })));
    }
    expect(tables[0]!.metric).toBe('area under the normalised loss curve');
    expect(tables).toHaveLength(3);
  });

  test('is left out where none is', async () => {
    const {
      convergence,
      scores: tables,
      secondary,
    } = await viewOf({ factors: onOff, hypotheses: [paired('better', {})] }, scores);
    expect(convergence).toEqual([]);
    expect(tables.map(({ metric }) => metric)).toEqual(['answer accuracy']);
    expect(secondary).toEqual([]);
  });
});

test('stages on different data have validation curves of their own', async () => {
  const { scales } = suiteOf({});
  const { embedded } = scales;
  const [first, ...rest] = embedded.recipe.stages;
  const recipe = { ...embedded.recipe, stages: [{ ...first!, data: 'easy-vqa' as const }, ...rest] };
  const suite = {
    factors: onOff,
    hypotheses: [],
    seeds: [1],
    scales: { ...scales, embedded: { ...embedded, recipe } },
  };
  const { curves } = await viewOf(suite, () => ({ accuracy: 1 }));
  const sources = curves.filter(({ arm, kind }) => arm === 'off' && kind === 'validation').map(({ source }) => source);
  expect(sources).toEqual(
    ['ai-captions', 'human-captions', 'questions'].flatMap((source) => [
      `${source} of easy-vqa`,
      `${source} of tiny-scenes`,
    ]),
  );
});

test('texts are those that were recorded beforehand', async () => {
  const texts = [
    {
      label: 'human captions',
      texts: 1,
      words: 2,
      wordsPerText: 2,
      distinctWords: 2,
      typeTokenRatio: 1,
      wordEntropy: 1,
      bigramEntropy: 0,
      trigramEntropy: 0,
      distinctTexts: 1,
    },
  ];
  const suite = { factors: onOff, hypotheses: [], seeds: [1] };
  const view = await viewOf(suite, () => ({ accuracy: 1 }), { change: (reproduction) => ({ ...reproduction, texts }) });
  expect(view.texts).toEqual(texts);
});

test('published numbers keep their columns, sources and caveats', async () => {
  const suite = { factors: onOff, hypotheses: [], seeds: [1], published: publishedTableIds().slice(0, 1) };
  const { published } = await viewOf(suite, () => ({ accuracy: 1 }));
  const [table] = readPublishedTables(suite.published);
  expect(published).toHaveLength(1);
  expect(published[0]).toMatchObject({ title: table!.title, columns: Object.keys(table!.columns), rows: table!.rows });
  for (const column of Object.values(table!.columns))
    expect(published[0]!.note).toContain('split' in column ? column.split : '');
});

test('what the columns of a published table were measured on is said once where it is the same, and not where rows say it', () => {
  const coco = { benchmark: 'COCO', split: 'test split' };
  const noteOf = (columns: Record<string, typeof coco | Record<string, never>>) =>
    publishedTableViews([{ id: 't', title: 'T', metric: 'm', note: 'A note.', columns, rows: [] }])[0]!.note;
  expect(noteOf({ a: coco, b: coco })).toBe('A note. All columns: COCO, test split.');
  expect(noteOf({ a: coco, b: { ...coco, split: 'val' } })).toBe('A note. a: COCO, test split. b: COCO, val.');
  expect(noteOf({ a: {}, b: {} })).toBe('A note.');
  expect(noteOf({ a: coco, b: {} })).toBe('A note. a: COCO, test split.');
});

test('the captions of the shipped tables are sentences', () => {
  for (const { metric, note } of publishedTableViews(readPublishedTables())) {
    const caption = `${metric}. ${note}`;
    const starts = caption.split(/(?<=[.!?]) /).map((sentence) => sentence.replace(/^[“"]/, '').slice(0, 1));
    // The page begins the first with a capital.
    for (const start of starts.slice(1)) expect(start, caption).toBe(start.toUpperCase());
    expect(caption).not.toMatch(/as in the source|as published/);
    for (const where of caption.match(/: [^:.]+, [^:.]+\./g) ?? []) expect(caption.split(where)).toHaveLength(2);
  }
});
