/** The area under a validation curve, against closed forms on the axis of answer tokens. */
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../harness/measures/run-events.js';
import { validationAreas } from '../../../harness/measures/validation-area.js';
import { planSuite } from '../../../harness/suite/plan.js';
import type { Source, TextStage } from '../../../reference-model/recipe/recipe.js';
import { firstVersion } from '../../fixtures/first-version.js';
import { textStage } from '../../reference-model/recipe/text-stage.js';

const planned = planSuite(firstVersion('finding-1')).runs[0]!.config;
const stage = (name: string, steps: number): TextStage => ({ ...textStage(planned.recipe.stages[0]), name, steps });
const config = { ...planned, recipe: { ...planned.recipe, stages: [stage('before', 2), stage('last', 4)] } };
const uniform = Math.log(config.model.language.vocabularySize);

const step = (name: string, at: number, answerTokens: number): RunEvent => ({
  type: 'step',
  stage: name,
  step: at,
  totalSteps: 6,
  loss: 1,
  learningRate: {},
  gradientNorm: 1,
  tokens: 100,
  answerTokens,
});
const validation = (name: string, at: number, loss: Partial<Record<Source, number>>): RunEvent => ({
  type: 'validation',
  stage: name,
  step: at,
  loss,
});

const events: readonly RunEvent[] = [
  step('before', 1, 1000),
  step('before', 2, 1000),
  validation('before', 2, { 'ai-captions': 99 }),
  validation('last', 2, { 'ai-captions': 4, 'human-captions': 6 }),
  step('last', 3, 10),
  validation('last', 3, { 'ai-captions': 2, 'human-captions': 2 }),
  step('last', 4, 10),
  step('last', 5, 10),
  step('last', 6, 10),
  validation('last', 6, { 'ai-captions': 1, 'human-captions': 2 }),
];

describe('the area under a validation curve', () => {
  test('is the mean loss over the answer tokens of the last stage, as a share of that of a uniform guess', () => {
    const areas = validationAreas(events, config);
    // Ten tokens between 4 and 2, thirty between 2 and 1.
    expect(areas['validation-area/ai-captions']!.value).toBeCloseTo((10 * 3 + 30 * 1.5) / 40 / uniform, 12);
    expect(areas['validation-area/human-captions']!.value).toBeCloseTo((10 * 4 + 30 * 2) / 40 / uniform, 12);
    expect(areas['validation-area/captions']!.value).toBeCloseTo((75 + 100) / 2 / 40 / uniform, 12);
    expect(areas['validation-area/questions']).toBeUndefined();
  });

  test('of a loss that never changes is that loss, however often it is measured', () => {
    const flat = events.map((event) => (event.type === 'validation' ? { ...event, loss: { questions: 3 } } : event));
    expect(validationAreas(flat, config)['validation-area/questions']!.value).toBeCloseTo(3 / uniform, 12);
    const sparse = flat.filter((event) => event.type !== 'validation' || event.step !== 3);
    expect(validationAreas(sparse, config)['validation-area/questions']!.value).toBeCloseTo(3 / uniform, 12);
  });

  test('counts a validation once that a resumed run repeats', () => {
    const repeated = events.flatMap((event) => Array<RunEvent>(event.type === 'validation' ? 2 : 1).fill(event));
    expect(validationAreas(repeated, config)).toEqual(validationAreas(events, config));
  });

  test('is not there without a validation of the stage before its first step', () => {
    expect(validationAreas(events.toSpliced(3, 1), config)).toEqual({});
  });

  test('says on which split and how often it was measured', () => {
    const { signature } = validationAreas(events, {
      ...config,
      recipe: { ...config.recipe, validationSplit: 'probe' },
    })['validation-area/captions']!;
    expect(signature).toContain('split:probe');
    expect(signature).not.toBe(validationAreas(events, config)['validation-area/captions']!.signature);
  });
});
