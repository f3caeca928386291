/**
 * Pretrains the vision encoder by classification: every patch names the shape, colour and size in its quarter of the scene through
 * linear heads, which are thrown away afterwards.
 */
import * as tf from '@tensorflow/tfjs-core';
import { normalizeBatch } from '../data/preprocessing.js';
import type { VisionConfig } from '../model/config.js';
import { type Model, withParameters } from '../model/model.js';
import { createParameter, disposeParameters, initialValues, type Parameter } from '../model/parameters.js';
import { encodeImages } from '../model/vision-encoder.js';
import { linear } from '../ops/linear.js';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.js';
import { optimize, type PretrainingProgress } from './optimize.js';
import { CELL_CLASSES, type CellLabels, visionExample } from './scene-corpus.js';
import type { PretrainingSchedule } from './schedule.js';

const LABELS = ['shape', 'color', 'size'] as const;

/** A linear classifier of one label, [classes, hidden size] with a bias. */
interface Head {
  readonly label: keyof CellLabels;
  readonly weight: Parameter;
  readonly bias: Parameter;
}

function createHeads(hiddenSize: number, seed: number): readonly Head[] {
  return LABELS.map((label) => {
    const create = (name: string, shape: readonly number[], decay: boolean): Parameter => {
      const initialization = decay
        ? ({ kind: 'normal', standardDeviation: 1 / Math.sqrt(hiddenSize) } as const)
        : ({ kind: 'zeros' } as const);
      const specification = { name, part: 'vision', shape, decay, initialization } as const;
      return createParameter(specification, initialValues(specification, seed));
    };
    return {
      label,
      weight: create(`head.${label}.weight`, [CELL_CLASSES[label], hiddenSize], true),
      bias: create(`head.${label}.bias`, [CELL_CLASSES[label]], false),
    };
  });
}

/** The cell (0–3, reading order) in which each patch lies. */
function cellOfPatches({ imageSize, patchSize }: VisionConfig): readonly number[] {
  const side = imageSize / patchSize;
  return Array.from({ length: side * side }, (_, patch) => {
    const row = Math.floor(patch / side);
    return (row < side / 2 ? 0 : 2) + (patch % side < side / 2 ? 0 : 1);
  });
}

/** Trains the model's vision encoder in place. Returns the mean loss at the end: the three cross-entropies summed, in nats. */
export async function pretrainVision(
  model: Model,
  schedule: PretrainingSchedule,
  onProgress: (progress: PretrainingProgress) => void,
): Promise<number> {
  const { vision } = model.config;
  const cells = cellOfPatches(vision);
  const heads = createHeads(vision.hiddenSize, schedule.seed);
  const headParameters = heads.flatMap(({ weight, bias }) => [weight, bias]);
  const learning = withParameters(model, headParameters);
  const lossOf = (step: number): tf.Scalar => {
    const examples = Array.from({ length: schedule.batchSize }, (_, i) =>
      visionExample(schedule.seed, step * schedule.batchSize + i),
    );
    const pixels = normalizeBatch(examples.map(({ image }) => image));
    const input = tf.tensor4d(pixels, [examples.length, vision.imageSize, vision.imageSize, 3]);
    const features = tf.reshape(encodeImages(learning, input), [-1, vision.hiddenSize]); // [images · patches, D]
    const losses = heads.map(({ label, weight, bias }): tf.Tensor => {
      const labels = examples.flatMap((example) => cells.map((cell) => example.cells[cell]![label]));
      const logits = linear(features, learning.weights(weight.name), learning.weights(bias.name));
      return tf.sum(softmaxCrossEntropy(logits, tf.tensor1d(labels, 'int32')));
    });
    return tf.mul(
      losses.reduce((sum, loss) => tf.add(sum, loss)),
      1 / (examples.length * cells.length),
    ) as tf.Scalar;
  };
  const loss = await optimize({ model: learning, part: 'vision' }, lossOf, schedule, onProgress);
  disposeParameters(headParameters);
  return loss;
}
