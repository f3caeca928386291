import { expect, test } from 'vitest';
import { lastTrainedStage, type Stage } from '../../../reference-model/recipe/recipe.js';

const stage = (name: string, steps: number): Stage => ({
  name,
  steps,
  trainable: ['connector'],
  learningRate: { connector: 0.001 },
  mixture: { questions: 1 },
  attentionMask: 'causal',
});

test('a model was last trained in the last stage that has steps, wherever it stands', () => {
  expect(lastTrainedStage([stage('align', 3), stage('joint', 4), stage('adapt', 0)])?.name).toBe('joint');
  expect(lastTrainedStage([stage('align', 0), stage('adapt', 1)])?.name).toBe('adapt');
  expect(lastTrainedStage([stage('align', 0)])).toBeUndefined();
});
