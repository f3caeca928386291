/** What a stage states for itself instead of its recipe: the sizes of its batches, and how it is validated. */
import { beforeAll, describe, expect, it } from 'vitest';
import { parameterArrays } from '../../../reference-model/checkpoint/load-parameters.js';
import { writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
import { disposeModel } from '../../../reference-model/model/model.js';
import {
  batchSizes,
  type RunConfig,
  type StageValidation,
  type TextStage,
} from '../../../reference-model/recipe/recipe.js';
import { isValidatedAfter, validationOf } from '../../../reference-model/recipe/stage-validation.js';
import type { TrainingEvent } from '../../../reference-model/training/events.js';
import { train } from '../../../reference-model/training/train.js';
import { tinyData, tinyRun } from './tiny-run.js';

let data: DataSet<Sample>;

beforeAll(async () => {
  await activateEngine('wasm');
  data = await tinyData();
});

async function trained(config: RunConfig): Promise<{ weights: string; events: readonly TrainingEvent[] }> {
  const events: TrainingEvent[] = [];
  const model = await train({
    config,
    data: { 'tiny-scenes': data },
    saveCheckpoint: async () => {},
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  const weights = sha256(writeSafetensors(parameterArrays(model.parameters)));
  disposeModel(model);
  return { weights, events };
}

const [align, joint] = tinyRun().recipe.stages as [TextStage, TextStage];
const stepsOf = (events: readonly TrainingEvent[], stage: string) =>
  events.flatMap((event) => (event.type === 'step' && event.stage === stage ? [event] : []));

describe('batches of a stage', () => {
  it('are as large as it says, and else as the recipe does', async () => {
    const mixed = await trained(tinyRun({ stages: [{ ...align, batchSize: 4 }, joint] }));
    const small = await trained(tinyRun({ batchSize: 4, microBatchSize: 4, stages: [align] }));
    expect(stepsOf(mixed.events, 'align').map(({ loss, tokens }) => [loss, tokens])).toEqual(
      stepsOf(small.events, 'align').map(({ loss, tokens }) => [loss, tokens]),
    );
    const usual = await trained(tinyRun());
    const tokens = (events: readonly TrainingEvent[]) => stepsOf(events, 'joint').map((step) => step.tokens);
    expect(tokens(mixed.events)).toEqual(tokens(usual.events));
  });

  it('are split into passes of the size that it says, with the same result but for rounding', async () => {
    const whole = await trained(tinyRun({ stages: [align] }));
    const split = await trained(tinyRun({ stages: [{ ...align, microBatchSize: 2 }] }));
    stepsOf(whole.events, 'align').forEach(({ loss, tokens }, index) => {
      const other = stepsOf(split.events, 'align')[index]!;
      expect(other.tokens).toBe(tokens);
      expect(other.loss).toBeCloseTo(loss, 4);
    });
  });

  it('are those of the recipe to the bit where the stage says the same', async () => {
    const usual = await trained(tinyRun());
    const stated = [align, joint].map((stage) => ({ ...stage, batchSize: 8, microBatchSize: 8 }));
    expect((await trained(tinyRun({ stages: stated }))).weights).toBe(usual.weights);
  });

  it('have no pass larger than a step', () => {
    const recipe = { batchSize: 32, microBatchSize: 16 };
    expect(batchSizes(recipe, {})).toEqual(recipe);
    expect(batchSizes(recipe, { batchSize: 8 })).toEqual({ batchSize: 8, microBatchSize: 8 });
    expect(batchSizes(recipe, { batchSize: 64 })).toEqual({ batchSize: 64, microBatchSize: 16 });
    expect(batchSizes(recipe, { microBatchSize: 4 })).toEqual({ batchSize: 32, microBatchSize: 4 });
  });
});

describe('validation of a stage', () => {
  const validations = (events: readonly TrainingEvent[]) =>
    events.flatMap((event) =>
      event.type === 'validation' ? [[event.stage, event.step, Object.keys(event.loss).sort()] as const] : [],
    );
  const all = ['ai-captions', 'human-captions', 'questions'];

  it('happens when and on what the stage says, and changes nothing else', async () => {
    const validation: StageValidation = { everySteps: 2, sources: ['questions'], atEnds: false };
    const stages = [
      { ...align, validation: { sources: [] } },
      { ...joint, validation },
    ];
    const own = await trained(tinyRun({ stages }));
    expect(validations(own.events)).toEqual([
      ['joint', 4, ['questions']],
      ['joint', 6, ['questions']],
    ]);
    const usual = await trained(tinyRun({ validateEverySteps: 2 }));
    expect(validations(usual.events)).toEqual([
      ['align', 0, all],
      ['align', 2, all],
      ['align', 3, all],
      ['joint', 4, all],
      ['joint', 6, all],
      ['joint', 7, all],
    ]);
    expect(own.weights).toBe(usual.weights);
    const at = ({ events }: typeof own) =>
      events.flatMap((event) => (event.type === 'validation' && event.step === 6 ? [event.loss.questions] : []));
    expect(at(own)).toEqual(at(usual));
  });

  it('is over as many examples as the stage says', async () => {
    const few = await trained(tinyRun({ stages: [{ ...align, validation: { examples: 4 } }] }));
    const recipe = await trained(tinyRun({ validationExamples: 4, stages: [align] }));
    expect(few.events).toEqual(recipe.events);
  });

  it('is after the last step also where that is one of every so many, whatever is said of the ends', () => {
    const every = { ...validationOf(tinyRun().recipe, { validation: { everySteps: 3, atEnds: false } }) };
    const after = [0, 3, 4, 5, 6].filter((step) => isValidatedAfter(step, every, { begin: 3, end: 6 }));
    expect(after).toEqual([6]);
  });
});
