/** The factors and arms of a reproduction as the page shows them. */
import { isTextStage, lastTrainedStage } from '../../reference-model/recipe/recipe.js';
import type { ArmView, FactorView } from '../../reports/index.js';
import type { Reproduction } from '../records/reproduction.js';
import type { PlacedRun } from '../verdict/placed-runs.js';
import { maskPicture } from './mask-picture.js';

export function factorViews({ suite }: Reproduction): readonly FactorView[] {
  return Object.entries(suite.factors).map(([id, { label, levels }]) => ({
    id,
    label,
    levels: Object.entries(levels).map(([level, { label, value }]) => ({
      id: level,
      label,
      ...(value === undefined ? {} : { value }),
    })),
  }));
}

/** Masks are pictured only where they are what arms differ in; an arm's mask is that of the stage that it was last trained in. */
export function armViews({ arms, hypotheses }: Reproduction, runs: readonly PlacedRun[]): readonly ArmView[] {
  const masks = arms.map(({ id }) => {
    const stages = runs.find(({ arm }) => arm === id)!.identity.config.recipe.stages;
    return (lastTrainedStage(stages) ?? stages.findLast(isTextStage)!).attentionMask;
  });
  const pictured = new Set(masks).size > 1;
  return arms.map(({ id, label, description, levels }, index) => {
    const role = roleOf(id, hypotheses);
    return {
      id,
      label,
      description,
      levels,
      ...(role === undefined ? {} : { role }),
      ...(pictured ? { mask: maskPicture(masks[index]!) } : {}),
    };
  });
}

/** Undefined where no claim compares the arm with another, and where it is the treatment of one claim and the control of another. */
function roleOf(arm: string, hypotheses: Reproduction['hypotheses']): ArmView['role'] {
  const paired = hypotheses.filter((hypothesis) => hypothesis.test === 'paired');
  const treated = paired.some(({ treatment }) => treatment === arm);
  const controlled = paired.some(({ control }) => control === arm);
  if (treated === controlled) return undefined;
  return treated ? 'treatment' : 'control';
}
