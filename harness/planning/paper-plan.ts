/**
 * What the paper scale of a suite would cost, from its configuration alone: no data is read and nothing is trained. All numbers that it
 * starts from are this project's choice (the paper does not publish them), and the suite's notes say so.
 */
import {
  type ModelConfig,
  type Part,
  patchesPerSide,
  visualTokensPerImage,
} from '../../reference-model/model/config.js';
import { parameterCount } from '../../reference-model/model/parameter-count.js';
import { exampleFlops } from '../../reference-model/model/step-flops.js';
import { UserError } from '../errors.js';
import { type Plan, type PlanOptions, planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import { activationBytes } from './peak-memory.js';

type PaperScale = NonNullable<Suite['scales']['paper']>;

export interface PaperStage {
  readonly name: string;
  readonly trainable: readonly Part[];
  readonly steps: number;
  readonly examples: number;
  /** Visual and text tokens of one example. */
  readonly sequenceLength: number;
  readonly tokens: number;
  readonly forwardFlops: number;
  readonly backwardFlops: number;
  /** Wall-clock time on the stated hardware at the stated utilisation. */
  readonly hours: number;
}

export interface PaperPlan {
  readonly schemaVersion: 1;
  readonly suite: string;
  readonly title: string;
  readonly scale: 'paper';
  /** That the numbers are a choice, and where they come from. */
  readonly notes: { readonly model: string; readonly recipe: string; readonly hardware: string };
  readonly parameters: Readonly<Record<Part | 'total', number>>;
  readonly patchesPerImage: number;
  readonly visualTokensPerImage: number;
  readonly hardware: Omit<PaperScale['hardware'], 'note'>;
  /** One run of each arm; an arm has as many more or fewer steps in a stage as it has at the embedded scale, in proportion. */
  readonly arms: readonly {
    readonly arm: string;
    readonly stages: readonly PaperStage[];
    readonly tokens: number;
    readonly trainingFlops: number;
    readonly hours: number;
    readonly withinBudget: boolean;
    /** Where the budget is passed: after so many steps of a stage; null where it is not. */
    readonly budgetPassedAt: { readonly stage: string; readonly step: number } | null;
  }[];
  readonly seeds: readonly number[];
  /** Of all arms and seeds, one run after the other and each on all devices. */
  readonly totals: {
    readonly runs: number;
    readonly trainingFlops: number;
    readonly hours: number;
    readonly deviceHours: number;
  };
  /**
   * On each device where nothing is sharded: weights and gradients in 16 bits, two float32 moments, and what one example at a time keeps
   * for the backward pass in 16 bits, with fused attention and nothing computed again.
   */
  readonly memoryBytes: {
    readonly weights: number;
    readonly gradients: number;
    readonly moments: number;
    readonly activationsPerExample: number;
    readonly total: number;
  };
  readonly warnings: readonly string[];
}

const secondsPerHour = 3600;

/** @throws UserError `not-available` for a suite without a paper scale, or as `planSuite` */
export function paperPlan(suite: Suite, options: PlanOptions): PaperPlan {
  const { paper } = suite.scales;
  if (paper === undefined) {
    throw new UserError({
      code: 'not-available',
      what: `${suite.id} describes no paper scale`,
      expected: 'scales.paper in the suite',
      fix: 'add it (suites/base.yaml has one), or plan the embedded scale',
    });
  }
  const { model, recipe, hardware } = paper;
  const plan = planSuite(suite, { ...options, scale: 'embedded' });
  const arms = plan.arms.map(({ id }) => armCost(id, plan, paper));
  const counts = parameterCount(model);
  const { note: hardwareNote, ...devices } = hardware;
  const runs = arms.length * plan.seeds.length;
  const sum = (quantity: (arm: (typeof arms)[number]) => number) =>
    arms.reduce((total, arm) => total + quantity(arm), 0) * plan.seeds.length;
  return {
    schemaVersion: 1,
    suite: suite.id,
    title: suite.title,
    scale: 'paper',
    notes: { model: paper.note, recipe: recipe.note, hardware: hardwareNote },
    parameters: { ...counts, total: counts.vision + counts.connector + counts.language },
    patchesPerImage: patchesPerSide(model.vision) ** 2,
    visualTokensPerImage: visualTokensPerImage(model),
    hardware: devices,
    arms,
    seeds: plan.seeds,
    totals: {
      runs,
      trainingFlops: sum(({ trainingFlops }) => trainingFlops),
      hours: sum(({ hours }) => hours),
      deviceHours: sum(({ hours }) => hours) * hardware.count,
    },
    memoryBytes: memoryBytes(model, recipe.stages),
    warnings: arms
      .filter(({ withinBudget }) => !withinBudget)
      .map(
        ({ arm, hours }) =>
          `${arm}: a run takes ${hours.toFixed(1)} hours, more than the budget of ${hardware.budgetHours} hours.`,
      ),
  };
}

function armCost(arm: string, plan: Plan, { model, recipe, hardware }: PaperScale): PaperPlan['arms'][number] {
  const ratio = stepRatios(arm, plan);
  const stages = recipe.stages.map((stage): PaperStage => {
    const { name, trainable } = stage;
    const steps = Math.round(stage.steps * ratio(name));
    const sequenceLength = visualTokensPerImage(model) + stage.textTokensPerExample;
    const examples = steps * recipe.batchSize;
    const tokens = examples * sequenceLength;
    const answerTokens = examples * stage.answerTokensPerExample;
    const { forward, backward } = exampleFlops(model, { examples, tokens, answerTokens }, trainable);
    const perSecond = hardware.count * hardware.peakTeraflops * 1e12 * hardware.utilisation;
    const hours = (forward + backward) / perSecond / secondsPerHour;
    const flops = { forwardFlops: forward, backwardFlops: backward };
    return { name, trainable, steps, examples, sequenceLength, tokens, ...flops, hours };
  });
  const hours = stages.reduce((sum, stage) => sum + stage.hours, 0);
  return {
    arm,
    stages,
    tokens: stages.reduce((sum, stage) => sum + stage.tokens, 0),
    trainingFlops: stages.reduce((sum, { forwardFlops, backwardFlops }) => sum + forwardFlops + backwardFlops, 0),
    hours,
    withinBudget: hours <= hardware.budgetHours,
    budgetPassedAt: budgetPassedAt(stages, hardware.budgetHours),
  };
}

function budgetPassedAt(
  stages: readonly PaperStage[],
  budgetHours: number,
): PaperPlan['arms'][number]['budgetPassedAt'] {
  let left = budgetHours;
  for (const { name, steps, hours } of stages) {
    if (hours > left) return { stage: name, step: Math.floor((left / hours) * steps) };
    left -= hours;
  }
  return null;
}

/** Steps of the arm in a stage of that name at the embedded scale, over those of the scale itself; 1 where there is nothing to compare. */
function stepRatios(arm: string, { suite, runs }: Plan): (stage: string) => number {
  const stepsOf = (stages: readonly { readonly name: string; readonly steps: number }[], name: string) =>
    stages.find((stage) => stage.name === name)?.steps;
  const { config } = runs.find((run) => run.arm === arm)!;
  return (name) => {
    const base = stepsOf(suite.scales.embedded.recipe.stages, name);
    const own = stepsOf(config.recipe.stages, name);
    return base === undefined || own === undefined || base === 0 ? 1 : own / base;
  };
}

function memoryBytes(model: ModelConfig, stages: PaperScale['recipe']['stages']): PaperPlan['memoryBytes'] {
  const counts = parameterCount(model);
  const count = (parts: readonly Part[]) => parts.reduce((sum, part) => sum + counts[part], 0);
  const most = Math.max(...stages.map(({ trainable }) => count([...new Set(trainable)])));
  const [bytesOf16Bits, bytesOfFloat32] = [2, 4] as const;
  const activations = stages.map(({ trainable, textTokensPerExample, answerTokensPerExample }) => {
    const sequenceLength = visualTokensPerImage(model) + textTokensPerExample;
    const pass = { examples: 1, sequenceLength, answerTokens: answerTokensPerExample };
    return activationBytes(model, trainable, pass, { bytesPerNumber: bytesOf16Bits, probabilities: false });
  });
  const parts = {
    weights: bytesOf16Bits * count(['vision', 'connector', 'language']),
    gradients: bytesOf16Bits * most,
    moments: 2 * bytesOfFloat32 * most,
    activationsPerExample: Math.max(...activations),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}
