/**
 * The staged trainer: one loop over stages, one over steps. Each stage names the parts that learn, its data mixture, its learning
 * rates and its attention mask, and starts with fresh optimiser moments. Resumed from any checkpoint it ends with the same bits.
 */
import { setImmediate as letMessagesIn } from 'node:timers/promises';
import { createModel, type Model } from '../model/model.js';
import { ALONE, type Ranks } from '../ranks/ranks.js';
import { batchSizes, type RunConfig, type Stage } from '../recipe/recipe.js';
import { stageFlops } from '../recipe/stage-flops.js';
import { isValidatedAfter, validationOf } from '../recipe/stage-validation.js';
import { loadBackbones } from '../weights/backbones.js';
import type { PretrainedParts } from '../weights/pretrained-parts.js';
import { createLearner } from './create-learner.js';
import { deviceUse, resetDeviceUse } from './device-use.js';
import type { TrainingEvent } from './events.js';
import type { LearningRates } from './learner.js';
import { type LeftOutImage, LeftOutImages } from './left-out-images.js';
import { runTokenizer } from './run-tokenizer.js';
import { learningRateFactor } from './schedule.js';
import type { DataSets } from './stage-data.js';
import { stageWork } from './stage-work.js';
import { requireTextsThatFit } from './texts-that-fit.js';
import { TrainingError, TrainingInterrupted } from './training-error.js';

export interface TrainingJob {
  readonly config: RunConfig;
  /** Every data set that `dataSetNames` of the configuration tells. */
  readonly data: DataSets;
  /** What the backbones start from where it is not the package's own; required by a configuration whose tokenizer is `pretrained`. */
  readonly pretrained?: PretrainedParts;
  /** Folder of the checkpoint to go on from; whole, and of this run. */
  readonly resumeFrom?: string;
  /**
   * Called after the events of the same step, on rank 0 only; `write` fills an empty folder with the checkpoint, as that of the given run.
   */
  saveCheckpoint(step: number, write: (folder: string, run: string) => Promise<void>): Promise<void>;
  /** Broken training images that may be left out, over the whole run; none by default. */
  readonly allowBroken?: number;
  /** Those that were left out up to the checkpoint to go on from. */
  readonly leftOut?: readonly LeftOutImage[];
  /** Who trains together, each its own share of every step; this process alone by default. */
  readonly ranks?: Ranks;
  /** Bytes of the files of a checkpoint; 1 GiB by default. */
  readonly shardBytes?: number;
  /** The same events on every rank. */
  onEvent(event: TrainingEvent): void;
  /** When it aborts on any rank, a checkpoint is saved and TrainingInterrupted thrown. */
  readonly signal: AbortSignal;
}

/**
 * Trains a model on the current engine.
 *
 * @returns the trained model; the caller disposes it
 * @throws TrainingInterrupted after an abort, TrainingError on divergence or a checkpoint of another recipe, InputError for broken images
 */
export async function train({
  config,
  data,
  pretrained,
  resumeFrom,
  saveCheckpoint,
  allowBroken = 0,
  leftOut: before = [],
  ranks = ALONE,
  shardBytes,
  onEvent,
  signal,
}: TrainingJob): Promise<Model> {
  const { recipe } = config;
  const totalSteps = recipe.stages.reduce((sum, { steps }) => sum + steps, 0);
  const tokenizer = runTokenizer(config, data, pretrained?.reader);
  requireTextsThatFit(config, data, tokenizer);
  const model = initialModel(config, pretrained);

  const { optimizer } = recipe;
  const learner = createLearner({ model, optimizer, ranks, ...(shardBytes === undefined ? {} : { shardBytes }) });
  let step = resumeFrom === undefined ? 0 : (await learner.restore(resumeFrom)).step;
  if (step > totalSteps) throw tooLate(step, totalSteps);
  resetDeviceUse();
  const leftOut = new LeftOutImages({
    allowed: allowBroken,
    before,
    ranks,
    onLeftOut: (image) => onEvent({ type: 'image-left-out', step, ...image }),
  });

  let stageEnd = 0;
  for (const stage of recipe.stages) {
    const { name, trainable } = stage;
    const stageStart = stageEnd;
    stageEnd += stage.steps;
    if (step >= stageEnd) continue;

    const work = await stageWork(stage, { config, data, learner, tokenizer, leftOut, ranks });
    const { batchSize } = batchSizes(recipe, stage);
    const validation = validationOf(recipe, stage);
    const validate = () => {
      if (work.validate === undefined) return;
      if (!isValidatedAfter(step, validation, { begin: stageStart, end: stageEnd })) return;
      onEvent({ type: 'validation', stage: name, step, loss: work.validate() });
    };
    learner.enterStage(trainable, { resumed: step > stageStart });
    if (step === stageStart) validate();

    while (step < stageEnd) {
      const stageStep = step - stageStart;
      const learningRate = scaled(stage.learningRate, learningRateFactor(stageStep, stage.steps, optimizer));
      step += 1;
      const begun = performance.now();
      const { exampleIds, ...learned } = await work.learn(stageStep);
      learner.update(learningRate, { stage: name, step, exampleIds });

      // The event of a step tells its loss, so each step is settled before the next one.
      for (const { loss, gradientNorm, skipped } of learner.settle()) {
        const progress = { stage: name, step, totalSteps, loss, learningRate, gradientNorm };
        const { forward, backward } = stageFlops(model.config, stage, { examples: batchSize, ...learned });
        const use = deviceUse((forward + backward) / ranks.count, (performance.now() - begun) / 1000);
        onEvent({ type: 'step', ...progress, ...(skipped === true ? { skipped } : {}), ...learned, ...use });
      }
      validate();

      await letMessagesIn();
      // All ranks end after the same step, whichever of them was asked to.
      const [stopping = 0] = ranks.sum([signal.aborted ? 1 : 0]);
      if (step % recipe.checkpointEverySteps === 0 || step === totalSteps || stopping > 0) {
        if (ranks.rank === 0) await saveCheckpoint(step, (folder, run) => learner.save(folder, { run, step }));
        learner.attendSave(step);
        onEvent({ type: 'checkpoint', step });
      }
      if (stopping > 0 && step < totalSteps) {
        learner.dispose();
        throw new TrainingInterrupted(step);
      }
    }
  }
  learner.complete();
  learner.dispose();
  return model;
}

function initialModel({ model: config, recipe, seed }: RunConfig, pretrained: PretrainedParts | undefined): Model {
  if (pretrained !== undefined) return pretrained.createModel(config, recipe.initialization, seed);
  const model = createModel(config, seed);
  loadBackbones(model, recipe.initialization);
  return model;
}

const scaled = (rates: Stage['learningRate'], factor: number): LearningRates =>
  Object.fromEntries(Object.entries(rates).map(([part, rate]) => [part, rate * factor]));

function tooLate(step: number, totalSteps: number): TrainingError {
  const problem = `it was taken after step ${step}, but the recipe has ${totalSteps} steps`;
  return new TrainingError({ code: 'checkpoint-mismatch', problem });
}
