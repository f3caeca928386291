/** The short training loop that both pretrainings share: one loss, one learning rate, AdamW with warm-up and cosine. */
import { setImmediate as letMessagesIn } from 'node:timers/promises';
import type * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../model/config.js';
import type { Model } from '../model/model.js';
import { createLearner } from '../training/create-learner.js';
import { learningRateFactor } from '../training/schedule.js';
import { PRETRAINING_OPTIMIZER, type PretrainingSchedule } from './schedule.js';

export interface PretrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** Minimises `lossOf(step)` over the parameters of a part, in place. Returns the mean loss of the last tenth of the steps. */
export async function optimize(
  { model, part }: { readonly model: Model; readonly part: Part },
  lossOf: (step: number) => tf.Scalar,
  { steps, learningRate }: PretrainingSchedule,
  onProgress: (progress: PretrainingProgress) => void,
): Promise<number> {
  const learner = createLearner({ model, optimizer: PRETRAINING_OPTIMIZER });
  learner.enterStage([part]);
  const tail = Math.ceil(steps / 10);
  let tailSum = 0;
  for (let step = 0; step < steps; step++) {
    learner.backward(() => lossOf(step));
    const rate = learningRate * learningRateFactor(step, steps, PRETRAINING_OPTIMIZER);
    learner.update({ [part]: rate }, { stage: `pretraining of ${part}`, step: step + 1, exampleIds: [] });
    for (const { loss } of learner.settle()) {
      if (step >= steps - tail) tailSum += loss;
      onProgress({ step: step + 1, steps, loss });
    }
    await letMessagesIn();
  }
  learner.dispose();
  return tailSum / tail;
}
