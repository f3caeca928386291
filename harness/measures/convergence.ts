/**
 * How fast the language model learns its own texts, from a run's events. It is measured in the first stage that trains the language
 * model: on the validation loss of that stage's own mixture, as the share of the stage's whole reduction that has been reached, so that
 * texts whose losses have different levels can be compared.
 */
import { isTextStage, type RunConfig, type Stage, type TextStage } from '../../reference-model/recipe/recipe.js';
import { validationOf } from '../../reference-model/recipe/stage-validation.js';
import { nonIncreasing } from './isotonic.js';
import type { Scores } from './measures.js';
import type { RunEvent } from './run-events.js';

/** Share of the reduction that counts as converged. */
const threshold = 0.9;

export interface ConvergenceCurve {
  /**
   * At each validation, from the one before the stage's first step to the one after its last: steps and answer tokens since the
   * stage began, and the share of the reduction that was reached, from 0 to 1, never falling.
   */
  readonly points: readonly { readonly step: number; readonly tokens: number; readonly reached: number }[];
  readonly threshold: number;
  /** Where the curve, taken as straight between points, first reaches the threshold. */
  readonly stepsToThreshold: number;
  readonly tokensToThreshold: number;
  /** Mean over the stage's tokens of the share that was still to come: 0 is immediate, 1 never; ½ is a straight line. */
  readonly area: number;
}

type Loss = Extract<RunEvent, { type: 'validation' }>['loss'];

interface MeasuredLoss {
  readonly step: number;
  readonly tokens: number;
  readonly loss: number;
}

/**
 * The loss of a point is the mean over the sources of the stage's mixture, weighted by their shares, and smoothed by isotonic
 * regression (`nonIncreasing`); `reached` is its reduction since the first point ÷ the reduction from the first point to the last.
 * A stage that did not reduce its loss counts as one that needed all of its steps and tokens.
 *
 * @returns undefined when no stage trains the language model, or when there is no validation before its first step under its own
 *   attention mask, on its own data and on as many examples, or none after its last
 */
export function convergenceCurve(
  events: readonly RunEvent[],
  { recipe, data }: Pick<RunConfig, 'recipe' | 'data'>,
): ConvergenceCurve | undefined {
  const stages = recipe.stages.filter(({ steps }) => steps > 0);
  const index = stages.findIndex(({ trainable }) => trainable.includes('language'));
  const stage = stages[index];
  if (stage === undefined || !isTextStage(stage)) return undefined;
  const before = stages[index - 1];
  const start = stages.slice(0, index).reduce((sum, { steps }) => sum + steps, 0);
  const comparable = before !== undefined && isValidatedAlike(before, stage, { recipe, data }) ? [before.name] : [];

  const measured = measuredLosses(events, { stage, start, startedBy: [...comparable, stage.name] });
  if (measured[0]?.step !== 0 || measured.length < 2 || measured.at(-1)!.step !== stage.steps) return undefined;
  return curveThrough(measured);
}

/**
 * The scores `convergence/…` of a run; empty when the run has no such curve.
 *
 * The signature names the definition and not the texts: what is compared is how fast each arm learns the texts that it is given.
 */
export function convergenceMeasures(events: readonly RunEvent[], config: Pick<RunConfig, 'recipe' | 'data'>): Scores {
  const curve = convergenceCurve(events, config);
  if (curve === undefined) return {};
  const stage = config.recipe.stages.find(({ steps, trainable }) => steps > 0 && trainable.includes('language'));
  const { everySteps, examples } = validationOf(config.recipe, stage ?? {});
  const loss =
    'validation loss, mean over the sources of the own mixture by share; first stage that trains the language model; ' +
    `${examples} examples a source, every ${everySteps} steps; isotonic regression`;
  const share = `${threshold * 100} % of the own reduction, linear between validations`;
  return {
    'convergence/steps-to-90': { value: curve.stepsToThreshold, signature: `steps to ${share}|${loss}` },
    'convergence/tokens-to-90': { value: curve.tokensToThreshold, signature: `answer tokens to ${share}|${loss}` },
    'convergence/area': { value: curve.area, signature: `share still to come, mean over answer tokens|${loss}` },
  };
}

/** Whether a validation at the end of one stage measures what one before the first step of the next would. */
function isValidatedAlike(
  before: Stage,
  stage: TextStage,
  { recipe, data }: Pick<RunConfig, 'recipe' | 'data'>,
): boolean {
  if (!isTextStage(before)) return false;
  return (
    before.attentionMask === stage.attentionMask &&
    (before.data ?? data.name) === (stage.data ?? data.name) &&
    validationOf(recipe, before).examples === validationOf(recipe, stage).examples
  );
}

function measuredLosses(
  events: readonly RunEvent[],
  { stage, start, startedBy }: { stage: TextStage; start: number; startedBy: readonly string[] },
): readonly MeasuredLoss[] {
  const measured: MeasuredLoss[] = [];
  let tokens = 0;
  for (const event of events) {
    if (event.type === 'step' && event.step > start && event.step <= start + stage.steps) tokens += event.answerTokens;
    if (event.type !== 'validation') continue;
    const step = event.step - start;
    if (step < 0 || step > stage.steps) continue;
    if (!(step === 0 ? startedBy : [stage.name]).includes(event.stage)) continue;
    const loss = mixtureLoss(event.loss, stage.mixture);
    if (loss === undefined) continue;
    // A resumed run may validate a second time at the step that it resumed from.
    if (measured.at(-1)?.step === step) measured.pop();
    measured.push({ step, tokens, loss });
  }
  return measured;
}

/** Mean over the sources of a mixture, weighted by their shares; undefined when one of them was not validated. */
function mixtureLoss(loss: Loss, mixture: TextStage['mixture']): number | undefined {
  let total = 0;
  let weights = 0;
  for (const source of ['human-captions', 'ai-captions', 'questions', 'open-questions'] as const) {
    const weight = mixture[source] ?? 0;
    if (weight === 0) continue;
    const value = loss[source];
    if (value === undefined) return undefined;
    // JSON has no NaN and no infinity; the log holds null for both.
    total += weight * ((value as number | null) ?? Number.NaN);
    weights += weight;
  }
  return total / weights;
}

/** Shares of a loss that rounding may add or take away: a level at just the threshold has reached it in whatever unit the loss is. */
const rounding = 1e-9;

function curveThrough(measured: readonly MeasuredLoss[]): ConvergenceCurve {
  const smoothed = nonIncreasing(measured.map(({ loss }) => loss));
  const first = smoothed[0]!;
  const fall = first - smoothed.at(-1)!;
  const reduction = fall <= rounding * Math.abs(first) ? 0 : fall;
  const last = measured.length - 1;
  const points = measured.map(({ step, tokens }, index) => {
    const reached = reduction === 0 ? (index === last ? 1 : 0) : (first - smoothed[index]!) / reduction;
    return { step, tokens, reached };
  });
  if (reduction === 0) {
    const { step, tokens } = measured[last]!;
    return { points, threshold, stepsToThreshold: step, tokensToThreshold: tokens, area: 1 };
  }
  return {
    points,
    threshold,
    stepsToThreshold: crossing(points, 'step'),
    tokensToThreshold: crossing(points, 'tokens'),
    area: remainingArea(points),
  };
}

function crossing(points: ConvergenceCurve['points'], axis: 'step' | 'tokens'): number {
  const index = points.findIndex(({ reached }) => reached >= threshold - rounding);
  const above = points[index];
  const below = points[index - 1];
  if (above === undefined || below === undefined) return Number.NaN;
  const share = Math.min(1, (threshold - below.reached) / (above.reached - below.reached));
  return below[axis] + share * (above[axis] - below[axis]);
}

/** Trapezoids over the token axis, scaled to [0, 1]. */
function remainingArea(points: ConvergenceCurve['points']): number {
  let area = 0;
  for (let index = 1; index < points.length; index++) {
    const [left, right] = [points[index - 1]!, points[index]!];
    area += (right.tokens - left.tokens) * (1 - (left.reached + right.reached) / 2);
  }
  return area / points.at(-1)!.tokens;
}
