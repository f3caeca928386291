/** When a stage is validated, and on what: the recipe's way, but for what the stage states. The trainer, plans and measures ask here. */
import type { Recipe, Stage, StageValidation, TextStage, ValidatedSource } from './recipe.js';

export const VALIDATED_SOURCES: readonly ValidatedSource[] = ['human-captions', 'ai-captions', 'questions'];

/** What a stage states, with nothing left out. */
export interface ValidationPlan extends Required<StageValidation> {
  /** Whether it is validated before its own first step. */
  readonly atStart: boolean;
}

/** A words stage says no texts, so nothing of it is validated. */
export function validationOf(
  { validateEverySteps, validationExamples }: Pick<Recipe, 'validateEverySteps' | 'validationExamples'>,
  stage: Pick<TextStage, 'validation' | 'validateStart'> & { readonly kind?: Stage['kind'] },
): ValidationPlan {
  const { everySteps = validateEverySteps, examples = validationExamples, ...stated } = stage.validation ?? {};
  return {
    everySteps,
    examples,
    sources: stage.kind === 'words' ? [] : (stated.sources ?? VALIDATED_SOURCES),
    atEnds: stated.atEnds ?? true,
    atStart: stage.validateStart === true,
  };
}

/**
 * Whether a stage is validated after so many steps of all stages.
 *
 * @param begin steps of all earlier stages
 * @param end the same with its own
 */
export function isValidatedAfter(
  step: number,
  { everySteps, sources, atEnds, atStart }: ValidationPlan,
  { begin, end }: { readonly begin: number; readonly end: number },
): boolean {
  if (sources.length === 0 || step < begin || step > end) return false;
  if (step === begin) return atStart || (begin === 0 && atEnds);
  return step % everySteps === 0 || (step === end && atEnds);
}
