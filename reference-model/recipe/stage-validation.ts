/** When a stage is validated, and on what: the recipe's way, but for what the stage states. The trainer, plans and measures ask here. */
import type { Recipe, Source, Stage } from './recipe.js';

/** Open questions are validated among the others. */
export const VALIDATED_SOURCES = ['human-captions', 'ai-captions', 'questions'] as const satisfies readonly Source[];

export type ValidatedSource = (typeof VALIDATED_SOURCES)[number];

/** What a stage may state; whatever it leaves out is as the recipe has it. */
export interface StageValidation {
  /** Steps from one validation to the next, counted over all stages. */
  readonly everySteps?: number;
  /** Held-out examples per source. */
  readonly examples?: number;
  /** Every source that the data set has, by default; with none the stage is not validated. */
  readonly sources?: readonly ValidatedSource[];
  /** Whether it is also validated before the first step of all and after its own last one; it is by default. */
  readonly atEnds?: boolean;
}

/** The same with nothing left out. */
export function validationOf(
  { validateEverySteps, validationExamples }: Pick<Recipe, 'validateEverySteps' | 'validationExamples'>,
  { validation = {} }: Pick<Stage, 'validation'>,
): Required<StageValidation> {
  const { everySteps = validateEverySteps, examples = validationExamples, sources = VALIDATED_SOURCES } = validation;
  return { everySteps, examples, sources, atEnds: validation.atEnds ?? true };
}

/**
 * Whether a stage is validated after so many steps of all stages.
 *
 * @param begin steps of all earlier stages
 * @param end the same with its own
 */
export function isValidatedAfter(
  step: number,
  { everySteps, sources, atEnds }: Required<StageValidation>,
  { begin, end }: { readonly begin: number; readonly end: number },
): boolean {
  if (sources.length === 0) return false;
  if (step === 0 || step === end) return atEnds || (step > begin && step % everySteps === 0);
  return step > begin && step < end && step % everySteps === 0;
}
