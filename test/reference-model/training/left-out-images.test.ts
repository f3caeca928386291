/** A run without its broken images is the same run for any number of ranks: what it learns from, what it says, and where it ends. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DataSet, DescribedImage } from '../../../reference-model/data/dataset.js';
import { dealtAnswers } from '../../../reference-model/evaluation/dealt-answers.js';
import { InputError } from '../../../reference-model/files/input-error.js';
import type { Model } from '../../../reference-model/model/model.js';
import { ALONE, type Ranks } from '../../../reference-model/ranks/ranks.js';
import type { RunConfig, Stage, TextStage, WordsStage } from '../../../reference-model/recipe/recipe.js';
import { planBatches } from '../../../reference-model/training/examples.js';
import type { Learner } from '../../../reference-model/training/learner.js';
import { type LeftOutImage, LeftOutImages } from '../../../reference-model/training/left-out-images.js';
import { runTokenizer } from '../../../reference-model/training/run-tokenizer.js';
import { type LearnedStep, stageWork } from '../../../reference-model/training/stage-work.js';
import { validationSets } from '../../../reference-model/training/validation.js';
import { planImages } from '../../../reference-model/training/words-batch.js';
import { replayedRanks } from './replayed-ranks.js';
import { tinyRun } from './tiny-run.js';

const words: WordsStage = {
  name: 'words',
  kind: 'words',
  steps: 2,
  trainable: ['connector'],
  learningRate: { connector: 1e-3 },
};
const captions: TextStage = {
  name: 'captions',
  steps: 6,
  trainable: ['connector'],
  learningRate: { connector: 1e-3 },
  mixture: { 'human-captions': 1 },
  captionsPerImage: 2,
  attentionMask: 'causal',
};

/** Of images that are read, some of which are broken. */
function dataOf(images: number, broken: ReadonlySet<string>): DataSet {
  const train = Array.from({ length: images }, (_, index): DescribedImage => {
    const texts = ['a red circle', 'one circle here', `a thing of ${'many '.repeat(index % 3)}words`];
    return { imageId: `i${index}`, humanCaptions: texts, aiCaptions: [], questions: [], words: [[['red']]] };
  });
  const image = { width: 32, height: 32, pixels: new Uint8Array(32 * 32 * 3) };
  return {
    name: 'read',
    fingerprint: 'none',
    splits: { train, validation: [], test: [] },
    images: {
      ahead: async () => {},
      take: async (imageIds) => ({
        images: new Map(imageIds.flatMap((id) => (broken.has(id) ? [] : [[id, image] as const]))),
        broken: [...new Set(imageIds)]
          .filter((id) => broken.has(id))
          .map((imageId) => ({ imageId, where: `/images/${imageId}.jpg`, problem: 'it is empty' })),
      }),
      close: async () => {},
    },
  };
}

function runOf(batchSize: number): RunConfig {
  const { model, ...rest } = tinyRun({ batchSize, microBatchSize: 4, stages: [words, captions] });
  const language = { ...model.language, vocabularySize: 320, maximumPositions: 256 };
  return { ...rest, data: { name: 'read' }, tokenizer: 'byte-pairs', model: { ...model, language } };
}

/** What nothing is computed with. */
const learner = {
  model: { inference: () => ({ dispose: () => {} }) },
  backward: () => {},
} as unknown as Learner;

interface Trained {
  readonly steps: readonly LearnedStep[];
  readonly leftOut: readonly (LeftOutImage & { readonly step: number })[];
  readonly problem?: InputError['problem'];
}

/** The two stages on one rank, from a step on. */
async function trained(
  config: RunConfig,
  data: DataSet,
  { ranks, allowed, from = 0, before = [] }: { ranks: Ranks; allowed: number; from?: number; before?: LeftOutImage[] },
): Promise<Trained> {
  const steps: LearnedStep[] = [];
  const told: (LeftOutImage & { readonly step: number })[] = [];
  try {
    const onLeftOut = (image: LeftOutImage) => told.push({ ...image, step: from + steps.length });
    const leftOut = new LeftOutImages({ allowed, before, ranks, onLeftOut });
    const tokenizer = runTokenizer(config, { read: data });
    let begin = 0;
    for (const stage of config.recipe.stages as readonly Stage[]) {
      const work = await stageWork(stage, { config, data: { read: data }, learner, tokenizer, leftOut, ranks });
      for (let step = Math.max(0, from - begin); step < stage.steps; step++) steps.push(await work.learn(step));
      begin += stage.steps;
    }
    return { steps, leftOut: told };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { steps, leftOut: told, problem: error.problem };
  }
}

const runs = fc
  .record({
    images: fc.integer({ min: 5, max: 14 }),
    batchSize: fc.integer({ min: 2, max: 9 }),
    broken: fc.uniqueArray(fc.nat(13), { maxLength: 4 }),
    allowed: fc.nat(4),
  })
  .map(({ broken, ...rest }) => ({ ...rest, broken: new Set(broken.map((index) => `i${index}`)) }));

it('learns from the same, leaves out the same, and ends with the same words on 1, 2, 3 and 4 ranks', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ images, batchSize, broken, allowed }) => {
      const [config, data] = [runOf(batchSize), dataOf(images, broken)];
      const [alone] = await replayedRanks(1, (ranks) => trained(config, data, { ranks, allowed }));
      for (const count of [2, 3, 4]) {
        const divided = await replayedRanks(count, (ranks) => trained(config, data, { ranks, allowed }));
        for (const rank of divided) expect(rank).toEqual(alone);
      }
    }),
    { numRuns: 15 },
  );
});

it('ends in the first step that meets one image more than is allowed, and names all of them', async () => {
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 4 }), async ({ images, batchSize, broken, allowed }, count) => {
      const config = { ...runOf(batchSize), recipe: { ...runOf(batchSize).recipe, stages: [captions] } };
      const data = dataOf(images, broken);
      const plan = planBatches(data.splits.train, captions, batchSize, config.seed);
      const met = new Set<string>();
      let expected = 0;
      for (; expected < captions.steps; expected++) {
        for (const { sample } of plan.batch(expected)) if (broken.has(sample.imageId)) met.add(sample.imageId);
        if (met.size > allowed || plan.batch(expected).every(({ sample }) => broken.has(sample.imageId))) break;
      }
      const ended = await replayedRanks(count, (ranks) => trained(config, data, { ranks, allowed }));
      for (const rank of ended) {
        if (rank instanceof Error) throw rank;
        expect(rank.steps).toHaveLength(expected);
        expect(rank.problem === undefined).toBe(expected === captions.steps);
        if (met.size <= allowed) continue;
        expect(rank.problem!.what).toMatch(new RegExp(`^${met.size} images? (?:is|are) broken: `));
        for (const imageId of met) expect(rank.problem!.what).toContain(`/images/${imageId}.jpg: it is empty`);
        expect(rank.problem!.expected).toBe(`at most ${allowed} (--allow-broken ${allowed})`);
      }
    }),
    { numRuns: 30 },
  );
});

it('tells images that are broken from those that say no word, and names those of the step alone', async () => {
  const [config, whole] = [runOf(2), dataOf(6, new Set())];
  const plan = planImages(whole.splits.train, words, 2, config.seed);
  const [[a, b], [c, d]] = [plan.batch(0), plan.batch(1)] as unknown as [DescribedImage, DescribedImage][];
  const end = async (broken: readonly DescribedImage[], silent: readonly DescribedImage[]) => {
    const data = dataOf(6, new Set(broken.map(({ imageId }) => imageId)));
    const mute = new Set(silent.map(({ imageId }) => imageId));
    const said = data.splits.train.map((sample) => (mute.has(sample.imageId) ? { ...sample, words: [[[]]] } : sample));
    const { learn } = await stageWork(words, {
      config: { ...config, tokenizer: 'pretrained' },
      data: { read: { ...data, splits: { ...data.splits, train: said } } },
      learner,
      tokenizer: runTokenizer(config, { read: whole }),
      leftOut: new LeftOutImages({ allowed: 4, before: [], ranks: ALONE, onLeftOut: () => {} }),
    });
    const error: unknown = await learn(0)
      .then(() => learn(1))
      .catch((reason: unknown) => reason);
    return (error as InputError).problem;
  };
  const silent = await end([a!], [c!, d!]);
  expect(silent.what).toMatch(/^step 2 of 2 .*: no image of this step says a word$/);
  expect(silent.where).toBe('read');
  const mixed = await end([a!, c!], [d!]);
  expect(mixed.what).toContain(`1 of its images are broken (/images/${c!.imageId}.jpg: it is empty), and the others`);
  const all = await end([b!, c!, d!], []);
  expect(all.what).toContain('all of its images are broken (');
  expect(all.what).not.toContain(`/${b!.imageId}.jpg`);
});

it('names the examples of all ranks, for the error of a step that is not finite', async () => {
  const [config, data] = [runOf(6), dataOf(9, new Set(['i3']))];
  const { stages } = config.recipe;
  const plan = planBatches(data.splits.train, captions, 6, config.seed);
  for (const rank of await replayedRanks(4, (ranks) => trained(config, data, { ranks, allowed: 1 }))) {
    if (rank instanceof Error) throw rank;
    rank.steps.slice(stages[0]!.steps).forEach(({ exampleIds }, step) => {
      const whole = plan.batch(step).filter(({ sample }) => sample.imageId !== 'i3');
      expect(exampleIds).toEqual(whole.map(({ id }) => id));
    });
  }
});

it('goes on counting where it was stopped, with another number of ranks too', async () => {
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 7 }), async ({ images, batchSize, broken, allowed }, from) => {
      const [config, data] = [runOf(batchSize), dataOf(images, broken)];
      const [whole] = await replayedRanks(1, (ranks) => trained(config, data, { ranks, allowed }));
      if (whole instanceof Error) throw whole;
      if (whole!.steps.length < from) return;
      const before = whole!.leftOut.filter(({ step }) => step < from).map(({ step: _, ...image }) => image);
      const after = await replayedRanks(2, (ranks) => trained(config, data, { ranks, allowed, from, before }));
      for (const rank of after) {
        if (rank instanceof Error) throw rank;
        expect(rank.steps).toEqual(whole!.steps.slice(from));
        expect(rank.leftOut).toEqual(whole!.leftOut.filter(({ step }) => step >= from));
        expect(rank.problem).toEqual(whole!.problem);
      }
    }),
    { numRuns: 30 },
  );
});

it('names every broken image of what is measured, on 1 to 4 ranks with the same words', async () => {
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 4 }), async ({ images, broken }, microBatchSize) => {
      const config = runOf(4);
      const { splits, ...data } = dataOf(images, broken);
      const heldOut = { ...data, splits: { ...splits, validation: splits.train } };
      const tokenizer = runTokenizer(config, { read: heldOut });
      const size = { split: 'validation', sources: ['human-captions'], examples: 2 * images, microBatchSize } as const;
      const model = { config: config.model } as Model;
      const met = splits.train.filter(({ imageId }) => broken.has(imageId));
      for (const count of [1, 2, 4]) {
        const ended = await replayedRanks(count, (ranks) =>
          validationSets(heldOut, size, model, tokenizer, 'causal', ranks),
        );
        const answered = await replayedRanks(count, async (ranks) => {
          const own = met.filter((_, index) => index % count === ranks.rank);
          const told = own.map(({ imageId }) => ({ imageId, where: `/images/${imageId}.jpg`, problem: 'it is empty' }));
          return dealtAnswers({ batches: [[ranks.rank]], broken: told }, ranks);
        });
        for (const end of [...ended, ...answered]) {
          if (met.length === 0) {
            expect(end).not.toBeInstanceOf(Error);
            continue;
          }
          const { what, expected } = (end as InputError).problem;
          expect(what).toMatch(new RegExp(`^${met.length} images? (?:is|are) broken: `));
          for (const { imageId } of met) expect(what).toContain(`/images/${imageId}.jpg: it is empty`);
          expect(expected).toBe('at most 0 (an evaluation is of all its images)');
        }
      }
    }),
    { numRuns: 15 },
  );
});
