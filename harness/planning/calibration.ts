/**
 * How fast this machine trains a configuration on an engine, measured by training a few real steps of each kind of stage, one validation
 * per kind and some generated responses. Rates are effective: operations of the plan's own count per second of the trainer's time.
 */
import { performance } from 'node:perf_hooks';
import type { EngineName } from '../../reference-model/engines/engine.js';
import { exampleFlops } from '../../reference-model/model/step-flops.js';
import { batchSizes, type RunConfig, type Stage } from '../../reference-model/recipe/recipe.js';
import { stageFlops } from '../../reference-model/recipe/stage-flops.js';
import type { TrainingEvent } from '../../reference-model/training/events.js';
import { type DataSets, requireDataSet } from '../../reference-model/training/stage-data.js';
import type { Machinery } from '../run/machinery.js';
import type { GraphNode } from './run-graph.js';
import { tokenCounter } from './token-counter.js';

export interface Calibration {
  /** To load the data, which each of the processes that perform runs does once. */
  readonly startSeconds: number;
  /** Operations per second: of training by kind of stage (see `stageKind`), of validation and of generation. */
  readonly training: Readonly<Record<string, number>>;
  readonly validation: number;
  readonly generation: number;
  /** Processor time over wall-clock time while training. Well below 1 on an engine of the processor, others kept it busy. */
  readonly processorShare: number;
  /** Of the GPU, or of the whole process where an engine has none; absent for engines that do not tell. */
  readonly peakMemoryBytes?: number;
}

/** Stages of a kind that train the same parts cost alike. */
export function stageKind({ kind = 'texts', trainable }: Pick<Stage, 'kind' | 'trainable'>): string {
  const parts = [...trainable].sort().join(' + ');
  return kind === 'texts' ? parts : `${parts} on ${kind}`;
}

const steps = 6;
const responses = 16;

/** The first configuration of the list, with one short stage for each kind that the list has. */
export function calibrationConfig(configs: readonly RunConfig[]): RunConfig {
  const [first] = configs;
  if (first === undefined) throw new RangeError('there is no configuration to calibrate');
  const kinds = new Map<string, Stage>();
  for (const { recipe, data } of configs) {
    for (const stage of recipe.stages) {
      if (stage.steps > 0 && !kinds.has(stageKind(stage))) {
        // Validated as the recipe says, so that there is something to measure.
        const { validation: _, ...rest } = { validation: undefined, ...stage };
        kinds.set(stageKind(stage), { ...rest, data: stage.data ?? data.name, steps });
      }
    }
  }
  const evaluated = configs.find(({ evaluation }) => evaluation.captionImages + evaluation.questions > 0) ?? first;
  const { split, captionImages, questions } = evaluated.evaluation;
  return {
    ...first,
    data: evaluated.data,
    generation: evaluated.generation,
    evaluation: {
      split,
      captionImages: Math.min(responses, captionImages),
      questions: Math.min(responses, questions),
    },
    recipe: {
      ...first.recipe,
      stages: [...kinds.values()].map((stage, index) => ({ ...stage, name: `${index + 1} ${stage.name}` })),
      validateEverySteps: Number.MAX_SAFE_INTEGER,
      validationExamples: Math.min(first.recipe.validationExamples, 2 * first.recipe.microBatchSize),
      checkpointEverySteps: Number.MAX_SAFE_INTEGER,
    },
  };
}

/**
 * Measures on the engine that the machinery has active. Nothing is recorded.
 * @param now seconds, for tests
 */
export async function calibrate(
  config: RunConfig,
  {
    machinery,
    dataSets,
    startSeconds,
    now = () => performance.now() / 1000,
  }: {
    readonly machinery: Machinery;
    readonly dataSets: DataSets;
    readonly startSeconds: number;
    readonly now?: () => number;
  },
): Promise<Calibration> {
  const counter = tokenCounter(dataSets);
  const training = new Map<string, Rate>();
  const validation = new Rate();
  let last: { readonly event: TrainingEvent; readonly time: number } | undefined;
  const trainingBegun = now();
  const processor = process.cpuUsage();
  let peakMemoryBytes: number | undefined;
  const model = await machinery.train({
    config,
    data: dataSets,
    saveCheckpoint: async () => {},
    signal: new AbortController().signal,
    onEvent: (event) => {
      const time = now();
      if (event.type === 'step') peakMemoryBytes = event.peakMemoryBytes ?? peakMemoryBytes;
      // What follows another kind of event than a step holds more than the one thing that is measured.
      if (last?.event.type === 'step') {
        const seconds = time - last.time;
        const stage = config.recipe.stages.find(({ name }) => 'stage' in event && name === event.stage);
        if (event.type === 'step' && stage !== undefined && event.stage === last.event.stage) {
          const { tokens, answerTokens, sequences } = event;
          const shared = sequences === undefined ? {} : { sequences };
          const work = { examples: batchSizes(config.recipe, stage).batchSize, tokens, answerTokens, ...shared };
          const { forward, backward } = stageFlops(config.model, stage, work);
          const rate = training.get(stageKind(stage)) ?? new Rate();
          training.set(stageKind(stage), rate);
          rate.add(forward + backward, seconds);
        } else if (event.type === 'validation' && stage !== undefined) {
          for (const work of counter.validation(config, stage))
            validation.add(exampleFlops(config.model, work).forward);
          validation.add(0, seconds);
        }
      }
      last = { event, time };
    },
  });
  const asked = now();
  const { user, system } = process.cpuUsage(processor);
  await machinery.predict(model, config, requireDataSet(dataSets, config.data.name));
  const generation = new Rate();
  generation.add(exampleFlops(config.model, counter.evaluation(config)).forward, now() - asked);
  machinery.dispose(model);
  return {
    startSeconds,
    training: Object.fromEntries([...training].map(([kind, rate]) => [kind, rate.value()])),
    validation: validation.value(),
    generation: generation.value(),
    processorShare: (user + system) / 1e6 / Math.max(asked - trainingBegun, 1e-9),
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
  };
}

/** Operations over seconds, each summed. */
class Rate {
  #flops = 0;
  #seconds = 0;

  add(flops: number, seconds = 0): void {
    this.#flops += flops;
    this.#seconds += seconds;
  }

  /** Finite and above 0, so that it can be divided by and stored, even where a clock shows no time. */
  value(): number {
    return Math.max(this.#flops, 1) / Math.max(this.#seconds, 1e-9);
  }
}

/** Seconds that a node takes, alone on a core; undefined where the calibration lacks a kind of stage. */
export function nodeSeconds(
  { stages, validationFlops, responseFlops }: GraphNode,
  { training, validation, generation }: Calibration,
): number | undefined {
  let seconds = validationFlops / validation + responseFlops / generation;
  for (const stage of stages) {
    const rate = training[stageKind(stage)];
    if (rate === undefined) return undefined;
    seconds += (stage.forwardFlops + stage.backwardFlops) / rate;
  }
  return seconds;
}

/** What a calibration depends on: how it was measured, and by what. */
export interface CalibrationIdentity {
  readonly engine: EngineName;
  readonly engineNumerics: string;
  readonly codeVersion: string;
  readonly config: RunConfig;
}
