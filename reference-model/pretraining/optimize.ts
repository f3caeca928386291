/** The short training loop that both pretrainings share: one loss, one learning rate, AdamW with warm-up and cosine. */
import { setImmediate as letMessagesIn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../model/parameters.js';
import { AdamW, globalNorm } from '../training/optimizer.js';
import { learningRateFactor } from '../training/schedule.js';
import { PRETRAINING_OPTIMIZER, type PretrainingSchedule } from './schedule.js';

export interface PretrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** Minimises `lossOf(step)` over the parameters, in place. Returns the mean loss of the last tenth of the steps. */
export async function optimize(
  parameters: readonly Parameter[],
  lossOf: (step: number) => tf.Scalar,
  { steps, learningRate }: PretrainingSchedule,
  onProgress: (progress: PretrainingProgress) => void,
): Promise<number> {
  const optimizer = new AdamW(PRETRAINING_OPTIMIZER);
  const tail = Math.ceil(steps / 10);
  let tailSum = 0;
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(
      () => lossOf(step),
      parameters.map(({ variable }) => variable),
    );
    const gradients = parameters.map((parameter) => ({ parameter, gradient: grads[parameter.variable.name]! }));
    const rate = learningRate * learningRateFactor(step, steps, PRETRAINING_OPTIMIZER);
    optimizer.apply(gradients, { vision: rate, connector: rate, language: rate }, globalNorm(gradients));
    const loss = value.dataSync()[0]!;
    tf.dispose([value, ...gradients.map(({ gradient }) => gradient)]);
    if (step >= steps - tail) tailSum += loss;
    onProgress({ step: step + 1, steps, loss });
    await letMessagesIn();
  }
  optimizer.dispose();
  return tailSum / tail;
}
