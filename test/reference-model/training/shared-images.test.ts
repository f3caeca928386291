/** Stages whose questions share a pass over their image: which examples they draw, and that nothing but rounding tells them apart. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { createModel, disposeModel } from '../../../reference-model/model/model.js';
import type { TextStage } from '../../../reference-model/recipe/recipe.js';
import { validationOf } from '../../../reference-model/recipe/stage-validation.js';
import { asViewed, withViews } from '../../../reference-model/training/augmentation.js';
import type { TrainingEvent } from '../../../reference-model/training/events.js';
import { type Example, planBatches } from '../../../reference-model/training/examples.js';
import { heldOutGroups } from '../../../reference-model/training/held-out.js';
import { imageGroups, packGroups } from '../../../reference-model/training/image-groups.js';
import { modelTokenizer } from '../../../reference-model/training/model-tokenizer.js';
import { train } from '../../../reference-model/training/train.js';
import { validationLoss, validationSets } from '../../../reference-model/training/validation.js';
import { tinyData, tinyRun } from './tiny-run.js';

let data: DataSet<Sample>;

beforeAll(async () => {
  await activateEngine('wasm');
  data = await tinyData();
});

const [, joint] = tinyRun().recipe.stages as [TextStage, TextStage];
const asking = (questionsPerImage: number, changes: Partial<TextStage> = {}): TextStage => ({
  ...joint,
  mixture: { questions: 1 },
  questionsPerImage,
  ...changes,
});
const batchesOf = (stage: TextStage, size: number, steps: number, seed = 3) => {
  const plan = planBatches(data.splits.train, stage, size, seed);
  return Array.from({ length: steps }, (_, step) => plan.batch(step));
};
const idsOf = (examples: readonly Example[]) => examples.map(({ id }) => id);

describe('batches of a stage whose questions share images', () => {
  it('hold so many questions, image by image, none twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 1, max: 5 }), (perImage, images) => {
        for (const batch of batchesOf(asking(perImage), perImage * images, 3)) {
          expect(batch).toHaveLength(perImage * images);
          expect(imageGroups(batch, { questionsPerImage: perImage }).map((group) => group.length)).toEqual(
            Array(images).fill(perImage),
          );
          expect(new Set(idsOf(batch)).size).toBe(batch.length);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('come to every question equally often', () => {
    // 40 images with seven questions each, three at a time: after seven epochs each question was there three times.
    const seen = new Map<string, number>();
    for (const batch of batchesOf(asking(3), 30, (40 * 3 * 7) / 30)) {
      for (const id of idsOf(batch)) seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    expect(seen.size).toBe(280);
    expect(new Set(seen.values())).toEqual(new Set([3]));
  });

  it('take all questions of an image that has fewer', () => {
    const few = asking(50);
    const all = batchesOf(few, 280, 1)[0]!;
    expect(imageGroups(all, { questionsPerImage: 50 }).map((group) => group.length)).toEqual(Array(40).fill(7));
  });

  it('are those of a stage that says nothing where each question stands alone', () => {
    const { questionsPerImage: _, ...usual } = asking(1);
    expect(batchesOf(asking(1), 8, 5).map(idsOf)).toEqual(batchesOf(usual, 8, 5).map(idsOf));
  });

  it('move an image once for all of its questions', () => {
    const stage = asking(7, { imageShift: 3 });
    const planned = planBatches(data.splits.train, stage, 21, 3).batch(0);
    const moved = asViewed(withViews(planned, stage, { seed: 3, step: 0 }));
    expect(imageGroups(moved, { questionsPerImage: 7 }).map((group) => group.length)).toEqual([7, 7, 7]);
    expect(new Set(moved.map(({ sample }) => sample)).size).toBe(3);
  });
});

describe('groups', () => {
  it('are packed in their order, up to the size, and none is lost', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 16 }), (sizes, size) => {
        const groups = sizes.map((length, index) => Array(length).fill(index));
        const packs = packGroups(groups, size);
        expect(packs.flat()).toEqual(groups);
        for (const [i, pack] of packs.entries()) {
          const count = pack.flat().length;
          if (pack.length > 1) expect(count).toBeLessThanOrEqual(size);
          if (i > 0) expect(packs[i - 1]!.flat().length + pack[0]!.length).toBeGreaterThan(size);
        }
      }),
    );
  });

  it('of held-out questions are the same questions', () => {
    const samples = data.splits.validation;
    for (const count of [5, 16, 40, 200]) {
      const alone = heldOutGroups(samples, 'questions', { count });
      const together = heldOutGroups(samples, 'questions', { count, questionsPerImage: 4 });
      expect(idsOf(together.flat()).sort()).toEqual(idsOf(alone.flat()).sort());
      expect(together.length).toBe(count <= 16 ? count : Math.max(16, together.length));
    }
  });
});

describe('training on questions that share images', () => {
  async function losses(stage: TextStage, microBatchSize: number) {
    const events: TrainingEvent[] = [];
    const config = tinyRun({ stages: [stage], batchSize: 21, microBatchSize, validationExamples: 60 });
    const model = await train({
      config,
      data: { 'tiny-scenes': data },
      saveCheckpoint: async () => {},
      onEvent: (event) => events.push(event),
      signal: new AbortController().signal,
    });
    disposeModel(model);
    return events;
  }

  it('learns the same within rounding, however many passes a step takes, and counts what it computes', async () => {
    const stage = asking(7, { steps: 3 });
    const whole = await losses(stage, 21);
    const split = await losses(stage, 7);
    const steps = (events: readonly TrainingEvent[]) =>
      events.flatMap((event) => (event.type === 'step' ? [event] : []));
    steps(whole).forEach((step, i) => {
      const other = steps(split)[i]!;
      expect(other.loss).toBeCloseTo(step.loss, 4);
      expect(other.gradientNorm).toBeCloseTo(step.gradientNorm, 3);
      expect([other.tokens, other.sequences]).toEqual([step.tokens, 3]);
    });
  });

  it('is validated with the numbers of questions that stand alone', async () => {
    const config = tinyRun();
    const model = createModel(config.model, 5);
    const tokenizer = modelTokenizer(config.model.language.vocabularySize);
    const size = { ...validationOf(config.recipe, {}), examples: 100, microBatchSize: 8 };
    const of = async (shared: { readonly questionsPerImage?: number } = {}) =>
      validationLoss(
        model,
        await validationSets(
          data,
          { ...size, ...shared, split: 'validation' },
          model,
          tokenizer,
          'visual-bidirectional',
        ),
      );
    const [alone, shared] = [await of(), await of({ questionsPerImage: 7 })];
    expect(Object.keys(shared)).toEqual(Object.keys(alone));
    expect(shared['ai-captions']).toBe(alone['ai-captions']);
    expect(shared.questions! / alone.questions!).toBeCloseTo(1, 5);
    disposeModel(model);
  });
});
