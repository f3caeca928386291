/**
 * The staged trainer: one loop over stages, one over steps. Each stage names the parts that learn, its data mixture, its learning
 * rates and its attention mask, and starts with fresh optimiser moments. Resumed from any checkpoint it ends with the same bits.
 */
import { setImmediate as letMessagesIn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../model/config.js';
import { createModel, type Model } from '../model/model.js';
import type { RunConfig, Stage } from '../recipe/recipe.js';
import { loadBackbones } from '../weights/backbones.js';
import { withShiftedImages } from './augmentation.js';
import { openTraining, saveTraining } from './checkpoint.js';
import type { TrainingEvent } from './events.js';
import { buildMicroBatches } from './example-batch.js';
import { type Example, planBatches } from './examples.js';
import { accumulateGradients } from './gradients.js';
import { modelTokenizer } from './model-tokenizer.js';
import { AdamW, globalNorm } from './optimizer.js';
import { learningRateFactor } from './schedule.js';
import { type DataSets, stageDataSet, trainingSamples, withQuestionsAbout } from './stage-data.js';
import { TrainingError, TrainingInterrupted } from './training-error.js';
import { validationLoss, validationSets } from './validation.js';

export interface TrainingJob {
  readonly config: RunConfig;
  /** Every data set that `dataSetNames` of the configuration tells. */
  readonly data: DataSets;
  /** Folder of the checkpoint to go on from; whole, and of this run. */
  readonly resumeFrom?: string;
  /** Called after the events of the same step; `write` fills an empty folder with the checkpoint, as that of the given run. */
  saveCheckpoint(step: number, write: (folder: string, run: string) => Promise<void>): Promise<void>;
  /** Bytes of the files of a checkpoint; 1 GiB by default. */
  readonly shardBytes?: number;
  onEvent(event: TrainingEvent): void;
  /** When it aborts, a checkpoint is saved and TrainingInterrupted thrown. */
  readonly signal: AbortSignal;
}

/**
 * Trains a model on the current tfjs backend.
 *
 * @returns the trained model; the caller disposes it
 * @throws TrainingInterrupted after an abort, TrainingError on divergence or a checkpoint of another recipe
 */
export async function train({
  config,
  data,
  resumeFrom,
  saveCheckpoint,
  shardBytes,
  onEvent,
  signal,
}: TrainingJob): Promise<Model> {
  const { recipe, seed } = config;
  const totalSteps = recipe.stages.reduce((sum, { steps }) => sum + steps, 0);
  const tokenizer = modelTokenizer(config.model.language.vocabularySize);
  const model = createModel(config.model, seed);
  loadBackbones(model, recipe.initialization);

  const checkpoint = resumeFrom === undefined ? undefined : openTraining(resumeFrom);
  let step = checkpoint?.step ?? 0;
  if (step > totalSteps) {
    const problem = `it was taken after step ${step}, but the recipe has ${totalSteps} steps`;
    throw new TrainingError({ code: 'checkpoint-mismatch', problem });
  }
  checkpoint?.restoreWeights(model);
  let saved = step;

  let stageEnd = 0;
  for (const stage of recipe.stages) {
    const stageStart = stageEnd;
    stageEnd += stage.steps;
    if (step >= stageEnd) continue;

    const dataSet = stageDataSet(config, stage, data);
    const samples = withQuestionsAbout(trainingSamples(dataSet, stage, seed), stage.questionTypes);
    const batches = withShiftedImages(planBatches(samples, stage, recipe.batchSize, seed), stage, seed);
    const heldOut = validationSets(dataSet.splits.validation, recipe, model, tokenizer, stage.attentionMask);
    const optimizer = new AdamW(recipe.optimizer);
    if (step > stageStart) checkpoint?.restoreMoments(optimizer);
    if (step === 0) onEvent({ type: 'validation', stage: stage.name, step, loss: validationLoss(model, heldOut) });

    while (step < stageEnd) {
      const stageStep = step - stageStart;
      const examples = batches.batch(stageStep);
      const microBatches = buildMicroBatches(
        examples,
        recipe.microBatchSize,
        config.model,
        tokenizer,
        stage.attentionMask,
      );
      const { loss, gradients } = accumulateGradients(model, microBatches, stage.trainable);
      const gradientNorm = globalNorm(gradients);
      step += 1;
      requireFinite({ loss, 'gradient norm': gradientNorm }, { stage: stage.name, step, examples, saved });

      const learningRate = scaled(stage.learningRate, learningRateFactor(stageStep, stage.steps, recipe.optimizer));
      optimizer.apply(gradients, learningRate, gradientNorm);
      tf.dispose(gradients.map(({ gradient }) => gradient));

      const tokens = microBatches.reduce((sum, { sequences }) => sum + sequences.tokens, 0);
      const answerTokens = microBatches.reduce((sum, { sequences }) => sum + sequences.labels.length, 0);
      const progress = { stage: stage.name, step, totalSteps, loss, learningRate, gradientNorm };
      onEvent({ type: 'step', ...progress, tokens, answerTokens });
      if (step % recipe.validateEverySteps === 0 || step === stageEnd) {
        onEvent({ type: 'validation', stage: stage.name, step, loss: validationLoss(model, heldOut) });
      }

      await letMessagesIn();
      if (step % recipe.checkpointEverySteps === 0 || step === totalSteps || signal.aborted) {
        const training = { model, optimizer, ...(shardBytes === undefined ? {} : { shardBytes }) };
        await saveCheckpoint(step, async (folder, run) => saveTraining(folder, { run, step }, training));
        saved = step;
        onEvent({ type: 'checkpoint', step });
      }
      if (signal.aborted && step < totalSteps) {
        optimizer.dispose();
        throw new TrainingInterrupted(step);
      }
    }
    optimizer.dispose();
  }
  return model;
}

const scaled = (rates: Stage['learningRate'], factor: number): Partial<Record<Part, number>> =>
  Object.fromEntries(Object.entries(rates).map(([part, rate]) => [part, rate * factor]));

function requireFinite(
  quantities: Readonly<Record<'loss' | 'gradient norm', number>>,
  where: {
    readonly stage: string;
    readonly step: number;
    readonly examples: readonly Example[];
    readonly saved: number;
  },
): void {
  for (const quantity of ['loss', 'gradient norm'] as const) {
    const value = quantities[quantity];
    if (Number.isFinite(value)) continue;
    const { stage, step, examples, saved } = where;
    const exampleIds = examples.map(({ id }) => id);
    throw new TrainingError({ code: 'diverged', stage, step, quantity, value, exampleIds, lastCheckpoint: saved });
  }
}
