/** What one stage does to the learner step by step, and how its held-out loss is measured: the two kinds of stage, behind one interface. */
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { visualTokensPerImage } from '../model/config.js';
import {
  batchSizes,
  isTextStage,
  type RunConfig,
  type Stage,
  type TextStage,
  type WordsStage,
} from '../recipe/recipe.js';
import { validationOf } from '../recipe/stage-validation.js';
import { withShiftedImages } from './augmentation.js';
import type { TrainingEvent } from './events.js';
import { buildMicroBatches } from './example-batch.js';
import { planBatches } from './examples.js';
import { learnBatches, learnWords } from './learn-batch.js';
import type { Learner } from './learner.js';
import { type DataSets, stageDataSet, trainingSamples, withQuestionsAbout } from './stage-data.js';
import { validationLoss, validationSets } from './validation.js';
import { buildWordsBatch, planImages } from './words-batch.js';

/** What a step has learned from. */
export interface LearnedStep {
  readonly exampleIds: readonly string[];
  /** Positions that were computed, padding excluded. */
  readonly tokens: number;
  /** Targets: tokens of answers, or words of visual tokens. */
  readonly answerTokens: number;
  /** Sequences, where questions may share them; else there are as many as examples. */
  readonly sequences?: number;
}

export interface StageWork {
  /** Adds the gradients of the 0-based step to the learner. */
  learn(step: number): LearnedStep;
  /** Held-out losses by source; a words stage has none. */
  validate?(): Extract<TrainingEvent, { type: 'validation' }>['loss'];
}

export interface StageSurroundings {
  readonly config: RunConfig;
  readonly data: DataSets;
  readonly learner: Learner;
  readonly tokenizer: Tokenizer;
}

export function stageWork(stage: Stage, surroundings: StageSurroundings): StageWork {
  return isTextStage(stage) ? textWork(stage, surroundings) : wordsWork(stage, surroundings);
}

function textWork(stage: TextStage, { config, data, learner, tokenizer }: StageSurroundings): StageWork {
  const { recipe, seed } = config;
  const { trainable, attentionMask: maskKind, questionsPerImage } = stage;
  const { batchSize, microBatchSize } = batchSizes(recipe, stage);
  const { validationSplit = 'validation' } = recipe;
  const dataSet = stageDataSet(config, stage, data);
  const samples = withQuestionsAbout(trainingSamples(dataSet, stage, seed), stage.questionTypes);
  const batches = withShiftedImages(planBatches(samples, stage, batchSize, seed), stage, seed);
  const size = { ...validationOf(recipe, stage), microBatchSize, questionsPerImage };
  const heldOut = validationSets(dataSet.splits[validationSplit] ?? [], size, learner.model, tokenizer, maskKind);
  return {
    learn: (step) => {
      const examples = batches.batch(step);
      const microBatches = buildMicroBatches(
        examples,
        { size: microBatchSize, questionsPerImage },
        config.model,
        tokenizer,
        maskKind,
      );
      learnBatches(learner, microBatches, trainable);
      return {
        exampleIds: examples.map(({ id }) => id),
        tokens: sum(microBatches.map(({ sequences }) => sequences.tokens)),
        answerTokens: sum(microBatches.map(({ sequences }) => sequences.labels.length)),
        ...(questionsPerImage === undefined
          ? {}
          : { sequences: sum(microBatches.map(({ imageCount }) => imageCount)) }),
      };
    },
    validate: () => validationLoss(learner.model, heldOut),
  };
}

function wordsWork(stage: WordsStage, { config, data, learner, tokenizer }: StageSurroundings): StageWork {
  const { recipe, seed, model } = config;
  const images = planImages(
    trainingSamples(stageDataSet(config, stage, data), stage, seed),
    stage,
    batchSizes(recipe, stage).batchSize,
    seed,
  );
  return {
    learn: (step) => {
      const samples = images.batch(step);
      const batch = buildWordsBatch(samples, model, tokenizer);
      learnWords(learner, batch, stage.trainable);
      return {
        exampleIds: samples.map(({ imageId }) => `words/${imageId}`),
        tokens: batch.imageCount * visualTokensPerImage(model),
        answerTokens: batch.targets.labels.length,
      };
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
