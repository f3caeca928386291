/**
 * What the paper scale of a suite costs: from its configuration alone, and from the data and the weights where these are there. Nothing is
 * trained. All numbers that it starts from are this project's choice (the paper does not publish them), and the suite's notes say so.
 */
import type { ModelReader } from '../../reference-model/data/chat/model-reader.js';
import { type Part, patchesPerSide, visualTokensPerImage } from '../../reference-model/model/config.js';
import { parameterCount } from '../../reference-model/model/parameter-count.js';
import { exampleFlops } from '../../reference-model/model/step-flops.js';
import type { Arm } from '../suite/arms.js';
import { paperScaleOf, paperStages, type PaperStage as StatedStage } from '../suite/paper-settings.js';
import { type PlanOptions, planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import { type MemoryChoices, memoryChoices, type PaperMemory, paperMemory, sequenceLengthOf } from './paper-memory.js';
import { type StageTexts, stageTexts } from './paper-texts.js';
import { passOfRank } from './peak-memory.js';

type PaperScale = NonNullable<Suite['scales']['paper']>;

export interface PaperStage {
  readonly name: string;
  readonly trainable: readonly Part[];
  readonly steps: number;
  readonly examples: number;
  /** Visual and text tokens of one example, on average. */
  readonly sequenceLength: number;
  readonly tokens: number;
  /** What it learns from, where the suite says so. */
  readonly data?: string;
  readonly texts: StageTexts;
  readonly forwardFlops: number;
  readonly backwardFlops: number;
  /** Wall-clock time on the stated hardware at the stated utilisation, or the measured rate. */
  readonly hours: number;
}

export interface PaperPlan {
  readonly schemaVersion: 1;
  readonly suite: string;
  readonly title: string;
  readonly scale: 'paper';
  /** That the numbers are a choice, and where they come from. */
  readonly notes: { readonly model: string; readonly recipe: string; readonly hardware: string };
  /** Names on the hub, where the suite says so. */
  readonly weights?: PaperScale['weights'];
  readonly parameters: Readonly<Record<Part | 'total', number>>;
  readonly patchesPerImage: number;
  readonly visualTokensPerImage: number;
  readonly hardware: Omit<PaperScale['hardware'], 'note'>;
  /** How the rate is known. */
  readonly rateFrom: 'assumed share of the peak' | 'measured';
  /** One run of each arm; where an arm says nothing of this scale it has steps in proportion to those of the embedded scale. */
  readonly arms: readonly {
    readonly arm: string;
    readonly stages: readonly PaperStage[];
    readonly tokens: number;
    readonly trainingFlops: number;
    readonly hours: number;
    /** The same on other numbers of devices, as if they divided the work evenly. */
    readonly hoursOn: readonly { readonly devices: number; readonly hours: number }[];
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
  /** Of the arithmetic, where the suite says so; 16 bits are counted where it does not. */
  readonly precision?: PaperScale['precision'];
  /** On each device, with so many examples in a pass. */
  readonly memoryBytes: PaperMemory;
  /** Devices that divide the optimizer among themselves; 1 where each has all of it. */
  readonly shardedOver: number;
  readonly memoryChoices: MemoryChoices;
  readonly examplesPerPass: number;
  readonly warnings: readonly string[];
}

/** What is known beside the suite. */
export interface PaperKnowledge {
  readonly dataRoot?: string;
  /** How the weights read. */
  readonly reader?: ModelReader;
  /** TFLOP/s that one device was measured to reach. */
  readonly throughput?: number;
  /** Devices that divide the optimizer among themselves; `all` are those of the suite's hardware. */
  readonly shardedOver?: number | 'all';
}

/** Numbers of devices that hours are told for. */
const DEVICES = [1, 8] as const;

const secondsPerHour = 3600;

/** From the suite alone. @throws UserError `not-available` for a suite without a paper scale, or as `planSuite` */
export function paperPlan(
  suite: Suite,
  options: PlanOptions,
  { throughput, shardedOver }: Pick<PaperKnowledge, 'throughput' | 'shardedOver'> = {},
): PaperPlan {
  return planWith(onData(suite, options), withoutData(options), { throughput, shardedOver, texts: new Map() });
}

/** From the suite, and from data and weights as far as they are there. @throws UserError as `paperPlan` */
export async function measuredPaperPlan(
  stated: Suite,
  allOptions: PlanOptions,
  { throughput, shardedOver, ...sources }: PaperKnowledge,
): Promise<PaperPlan> {
  const suite = onData(stated, allOptions);
  const options = withoutData(allOptions);
  const { data } = paperScaleOf(suite);
  const texts = new Map<string, StageTexts>();
  for (const { levels } of planSuite(suite, { ...options, scale: 'embedded' }).arms) {
    for (const stage of paperStages(suite, { levels })) {
      const key = textsKey(stage);
      if (!texts.has(key)) texts.set(key, await stageTexts(stage, data, sources));
    }
  }
  return planWith(suite, options, { throughput, shardedOver, texts });
}

/** The suite with the data set that is chosen in place of its own. */
function onData(suite: Suite, { dataSet }: PlanOptions): Suite {
  if (dataSet === undefined) return suite;
  return { ...suite, scales: { ...suite.scales, paper: { ...paperScaleOf(suite), data: dataSet } } };
}

/** Arms and seeds are those of the embedded scale, whatever data they learn from. */
const withoutData = ({ dataSet: _, ...options }: PlanOptions): PlanOptions => options;

export const isShort = (precision: PaperScale['precision']): boolean => precision !== 'float32' && precision !== 'tf32';

/** Everything that the texts of a stage depend on. */
const textsKey = ({ steps: _, trainable: __, learningRate: ___, ...stage }: StatedStage): string =>
  JSON.stringify(stage);

function planWith(
  suite: Suite,
  options: PlanOptions,
  {
    throughput,
    shardedOver = 1,
    texts,
  }: {
    readonly throughput: number | undefined;
    readonly shardedOver: PaperKnowledge['shardedOver'] | undefined;
    readonly texts: ReadonlyMap<string, StageTexts>;
  },
): PaperPlan {
  const stated = paperScaleOf(suite);
  const { peakTeraflops } = stated.hardware;
  const rate = throughput === undefined ? {} : { utilisation: throughput / peakTeraflops };
  const paper = { ...stated, hardware: { ...stated.hardware, ...rate } };
  const { model, recipe, hardware } = paper;
  const plan = planSuite(suite, { ...options, scale: 'embedded' });
  const arms = plan.arms.map((arm) => armCost(arm, suite, paper, texts));
  const examplesPerPass = recipe.microBatchSize ?? 1;
  const passes = plan.arms.flatMap((arm) => passesOf(arm, suite, { paper, examplesPerPass, texts }));
  const bytesPerNumber = isShort(paper.precision) ? 2 : 4;
  const checkpointed = (paper.activationCheckpointing ?? 'none') !== 'none';
  const devicesOfShards = shardedOver === 'all' ? hardware.count : shardedOver;
  const memory = paperMemory(model, passes, { checkpointed, bytesPerNumber, shardedOver: devicesOfShards });
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
    ...(paper.weights === undefined ? {} : { weights: paper.weights }),
    parameters: { ...counts, total: counts.vision + counts.connector + counts.language },
    patchesPerImage: patchesPerSide(model.vision) ** 2,
    visualTokensPerImage: visualTokensPerImage(model),
    hardware: devices,
    rateFrom: throughput === undefined ? 'assumed share of the peak' : 'measured',
    arms,
    seeds: plan.seeds,
    totals: {
      runs,
      trainingFlops: sum(({ trainingFlops }) => trainingFlops),
      hours: sum(({ hours }) => hours),
      deviceHours: sum(({ hours }) => hours) * hardware.count,
    },
    ...(paper.precision === undefined ? {} : { precision: paper.precision }),
    memoryBytes: memory,
    shardedOver: devicesOfShards,
    memoryChoices: memoryChoices(model, passes, bytesPerNumber),
    examplesPerPass,
    warnings: [
      ...arms
        .filter(({ withinBudget }) => !withinBudget)
        .map(
          ({ arm, hours }) =>
            `${arm}: a run takes ${hours.toFixed(1)} hours, more than the budget of ${hardware.budgetHours} hours.`,
        ),
      ...memoryWarnings(memory, hardware),
    ],
  };
}

function armCost(
  arm: Arm,
  suite: Suite,
  { model, recipe, hardware, data }: PaperScale,
  known: ReadonlyMap<string, StageTexts>,
): PaperPlan['arms'][number] {
  const stages = paperStages(suite, arm).map((stage): PaperStage => {
    const { name, trainable, steps } = stage;
    const texts = textsOf(stage, known);
    const sequenceLength = sequenceLengthOf(model, texts.textTokens);
    const examples = steps * (stage.batchSize ?? recipe.batchSize);
    const tokens = examples * sequenceLength;
    const answerTokens = examples * texts.answerTokens;
    const { forward, backward } = exampleFlops(model, { examples, tokens, answerTokens }, trainable);
    const perSecond = hardware.count * hardware.peakTeraflops * 1e12 * hardware.utilisation;
    const hours = (forward + backward) / perSecond / secondsPerHour;
    const flops = { forwardFlops: forward, backwardFlops: backward };
    const learnt = stage.data ?? data;
    const named = learnt === undefined ? {} : { data: learnt };
    return { name, trainable, steps, examples, sequenceLength, tokens, ...named, texts, ...flops, hours };
  });
  const hours = stages.reduce((sum, stage) => sum + stage.hours, 0);
  return {
    arm: arm.id,
    stages,
    tokens: stages.reduce((sum, stage) => sum + stage.tokens, 0),
    trainingFlops: stages.reduce((sum, { forwardFlops, backwardFlops }) => sum + forwardFlops + backwardFlops, 0),
    hours,
    hoursOn: DEVICES.map((devices) => ({ devices, hours: (hours * hardware.count) / devices })),
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

/** What the suite assumes where nothing better is known. */
function textsOf(stage: StatedStage, known: ReadonlyMap<string, StageTexts>): StageTexts {
  const { textTokensPerExample: textTokens, answerTokensPerExample: answerTokens } = stage;
  const assumed = { textTokens, answerTokens, tokensFrom: 'suite', examples: null, examplesFrom: null } as const;
  return known.get(textsKey(stage)) ?? assumed;
}

function passesOf(
  arm: Arm,
  suite: Suite,
  given: {
    readonly paper: PaperScale;
    readonly examplesPerPass: number;
    readonly texts: ReadonlyMap<string, StageTexts>;
  },
) {
  return paperStages(suite, arm)
    .filter(({ steps }) => steps > 0)
    .map((stage) => {
      const { textTokens, answerTokens } = textsOf(stage, given.texts);
      const { model, recipe, hardware } = given.paper;
      const microBatchSize = stage.microBatchSize ?? given.examplesPerPass;
      const batchSize = stage.batchSize ?? recipe.batchSize;
      const examples = passOfRank({ batchSize, microBatchSize }, hardware.count, stage);
      const sequenceLength = sequenceLengthOf(model, textTokens);
      return { trainable: stage.trainable, examples, sequenceLength, answerTokens };
    });
}

function memoryWarnings({ total }: PaperMemory, { gpu, memoryGigabytes }: PaperScale['hardware']): readonly string[] {
  if (memoryGigabytes === undefined || total <= memoryGigabytes * 1e9) return [];
  const needed = (total / 1e9).toFixed(1);
  return [
    `A device needs ${needed} GB, and ${gpu} has ${memoryGigabytes}: lower microBatchSize, or compute blocks again.`,
  ];
}
