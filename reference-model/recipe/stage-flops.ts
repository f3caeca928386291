/** Floating-point operations of the steps of a stage, of either kind. */
import type { ModelConfig } from '../model/config.js';
import { type Flops, modelFlops } from '../model/model-flops.js';
import { type ExampleWork, exampleFlops } from '../model/step-flops.js';
import { isTextStage, type Stage } from './recipe.js';

/** @param work a step's; of a words stage, its targets are the words, and the decoder stays out of it */
export function stageFlops(model: ModelConfig, stage: Stage, work: ExampleWork): Flops {
  if (isTextStage(stage)) return exampleFlops(model, work, stage.trainable);
  const shape = { images: work.examples, sequences: 0, length: 0, targets: work.answerTokens };
  return modelFlops({ ...model, language: { ...model.language, layers: 0 } }, shape, stage.trainable);
}
