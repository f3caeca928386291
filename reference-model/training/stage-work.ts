/** What one stage does to the learner step by step, and how its held-out loss is measured: the two kinds of stage, behind one interface. */

import type { ModelReader } from '../data/chat/model-reader.js';
import type { DescribedImage } from '../data/dataset.js';
import { withPixels } from '../data/images/with-pixels.js';
import { InputError } from '../files/input-error.js';
import { visualTokensPerImage } from '../model/config.js';
import { ALONE, type Ranks } from '../ranks/ranks.js';
import {
  batchSizes,
  isTextStage,
  type RunConfig,
  type Stage,
  type TextStage,
  type WordsStage,
} from '../recipe/recipe.js';
import { validationOf } from '../recipe/stage-validation.js';
import { asViewed, withViews } from './augmentation.js';
import { withCaptionWords } from './caption-words.js';
import type { TrainingEvent } from './events.js';
import { buildMicroBatches } from './example-batch.js';
import { type Example, planBatches } from './examples.js';
import { examplesWithPixels } from './examples-with-pixels.js';
import { learnBatches, learnWords } from './learn-batch.js';
import type { Learner } from './learner.js';
import type { LeftOutImages } from './left-out-images.js';
import { rankShare } from './rank-share.js';
import { type DataSets, stageDataSet, trainingSamples, withQuestionsAbout } from './stage-data.js';
import { validationLoss, validationSets } from './validation.js';
import { buildWordsBatch, planImages } from './words-batch.js';

/** What a step has learned from, on all ranks together. */
export interface LearnedStep {
  /** Of all ranks, in the order of the step. */
  readonly exampleIds: readonly string[];
  /** Positions that were computed, padding excluded. */
  readonly tokens: number;
  /** Targets: tokens of answers, or words of visual tokens. */
  readonly answerTokens: number;
  /** Sequences, where questions may share them; else there are as many as examples. */
  readonly sequences?: number;
}

export interface StageWork {
  /**
   * Adds the gradients of the 0-based step to the learner.
   * @throws InputError naming images that are broken and not allowed to be, or where all images of the step are; on every rank the same
   */
  learn(step: number): Promise<LearnedStep>;
  /** Held-out losses by source; a words stage has none. */
  validate?(): Extract<TrainingEvent, { type: 'validation' }>['loss'];
}

export interface StageSurroundings {
  readonly config: RunConfig;
  readonly data: DataSets;
  readonly learner: Learner;
  readonly tokenizer: ModelReader;
  /** Who learns together; this process alone where it is not stated. */
  readonly ranks?: Ranks;
  /** What the run does without so far. */
  readonly leftOut: LeftOutImages;
}

/** @throws InputError naming a broken image of those that the stage is validated on */
export async function stageWork(stage: Stage, surroundings: StageSurroundings): Promise<StageWork> {
  return isTextStage(stage) ? textWork(stage, surroundings) : wordsWork(stage, surroundings);
}

async function textWork(
  stage: TextStage,
  { config, data, learner, tokenizer, leftOut, ranks = ALONE }: StageSurroundings,
): Promise<StageWork> {
  const { recipe, seed } = config;
  const { trainable, attentionMask: maskKind, questionsPerImage, captionsPerImage } = stage;
  const share = { rank: ranks.rank, ranks: ranks.count };
  const shared = {
    ...(questionsPerImage === undefined ? {} : { questionsPerImage }),
    ...(captionsPerImage === undefined ? {} : { captionsPerImage }),
  };
  const { batchSize, microBatchSize } = batchSizes(recipe, stage);
  const { validationSplit: split = 'validation' } = recipe;
  const dataSet = stageDataSet(config, stage, data);
  const samples = withQuestionsAbout(trainingSamples(dataSet, stage, seed), stage.questionTypes);
  const batches = planBatches(samples, stage, batchSize, seed);
  const size = { ...validationOf(recipe, stage), microBatchSize, split, ...shared };
  const heldOut = await validationSets(dataSet, size, learner.model, tokenizer, maskKind, ranks);
  const isThere = ({ sample }: Example<DescribedImage>) => !leftOut.has(dataSet.name, sample.imageId);
  const plannedAt = (step: number) => withViews(batches.batch(step), stage, { seed, step });
  const ownOf = (planned: readonly Example<DescribedImage>[]) => rankShare(planned, share, shared).filter(isThere);
  return {
    learn: async (step) => {
      const planned = plannedAt(step);
      const { examples: whole, broken } = await examplesWithPixels(dataSet, ownOf(planned));
      // While this step is computed, the images of the next are decoded.
      if (step + 1 < stage.steps) await dataSet.images?.ahead(imagesOf(ownOf(plannedAt(step + 1))));
      const sizes = { size: microBatchSize, ...shared };
      const microBatches = buildMicroBatches(asViewed(whole), sizes, config.model, tokenizer, maskKind);
      const [tokens = 0, answerTokens = 0, sequences = 0, brokenImages = 0] = ranks.sum([
        sum(microBatches.map((batch) => batch.sequences.tokens)),
        sum(microBatches.map((batch) => batch.sequences.labels.length)),
        sum(microBatches.map(({ imageCount }) => imageCount)),
        broken.length,
      ]);
      if (brokenImages > 0) await leftOut.add(dataSet.name, broken, imagesOf(planned));
      if (answerTokens === 0)
        throw nothingToLearn(stage, step, { data: dataSet.name, planned: imagesOf(planned), leftOut });
      // Gradients of several ranks are added, so that each divides by the targets of them all.
      learnBatches(learner, microBatches, trainable, answerTokens);
      return {
        exampleIds: planned.filter(isThere).map(({ id }) => id),
        tokens,
        answerTokens,
        ...(Object.keys(shared).length === 0 ? {} : { sequences }),
      };
    },
    validate: () => validationLoss(learner.model, heldOut, ranks),
  };
}

function wordsWork(
  stage: WordsStage,
  { config, data, learner, tokenizer, leftOut, ranks = ALONE }: StageSurroundings,
): StageWork {
  const { recipe, seed, model } = config;
  const dataSet = stageDataSet(config, stage, data);
  const drawn = trainingSamples(dataSet, stage, seed);
  const described = config.tokenizer !== 'byte-pairs' ? drawn : withCaptionWords(drawn, tokenizer);
  const images = planImages(described, stage, batchSizes(recipe, stage).batchSize, seed);
  const isThere = ({ imageId }: DescribedImage) => !leftOut.has(dataSet.name, imageId);
  const ownOf = (planned: readonly DescribedImage[]) =>
    planned.filter((sample, index) => index % ranks.count === ranks.rank && isThere(sample));
  return {
    learn: async (step) => {
      const planned = images.batch(step);
      const own = ownOf(planned);
      const { known, broken } = await withPixels(dataSet, own);
      const samples = own.flatMap((sample) => known.get(sample) ?? []);
      if (step + 1 < stage.steps) await dataSet.images?.ahead(idsOf(ownOf(images.batch(step + 1))));
      // A small step may leave nothing to some ranks.
      const batch = samples.length === 0 ? undefined : buildWordsBatch(samples, model, tokenizer);
      const [tokens = 0, answerTokens = 0, brokenImages = 0] = ranks.sum([
        samples.length * visualTokensPerImage(model),
        batch?.targets.labels.length ?? 0,
        broken.length,
      ]);
      if (brokenImages > 0) await leftOut.add(dataSet.name, broken, idsOf(planned));
      if (answerTokens === 0)
        throw nothingToLearn(stage, step, { data: dataSet.name, planned: idsOf(planned), leftOut });
      if (batch !== undefined && batch.targets.labels.length > 0) {
        learnWords(learner, batch, stage.trainable, answerTokens);
      }
      const exampleIds = idsOf(planned.filter(isThere)).map((imageId) => `words/${imageId}`);
      return { exampleIds, tokens, answerTokens };
    },
  };
}

/** Images of a step are broken, and allowed to be, or say nothing: without targets there is no gradient. */
function nothingToLearn(
  { name, steps }: Stage,
  step: number,
  images: { readonly data: string; readonly planned: readonly string[]; readonly leftOut: LeftOutImages },
): InputError {
  const planned = new Set(images.planned);
  const broken = images.leftOut.of(images.data).filter(({ imageId }) => planned.has(imageId));
  const shown = broken.slice(-3).map((image) => `${image.where}: ${image.problem}`);
  const areAllBroken = broken.length === planned.size;
  const why = areAllBroken
    ? `all of its images are broken (${shown.join('; ')})`
    : broken.length === 0
      ? 'no image of this step says a word'
      : `${broken.length} of its images are broken (${shown.join('; ')}), and the others say no word`;
  return new InputError({
    code: 'data-invalid',
    what: `step ${step + 1} of ${steps} of the stage ${name} has nothing to learn from: ${why}`,
    where: broken.at(-1)?.where ?? images.data,
    expected: areAllBroken
      ? 'at least one whole image in every step, however many broken ones are allowed'
      : 'at least one whole image with words in every step',
    fix:
      broken.length === 0
        ? 'leave out images without words (`exclude:` of a declaration), or make batchSize larger'
        : 'fetch the images again, leave them out (`exclude:` of a declaration), or make batchSize larger',
  });
}

const idsOf = (samples: readonly DescribedImage[]): readonly string[] => samples.map(({ imageId }) => imageId);

const imagesOf = (examples: readonly Example<DescribedImage>[]): readonly string[] => [
  ...new Set(examples.map(({ sample }) => sample.imageId)),
];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
