import { expect, test } from 'vitest';
import { predictionsText } from '../../../harness/records/predictions.js';
import { scorePredictions } from '../../../harness/score/score-predictions.js';
import type { DataSet } from '../../../reference-model/data/dataset.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakePlan } from '../fake/fake-runs.js';

const { config } = fakePlan({ smoke: true }).runs[0]!;

async function scored(data: DataSet, share?: number) {
  const stages = config.recipe.stages.map((stage) =>
    share === undefined ? stage : { ...stage, trainingShare: share },
  );
  const run = { ...config, recipe: { ...config.recipe, stages } };
  const said = await fakeMachinery.predict({ state: [1, 2, 3, 4, 5, 6, 7, 8], bidirectional: true }, run, data);
  return scorePredictions(said, { config: run, dataSets: { 'tiny-scenes': data } });
}

test('baselines are scored on the same questions, and their signatures say on what they were counted', async () => {
  const { scores } = await scored(await fakeMachinery.loadDataSet({ name: 'tiny-scenes' }));
  // Fifteen images: ten answers of no, and five colours three times each; the words of a question do not tell them apart.
  const expected = { '': 13 / 30, '/yes-no': 10 / 15, '/open': 3 / 15 };
  for (const baseline of ['majority', 'blind'] as const) {
    for (const [kind, accuracy] of Object.entries(expected)) {
      const score = Object.entries(scores).find(([measure]) => measure === `baseline/${baseline}${kind}`)![1];
      const model = Object.entries(scores).find(([measure]) => measure === `accuracy${kind}`)![1];
      expect(score.value).toBeCloseTo(accuracy, 12);
      expect(score.signature).toBe(`${model.signature}|answers:${baseline}|train:tiny-scenes|share:1`);
    }
  }
});

test('the share of the training images is part of a baseline’s signature', async () => {
  const { scores } = await scored(await fakeMachinery.loadDataSet({ name: 'tiny-scenes' }), 0.2);
  expect(scores['baseline/blind']!.signature).toMatch(/\|train:tiny-scenes\|share:0\.2$/);
});

test('what a question is about is kept beside its answer, where the data set says so', async () => {
  const data = await fakeMachinery.loadDataSet({ name: 'tiny-scenes' });
  const [first, ...others] = data.splits.test;
  const typed = { ...first!, questions: first!.questions.map((question) => ({ ...question, questionType: 'stain' })) };
  const { predictions } = await scored({ ...data, splits: { ...data.splits, test: [typed, ...others] } });
  const types = predictions.flatMap((prediction) =>
    prediction.type === 'answer' ? ['questionType' in prediction ? prediction.questionType : 'none'] : [],
  );
  expect(types).toEqual(['stain', 'stain', ...Array(28).fill('none')]);
});

test('references that were given are scored by group, and kept with what each score comes from', async () => {
  const data = await fakeMachinery.loadDataSet({ name: 'tiny-scenes' });
  const [first, ...others] = data.splits.test;
  const topics = ['color', 'a topic that no measure has'];
  const questions = first!.questions.map((question, index) => ({ ...question, questionType: topics[index]! }));
  const typed = { ...data, splits: { ...data.splits, test: [{ ...first!, questions }, ...others] } };
  const evaluation = { ...config.evaluation, captionImages: 0, questions: 0 };
  const run = { ...config, evaluation: { ...evaluation, teacherForced: { captions: 4, questions: 6 } } };
  const state = [1, 2, 3, 4, 5, 6, 7, 8];
  const said = await fakeMachinery.predict({ state, bidirectional: false }, run, typed);
  const { scores, predictions } = scorePredictions(said, { config: run, dataSets: { 'tiny-scenes': typed } });
  const values = Object.fromEntries(Object.entries(scores).map(([measure, { value }]) => [measure, value]));
  // At places 0 and 1 (state + place) mod 10 is below 4, at 2 and 3 it is not.
  expect(values).toEqual({
    'exact-match/ai-captions': 0.5,
    'answer-loss/ai-captions': (2 * 0.25 + 2 * 1.5) / 4,
    'exact-match/questions': share(4, 10),
    'answer-loss/questions': lossOf(4, 10),
    'exact-match/questions/open': share(4, 10, 2),
    'answer-loss/questions/open': lossOf(4, 10, 2),
    'exact-match/questions/yes-no': share(5, 10, 2),
    'answer-loss/questions/yes-no': lossOf(5, 10, 2),
    'exact-match/questions/color': share(4, 5),
    'answer-loss/questions/color': lossOf(4, 5),
  });
  expect(scores['exact-match/questions']!.signature).toMatch(/\|split:test\|references:6$/);
  const written = predictionsText(predictions).trim().split('\n');
  expect(written).toHaveLength(10);
  expect(JSON.parse(written[4]!)).toEqual({
    type: 'teacher-forced',
    source: 'questions',
    imageId: 'test-0',
    prompt: 'what colour is it?',
    expected: 'red',
    questionId: 'test-0-a',
    kind: 'open',
    questionType: 'color',
    exact: false,
    loss: 1.5,
    tokens: 2,
  });
  const short = { ...said, forced: said.forced!.slice(1) };
  expect(() => scorePredictions(short, { config: run, dataSets: { 'tiny-scenes': typed } })).toThrow('references');

  function places(from: number, to: number, by = 1): readonly boolean[] {
    const right = (place: number) => (state[place % 8]! + place) % 10 < 4;
    return Array.from({ length: Math.ceil((to - from) / by) }, (_, i) => right(from + i * by));
  }
  function share(from: number, to: number, by?: number): number {
    const all = places(from, to, by);
    return all.filter(Boolean).length / all.length;
  }
  function lossOf(from: number, to: number, by?: number): number {
    const all = places(from, to, by);
    return all.reduce((sum, right) => sum + (right ? 0.25 : 1.5), 0) / all.length;
  }
});
