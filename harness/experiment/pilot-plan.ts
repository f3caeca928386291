/**
 * The runs of a pilot: every arm of a suite at every multiple of its learning rates, with seeds that no suite uses, evaluated on the
 * validation split. Pure. Stages that all arms begin with are shared and keep their rates.
 */
import type { RunConfig, Stage } from '../../reference-model/recipe/recipe.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { closestName } from '../files/closest-name.js';
import { leastPilotSeed } from '../suite/pilot-schema.js';
import { type Plan, planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import { shareStages } from '../suite/shared-prefixes.js';

export interface PilotPlanOptions {
  /** How many seeds, from `leastPilotSeed` on. */
  readonly seeds: number;
  /** Multiples of the learning rates. */
  readonly rates: readonly number[];
  /** The stages whose rates are multiplied; by default those behind what all arms begin with. */
  readonly scaled?: readonly string[];
}

export interface PilotPlan extends Pick<Plan, 'suite' | 'dataSet' | 'prefixes'> {
  readonly scaled: readonly string[];
  /** Rate by rate and seed by seed, all arms of a seed next to each other. */
  readonly runs: readonly (Plan['runs'][number] & { readonly rate: number })[];
}

/** @throws UserError `usage` for a suite without hypotheses or a stage that it has not */
export function planPilot(suite: Suite, { seeds, rates, scaled: named }: PilotPlanOptions): PilotPlan {
  if (suite.hypotheses.length === 0) {
    const what = `${suite.id} states no hypothesis, so there is nothing that a pilot could plan`;
    throw usage({ what, expected: 'a suite with hypotheses', fix: 'name another suite' });
  }
  const pilotSeeds = Array.from({ length: seeds }, (_, index) => leastPilotSeed + index);
  const plan = planSuite({ ...suite, seeds: pilotSeeds, reserveSeeds: [] });
  const ofFirstSeed = plan.runs.filter(({ seed }) => seed === leastPilotSeed).map(({ config }) => config);
  const scaled = named ?? stagesBehindShared(ofFirstSeed);
  requireStages(scaled, suite);
  const runs = rates.flatMap((rate) =>
    plan.runs.map(({ arm, seed, config }) => ({ rate, arm, seed, config: pilotConfig(config, rate, scaled) })),
  );
  const { prefixes, prefixOf } = shareStages(runs.map(({ config }) => config));
  return {
    suite,
    dataSet: plan.dataSet,
    scaled,
    prefixes,
    runs: runs.map((run, index) => {
      const prefix = prefixOf[index];
      return prefix === undefined ? run : { ...run, prefix };
    }),
  };
}

function pilotConfig(config: RunConfig, rate: number, scaled: readonly string[]): RunConfig {
  const stages = config.recipe.stages.map((stage) => (scaled.includes(stage.name) ? scaledStage(stage, rate) : stage));
  // Curves that decide are measured on a split of their own, which no pilot sees.
  const { validationSplit: _, ...recipe } = config.recipe;
  return {
    ...config,
    recipe: { ...recipe, stages },
    evaluation: { ...config.evaluation, split: 'validation' },
  };
}

function scaledStage(stage: Stage, rate: number): Stage {
  const learningRate = Object.fromEntries(Object.entries(stage.learningRate).map(([part, own]) => [part, own * rate]));
  return { ...stage, learningRate };
}

/** Where all stages are the same in all arms (arms that differ in their weights, or a single arm), all of them. */
function stagesBehindShared(configs: readonly RunConfig[]): readonly string[] {
  const [first] = configs;
  const stages = first!.recipe.stages;
  const beginning = ({ recipe, model }: RunConfig, index: number) =>
    canonicalJson({ model, ...recipe, stages: recipe.stages[index] });
  const differing = stages.findIndex((_, index) =>
    configs.some((config) => beginning(config, index) !== beginning(first!, index)),
  );
  return stages.slice(Math.max(0, differing)).map(({ name }) => name);
}

function requireStages(names: readonly string[], { id, scales }: Suite): void {
  const known = scales.embedded.recipe.stages.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const closest = closestName(unknown, known);
  throw usage({
    what: `${id} has no stage ${unknown}`,
    expected: `one or more of ${known.join(', ')}`,
    fix: closest === undefined ? 'choose other stages' : `did you mean ${closest}?`,
  });
}

function usage(problem: { readonly what: string; readonly expected: string; readonly fix: string }): UserError {
  return new UserError({ code: 'usage', ...problem }, { exitCode: 2 });
}
