/** Which masks several runs have between them: where they are compared, all of them shall take the same kernel of attention. */
import type { MaskFamily } from '../ops/attention-mask.js';
import { isTextStage, type Recipe } from './recipe.js';

export function maskFamily(recipes: readonly Pick<Recipe, 'stages'>[]): MaskFamily {
  const stages = recipes.flatMap((recipe) => recipe.stages).filter(isTextStage);
  const isCausal = stages.every(
    ({ attentionMask, questionsPerImage = 1, captionsPerImage = 1 }) =>
      attentionMask === 'causal' && questionsPerImage === 1 && captionsPerImage === 1,
  );
  return isCausal ? 'causal' : 'mixed';
}
