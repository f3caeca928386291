/**
 * How low the held-out loss of the last text stage is while it learns: the area under its validation curve. It needs no plateau, and its
 * divisor is the same for every arm, so arms whose losses begin or end at different levels can be compared.
 */
import { log } from '../../reference-model/numerics/elementary.js';
import { lastTrainedStage, type RunConfig } from '../../reference-model/recipe/recipe.js';
import { validationOf } from '../../reference-model/recipe/stage-validation.js';
import type { Scores } from './measures.js';
import type { RunEvent } from './run-events.js';

const families = {
  captions: ['human-captions', 'ai-captions'],
  'human-captions': ['human-captions'],
  'ai-captions': ['ai-captions'],
  questions: ['questions'],
} as const;

/**
 * The scores `validation-area/…`: the mean over the stage's answer tokens of the held-out loss, linear between validations, as a share
 * of ln V, the loss of a uniform guess among V tokens. Of both kinds of captions it is the mean of the two.
 *
 * @returns nothing for a source that was not validated before the stage's first step and after it
 */
export function validationAreas(
  events: readonly RunEvent[],
  { recipe, model }: Pick<RunConfig, 'recipe' | 'model'>,
): Scores {
  const stage = lastTrainedStage(recipe.stages);
  if (stage === undefined) return {};
  const start = recipe.stages.slice(0, recipe.stages.indexOf(stage)).reduce((sum, { steps }) => sum + steps, 0);
  const { examples, everySteps } = validationOf(recipe, stage);
  const uniform = log(model.language.vocabularySize);
  const signature =
    `held-out loss ÷ ln ${model.language.vocabularySize}, mean over the answer tokens of the last stage, linear between validations|` +
    `split:${recipe.validationSplit ?? 'validation'}|${examples} examples a source, every ${everySteps} steps`;
  return Object.fromEntries(
    Object.entries(families).flatMap(([family, sources]) => {
      const areas = sources.map((source) => meanLoss(events, { stage: stage.name, start, source }));
      if (areas.some((area) => area === undefined)) return [];
      const mean = areas.reduce<number>((sum, area) => sum + area!, 0) / areas.length;
      return [[`validation-area/${family}`, { value: mean / uniform, signature }]];
    }),
  );
}

/** Trapezoids over the answer tokens since the stage began; undefined without a validation at its start and one after it. */
function meanLoss(
  events: readonly RunEvent[],
  { stage, start, source }: { stage: string; start: number; source: (typeof families)[keyof typeof families][number] },
): number | undefined {
  const points: { readonly tokens: number; readonly step: number; readonly loss: number }[] = [];
  let tokens = 0;
  for (const event of events) {
    if (event.type === 'step' && event.stage === stage) tokens += event.answerTokens;
    if (event.type !== 'validation' || event.stage !== stage) continue;
    const loss = event.loss[source];
    if (loss === undefined) continue;
    // A resumed run may validate a second time at the step that it resumed from.
    if (points.at(-1)?.step === event.step) points.pop();
    points.push({ tokens, step: event.step, loss });
  }
  const [first] = points;
  const last = points.at(-1);
  if (first?.step !== start || last === undefined || last.tokens === 0) return undefined;
  let area = 0;
  for (let index = 1; index < points.length; index++) {
    const [left, right] = [points[index - 1]!, points[index]!];
    area += ((right.tokens - left.tokens) * (left.loss + right.loss)) / 2;
  }
  return area / last.tokens;
}
