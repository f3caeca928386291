/**
 * The graph of a plan: every training that would be executed (a run, or stages that several runs share) with what it costs, and an edge
 * from shared stages to everything that forks from them. A training costs only the steps that it does not copy.
 */
import type { Part } from '../../reference-model/model/config.js';
import { exampleFlops } from '../../reference-model/model/step-flops.js';
import type { RunConfig, Stage } from '../../reference-model/recipe/recipe.js';
import { stageFlops } from '../../reference-model/recipe/stage-flops.js';
import { isValidatedAfter, validationOf } from '../../reference-model/recipe/stage-validation.js';
import { inOrderOfExecution } from '../experiment/execution-order.js';
import type { Plan } from '../suite/plan.js';
import { recordBytes } from './record-bytes.js';
import type { TokenCounter } from './token-counter.js';

export interface StageCost {
  readonly name: string;
  readonly kind: NonNullable<Stage['kind']>;
  readonly trainable: readonly Part[];
  readonly steps: number;
  /** Positions of all sequences, visual tokens included, padding not. */
  readonly tokens: number;
  readonly answerTokens: number;
  readonly forwardFlops: number;
  readonly backwardFlops: number;
}

export interface GraphNode {
  readonly id: string;
  readonly kind: 'shared' | 'run';
  readonly title: string;
  readonly arm?: string;
  readonly seed: number;
  /** Steps that are copied from the node it forks from. */
  readonly copiedSteps: number;
  /** Steps that it trains itself. */
  readonly steps: number;
  /** Those of its stages that it trains itself and that have steps. */
  readonly stages: readonly StageCost[];
  readonly tokens: number;
  readonly trainingFlops: number;
  /** Of validations, and of references that the evaluation gives to the model: forward passes without generation. */
  readonly validationFlops: number;
  /** Captions and answers that are generated and scored, and their cost. */
  readonly responses: number;
  readonly responseFlops: number;
  readonly recordBytes: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Steps after which the fork begins. */
  readonly step: number;
}

export interface RunGraph {
  /** In the order of execution: a node stands behind the one it forks from. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** The node of each run of the plan. */
  readonly runNodes: readonly string[];
  /** For each node, its configuration and the index of the node that it forks from. */
  readonly trainings: readonly { readonly config: RunConfig; readonly from?: number }[];
}

export function runGraph(plan: Plan, counter: TokenCounter): RunGraph {
  const { configs, runAt } = inOrderOfExecution(plan);
  const numberOf = { run: 0, shared: 0 };
  const ids = configs.map((_, index) => {
    const kind = runAt.includes(index) ? 'run' : 'shared';
    numberOf[kind] += 1;
    return { id: `${kind}-${numberOf[kind]}`, kind } as const;
  });
  const armAt = new Map(runAt.map((place, index) => [place, plan.runs[index]!.arm]));
  const edges: GraphEdge[] = [];
  const nodes = configs.map(({ title, config, prefix }, index): GraphNode => {
    const shared = prefix === undefined ? [] : configs[prefix]!.config.recipe.stages;
    const copiedSteps = stepsOf(shared);
    if (prefix !== undefined) edges.push({ from: ids[prefix]!.id, to: ids[index]!.id, step: copiedSteps });
    const own = config.recipe.stages.slice(shared.length).filter(({ steps }) => steps > 0);
    const stages = own.map((stage) => stageCost(config, stage, counter));
    const evaluation = counter.evaluation(config);
    const forced = counter.forced(config);
    const arm = armAt.get(index);
    return {
      ...ids[index]!,
      title,
      ...(arm === undefined ? {} : { arm }),
      seed: config.seed,
      copiedSteps,
      steps: stepsOf(own),
      stages,
      tokens: sum(stages.map(({ tokens }) => tokens)),
      trainingFlops: sum(stages.map(({ forwardFlops, backwardFlops }) => forwardFlops + backwardFlops)),
      validationFlops: validationFlops(config, own, copiedSteps, counter) + exampleFlops(config.model, forced).forward,
      responses: evaluation.examples,
      responseFlops: exampleFlops(config.model, evaluation).forward,
      recordBytes: recordBytes(config, evaluation.examples + forced.examples),
    };
  });
  return {
    nodes,
    edges,
    runNodes: runAt.map((place) => ids[place]!.id),
    trainings: configs.map(({ config, prefix }) => ({ config, ...(prefix === undefined ? {} : { from: prefix }) })),
  };
}

function stageCost(config: RunConfig, stage: Stage, counter: TokenCounter): StageCost {
  const { name, trainable, steps } = stage;
  const work = counter.stageSteps(config, stage);
  const flops = work.map((step) => stageFlops(config.model, stage, step));
  return {
    name,
    kind: stage.kind ?? 'texts',
    trainable,
    steps,
    tokens: sum(work.map(({ tokens }) => tokens)),
    answerTokens: sum(work.map(({ answerTokens }) => answerTokens)),
    forwardFlops: sum(flops.map(({ forward }) => forward)),
    backwardFlops: sum(flops.map(({ backward }) => backward)),
  };
}

function validationFlops(
  config: RunConfig,
  stages: readonly Stage[],
  copiedSteps: number,
  counter: TokenCounter,
): number {
  let total = 0;
  let begin = copiedSteps;
  for (const stage of stages) {
    const end = begin + stage.steps;
    const validation = validationOf(config.recipe, stage);
    let times = 0;
    // The end of a stage is where the next one begins, and is validated as each of them says.
    for (let step = begin; step <= end; step++) {
      if (isValidatedAfter(step, validation, { begin, end })) times += 1;
    }
    const once = counter.validation(config, stage).map((work) => exampleFlops(config.model, work).forward);
    total += times * sum(once);
    begin = end;
  }
  return total;
}

const stepsOf = (stages: readonly Stage[]): number => sum(stages.map(({ steps }) => steps));

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
