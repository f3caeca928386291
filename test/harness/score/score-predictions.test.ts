import { expect, test } from 'vitest';
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
