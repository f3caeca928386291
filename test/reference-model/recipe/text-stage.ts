/** For tests about stages that learn texts. */
import { isTextStage, type Stage, type TextStage } from '../../../reference-model/recipe/recipe.js';

/** @throws Error for a stage of another kind */
export function textStage(stage: Stage | undefined): TextStage {
  if (stage !== undefined && isTextStage(stage)) return stage;
  throw new Error(`no stage that learns texts: ${JSON.stringify(stage)}`);
}
