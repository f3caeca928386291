/** Rules about what a stage states for itself, held against configurations that break one of them. */
import { describe, expect, test } from 'vitest';
import { inconsistencies } from '../../../../harness/suite/checks/config-rules.js';
import { runConfigSchema } from '../../../../harness/suite/run-config-schema.js';
import type { Stage, TextStage } from '../../../../reference-model/recipe/recipe.js';
import { tinyRun } from '../../../reference-model/training/tiny-run.js';

const [, joint] = tinyRun().recipe.stages as [TextStage, TextStage];
const complaints = (stage: Stage, recipe: { batchSize?: number; microBatchSize?: number } = {}) =>
  inconsistencies(tinyRun({ ...recipe, stages: [stage] })).map(({ path, message }) => [path.join('.'), message]);

describe('a stage', () => {
  test('may say nothing, or all that it can, of its batches', () => {
    expect(complaints(joint)).toEqual([]);
    expect(complaints({ ...joint, batchSize: 12, microBatchSize: 4, questionsPerImage: 4 })).toEqual([]);
    // Without a size of its own a pass is no larger than the step.
    expect(complaints({ ...joint, batchSize: 5 })).toEqual([]);
  });

  test('has steps of whole passes', () => {
    expect(complaints({ ...joint, batchSize: 12 })).toEqual([
      ['recipe.stages.0.batchSize', 'must be a multiple of microBatchSize (8), or the stage state its own'],
    ]);
    expect(complaints({ ...joint, microBatchSize: 3 })).toEqual([
      ['recipe.stages.0.microBatchSize', 'must divide batchSize (8 is not a multiple of 3)'],
    ]);
  });

  test('has no more examples than a plan walks', () => {
    expect(complaints({ ...joint, steps: 100_001, batchSize: 1000, microBatchSize: 1000 })).toEqual([
      ['recipe.stages.0.steps', 'must not exceed 100000 with batches of 1000'],
    ]);
  });

  test('does not share an image that is to see the question', () => {
    const stage = { ...joint, attentionMask: 'prefix-bidirectional', questionsPerImage: 2 } as const;
    expect(complaints(stage)).toEqual([
      ['recipe.stages.0.questionsPerImage', 'must be 1 under prefix-bidirectional, where the image sees the question'],
    ]);
    expect(complaints({ ...stage, questionsPerImage: 1 })).toEqual([]);
  });

  test('of words says nothing about texts', () => {
    const { trainable: _, attentionMask: __, mixture: ___, learningRate: ____, ...rest } = joint;
    const words = { ...rest, kind: 'words', trainable: ['connector'], learningRate: { connector: 0.1 } } as const;
    expect(complaints({ ...words, batchSize: 12 })).toEqual([]);
    const asking = { ...words, questionsPerImage: 2, validation: { sources: [] } } as Stage;
    expect(complaints(asking).map(([path]) => path)).toEqual([
      'recipe.stages.0.questionsPerImage',
      'recipe.stages.0.validation',
    ]);
  });

  test('is read back from a record as it was written, and gains no key that it did not state', () => {
    const stages = [
      joint,
      { ...joint, name: 'own', batchSize: 4, microBatchSize: 2, questionsPerImage: 2, validation: { atEnds: false } },
    ];
    const config = tinyRun({ stages });
    expect(JSON.stringify(runConfigSchema.parse(JSON.parse(JSON.stringify(config))))).toBe(JSON.stringify(config));
  });
});
