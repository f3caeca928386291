/** What `plan --json` prints for the embedded scale: one plain object per suite, from which the text is written as well. */
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Part } from '../../reference-model/model/config.js';
import { parameterCount } from '../../reference-model/model/parameter-count.js';
import { maskFamily } from '../../reference-model/recipe/mask-family.js';
import { batchSizes, type RunConfig } from '../../reference-model/recipe/recipe.js';
import { type ExecutorSettings, executorSettingsSchema } from '../execution/executor-settings.js';
import { absolutePlace, type DataPlace, loadDataSets } from '../run/load-data-sets.js';
import type { EngineChoice } from '../run/machinery.js';
import type { Plan } from '../suite/plan.js';
import type { Hypothesis } from '../suite/schema.js';
import { stepCounts } from '../suite/shared-prefixes.js';
import {
  type DetectableEffect,
  detectableEffects,
  type Pilot,
  powerWarnings,
  underpoweredWarnings,
} from './detectable-effects.js';
import { engineMemory } from './engine-memory.js';
import type { EngineTime } from './engine-times.js';
import { type ExecutorPlan, executorPlans } from './executor-plans.js';
import { type PeakMemory, peakMemory } from './peak-memory.js';
import { recordedNodes } from './recorded-runs.js';
import { type GraphEdge, type GraphNode, runGraph } from './run-graph.js';
import { runProcesses } from './run-processes.js';
import { tokenCounter } from './token-counter.js';

type ParameterCounts = Readonly<Record<Part | 'total', number>>;

/** What a level may change of the model and of its steps. */
export interface ArmSizes {
  readonly arm: string;
  readonly parameters: ParameterCounts;
  /** Examples of each step, where a stage does not state its own. */
  readonly batchSize: number;
  /** Of the steps that there are: every size once, the smallest first. */
  readonly batchSizes: readonly number[];
}

export interface PlanDocument {
  readonly schemaVersion: 1;
  readonly suite: string;
  readonly title: string;
  readonly claim?: string;
  readonly scale: Plan['scale'];
  readonly dataSet: string;
  readonly smoke: boolean;
  readonly hypotheses: readonly Hypothesis[];
  /** Seeds after which it is decided whether to go on, and the full number; absent where all seeds run. */
  readonly looks?: readonly number[];
  /** Of the first run; levels may change them: see `arms`. */
  readonly parameters: ParameterCounts;
  readonly batchSize: number;
  readonly arms: readonly ArmSizes[];
  /** Trained in all, if each run were alone and with shared stages trained once. */
  readonly steps: { readonly alone: number; readonly shared: number; readonly saved: number };
  readonly nodes: readonly (GraphNode & { readonly recorded: boolean })[];
  readonly edges: readonly GraphEdge[];
  /** The runs of the plan, seed by seed, each with its node. */
  readonly runs: readonly {
    readonly arm: string;
    readonly seed: number;
    readonly node: string;
    readonly config: RunConfig;
  }[];
  readonly totals: {
    readonly tokens: number;
    readonly trainingFlops: number;
    readonly validationFlops: number;
    readonly responses: number;
    readonly responseFlops: number;
    readonly recordBytes: number;
  };
  /**
   * Bytes at the peak of the training that takes most, on the engine that is asked for, or that `auto` takes on this machine: an estimate. Of all processes
   * of a run on this machine; of one on each device where a scheduler places them.
   */
  readonly memory: PeakMemory;
  readonly engines: readonly EngineTime[];
  /** What it is to each executor, by the times of the first engine above that was measured. */
  readonly executors: readonly ExecutorPlan[];
  readonly detectable: readonly DetectableEffect[];
  readonly warnings: readonly string[];
}

export interface DocumentOptions extends DataPlace {
  readonly engine: EngineChoice;
  readonly out: string;
  readonly jobs?: number;
  /** By default the runs are performed beside the command. */
  readonly executorSettings?: ExecutorSettings;
  readonly calibrate: boolean;
  readonly onCalibration: (engine: string) => void;
}

/** @throws UserError, DataError or TrainingError for whatever the execution of the plan would refuse */
export async function planDocument(plan: Plan, options: DocumentOptions): Promise<PlanDocument> {
  const { out, calibrate, engine, onCalibration } = options;
  const store = resolve(out);
  const configs = plan.runs.map(({ config }) => config);
  const { referenceModel } = await import('../run/reference-model.js');
  const begun = performance.now();
  const dataSets = await loadDataSets(referenceModel, configs, absolutePlace(options));
  const startSeconds = (performance.now() - begun) / 1000;
  const graph = runGraph(plan, tokenCounter(dataSets));
  const recorded = await recordedNodes(graph, {
    store,
    dataSets,
    engineNumerics: async () => {
      const masks = maskFamily(configs.map(({ recipe }) => recipe));
      return (await referenceModel.activateEngine(engine, masks)).numerics;
    },
  });
  const { engineTimes } = await import('./engine-times.js');
  const engines = await engineTimes(graph, {
    engine,
    recorded,
    calibrate,
    onCalibration,
    dataSets,
    startSeconds,
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
  });
  const { executorSettings = executorSettingsSchema.parse({}), jobs } = options;
  const processes = runProcesses(engine, executorSettings);
  // Runs that are divided are performed by torch, which alone can.
  const { engineOf } = await import('../../reference-model/engines/registry.js');
  const performing = engine === 'auto' && processes.ranks > 1 ? 'torch' : await engineOf(engine);
  const memory = graph.trainings
    .map(({ config }) => peakMemory(config, dataSets, engineMemory(performing), processes))
    .reduce((most, next) => (next.total > most.total ? next : most));
  const calibration = engines.find((time) => time.calibration !== undefined)?.calibration;
  const executors = executorPlans(graph, {
    settings: executorSettings,
    recorded,
    ...(jobs === undefined ? {} : { jobs }),
    ...(calibration === undefined ? {} : { calibration }),
  });
  const { suite, dataSet, scale, smoke, hypotheses } = plan;
  const looks = smoke ? [] : looksOf(plan);
  const detectable = smoke || plan.seeds.length < 2 ? [] : detectableEffects(plan, await pilots(store, plan), looks);
  const arms = armSizes(plan);
  const { parameters, batchSize } = arms[0]!;
  const steps = stepCounts(plan);
  const total = (quantity: (node: GraphNode) => number) => graph.nodes.reduce((sum, node) => sum + quantity(node), 0);
  return {
    schemaVersion: 1,
    suite: suite.id,
    title: suite.title,
    ...(suite.claim === undefined ? {} : { claim: suite.claim }),
    scale,
    dataSet,
    smoke,
    hypotheses,
    ...(looks.length < 2 ? {} : { looks }),
    parameters,
    batchSize,
    arms,
    steps: { ...steps, saved: steps.alone - steps.shared },
    nodes: graph.nodes.map((node, index) => ({ ...node, recorded: recorded[index]! })),
    edges: graph.edges,
    runs: plan.runs.map(({ arm, seed, config }, index) => ({ arm, seed, node: graph.runNodes[index]!, config })),
    totals: {
      tokens: total(({ tokens }) => tokens),
      trainingFlops: total(({ trainingFlops }) => trainingFlops),
      validationFlops: total(({ validationFlops }) => validationFlops),
      responses: total(({ responses }) => responses),
      responseFlops: total(({ responseFlops }) => responseFlops),
      recordBytes: total(({ recordBytes }) => recordBytes),
    },
    memory,
    engines,
    executors,
    detectable,
    warnings: hasPilot(plan) ? underpoweredWarnings(detectable, suite.caveats) : powerWarnings(detectable),
  };
}

function looksOf({ suite, seeds }: Plan): readonly number[] {
  return [...(suite.looks ?? []).filter((look) => look < seeds.length), seeds.length];
}

function armSizes({ arms, runs }: Plan): readonly ArmSizes[] {
  return arms.map(({ id }) => {
    const { model, recipe } = runs.find(({ arm }) => arm === id)!.config;
    const counts = parameterCount(model);
    const total = counts.vision + counts.connector + counts.language;
    const stages = recipe.stages.filter(({ steps }) => steps > 0);
    const sizes = new Set(stages.map((stage) => batchSizes(recipe, stage).batchSize));
    return {
      arm: id,
      parameters: { ...counts, total },
      batchSize: recipe.batchSize,
      batchSizes: [...sizes].sort((left, right) => left - right),
    };
  });
}

const hasPilot = ({ origin, dataSet, scale }: Plan): boolean =>
  scale === 'embedded' && origin?.pilot?.content.dataSet === dataSet;

/** The pilot beside the suite goes before what the records show, and that before what the suite says. */
async function pilots(store: string, plan: Plan): Promise<(hypothesis: Hypothesis) => Pilot | undefined> {
  const { recordedPilots } = await import('./recorded-pilot.js');
  const recorded = recordedPilots(store, plan);
  const { filedPilots } = await import('./filed-pilot.js');
  const filed = filedPilots(plan);
  return (hypothesis) => filed(hypothesis) ?? recorded(hypothesis) ?? hypothesis.pilot;
}
