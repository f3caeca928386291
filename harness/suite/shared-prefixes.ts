/**
 * Which stages of planned runs are the same and need to be trained once only. Runs of one seed, model and recipe whose stages begin
 * alike form a trie over stages; every node at which they part is a prefix: a training of its own, from whose last checkpoint they fork.
 */
import type { RunConfig, Stage } from '../../reference-model/recipe/recipe.js';
import { canonicalJson } from '../files/canonical-json.js';

/** Stages that several runs, or several longer prefixes, begin with. */
export interface PlannedPrefix {
  /** The stages up to the fork; nothing is evaluated after them. */
  readonly config: RunConfig;
  /** Index of the shorter prefix that this one forks from. */
  readonly prefix?: number;
  /** How many stages, and how many steps in all, from the very beginning. */
  readonly stages: number;
  readonly steps: number;
  /** Different runs that begin with it. */
  readonly sharedBy: number;
}

export interface SharedWork {
  /** Each stands after the shorter one that it forks from. */
  readonly prefixes: readonly PlannedPrefix[];
  /** For each run, the index of the longest prefix that it begins with. */
  readonly prefixOf: readonly (number | undefined)[];
}

interface Node {
  readonly depth: number;
  readonly steps: number;
  /** A configuration that comes this way. */
  readonly example: RunConfig;
  /** Every different configuration that comes this way, and those that end here. */
  readonly passing: Set<string>;
  readonly ending: Set<string>;
  readonly children: Map<string, Node>;
}

/** Finds what runs share. Pure; runs with equal configurations are one run and share nothing with each other. */
export function shareStages(configs: readonly RunConfig[]): SharedWork {
  const roots = new Map<string, Node>();
  const identities = configs.map(canonicalJson);
  configs.forEach((config, index) => {
    const identity = identities[index]!;
    let node = childOf(roots, trainingKey(config), { depth: 0, steps: 0, example: config });
    node.passing.add(identity);
    for (const stage of config.recipe.stages) {
      const step = { depth: node.depth + 1, steps: node.steps + stage.steps, example: config };
      node = childOf(node.children, stageKey(stage, config), step);
      node.passing.add(identity);
    }
    node.ending.add(identity);
  });

  const prefixes: PlannedPrefix[] = [];
  const longest = new Map<string, number>();
  const visit = (node: Node, enclosing: number | undefined): void => {
    let prefix = enclosing;
    const parts = node.children.size + node.ending.size > 1;
    if (parts && node.steps > (enclosing === undefined ? 0 : prefixes[enclosing]!.steps)) {
      prefix = prefixes.length;
      prefixes.push({
        config: truncated(node.example, node.depth),
        ...(enclosing === undefined ? {} : { prefix: enclosing }),
        stages: node.depth,
        steps: node.steps,
        sharedBy: node.passing.size,
      });
    }
    if (prefix !== undefined) for (const identity of node.ending) longest.set(identity, prefix);
    for (const child of node.children.values()) visit(child, prefix);
  };
  for (const root of roots.values()) visit(root, undefined);
  return { prefixes, prefixOf: identities.map((identity) => longest.get(identity)) };
}

/** Steps of all runs if each is trained alone, and with shared stages trained once. */
export function stepCounts(plan: {
  readonly runs: readonly { readonly config: RunConfig; readonly prefix?: number }[];
  readonly prefixes: readonly PlannedPrefix[];
}): { readonly alone: number; readonly shared: number } {
  const stepsBefore = ({ prefix }: { readonly prefix?: number }) =>
    prefix === undefined ? 0 : plan.prefixes[prefix]!.steps;
  const alone = plan.runs.reduce((sum, { config }) => sum + totalSteps(config), 0);
  const runs = plan.runs.reduce((sum, run) => sum + totalSteps(run.config) - stepsBefore(run), 0);
  const prefixes = plan.prefixes.reduce((sum, prefix) => sum + prefix.steps - stepsBefore(prefix), 0);
  return { alone, shared: runs + prefixes };
}

export function totalSteps({ recipe }: RunConfig): number {
  return recipe.stages.reduce((sum, { steps }) => sum + steps, 0);
}

function childOf(children: Map<string, Node>, key: string, node: Pick<Node, 'depth' | 'steps' | 'example'>): Node {
  const known = children.get(key);
  if (known !== undefined) return known;
  const added: Node = { ...node, passing: new Set(), ending: new Set(), children: new Map() };
  children.set(key, added);
  return added;
}

/** Everything outside the stages that decides what a stage does to the weights, or which events it leaves. */
function trainingKey({ tokenizer, model, recipe, seed }: RunConfig): string {
  const { stages: _, ...rest } = recipe;
  return canonicalJson({ ...(tokenizer === undefined ? {} : { tokenizer }), model, recipe: rest, seed });
}

function stageKey(stage: Stage, { data }: RunConfig): string {
  return canonicalJson({ stage, data: stage.data ?? data.name });
}

/**
 * The first stages of a configuration. What does not touch them is the same for every run that could share them, in this suite or
 * another: the generation, and the data set where every stage names its own.
 */
function truncated(config: RunConfig, depth: number): RunConfig {
  const stages = config.recipe.stages.slice(0, depth);
  const [first] = stages;
  // A tokenizer of its own is trained on what the run is evaluated on.
  const isOwn = config.tokenizer !== 'byte-pairs' && stages.every(({ data }) => data !== undefined);
  const own = isOwn ? first?.data : undefined;
  return {
    data: { name: own ?? config.data.name },
    ...(config.tokenizer === undefined ? {} : { tokenizer: config.tokenizer }),
    model: config.model,
    recipe: { ...config.recipe, stages },
    seed: config.seed,
    generation: { strategy: 'greedy', beamWidth: 1, maximumNewTokens: 1, batchSize: 1 },
    evaluation: { split: config.evaluation.split, captionImages: 0, questions: 0 },
  };
}
