/**
 * What a run of the paper scale needs and does not find, told in one error before anything is read or trained: data sets with their folders
 * and where to get them, weights with their names on the hub, an engine, and a device with enough memory.
 */
import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { needsRoot } from '../../reference-model/data/card.js';
import { rootOf } from '../../reference-model/data/data-root.js';
import { missingFiles } from '../../reference-model/data/open-source.js';
import { cardOf, DATA_SET_NAMES } from '../../reference-model/data/registry.js';
import { type TorchSettings, torchSettings } from '../../reference-model/engines/torch/settings.js';
import { diagnoseEngines, type EngineDiagnosis } from '../../reference-model/index.js';
import { dataSetNames } from '../../reference-model/training/stage-data.js';
import { missingParts, partFolder } from '../../reference-model/weights/pretrained-parts.js';
import { type Problem, UserError } from '../errors.js';
import type { ExecutorName } from '../execution/executor-settings.js';
import type { DataPlace } from '../run/load-data-sets.js';
import type { EngineChoice } from '../run/machinery.js';
import { paperScaleOf } from '../suite/paper-settings.js';
import type { Plan } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import { isShort, paperPlan } from './paper-plan.js';

const WASM_BYTES = 2 ** 32;

export interface Surroundings extends DataPlace {
  readonly engine: EngineChoice;
  /** Whose devices the runs are performed on. */
  readonly executor: ExecutorName;
}

/** @throws UserError with a problem for everything that is missing */
export async function requirePaperNeeds(plans: readonly Plan[], surroundings: Surroundings): Promise<void> {
  const problems = [
    ...dataProblems(plans, surroundings),
    ...weightsProblems(plans, surroundings),
    ...(await engineProblems(plans, surroundings)),
  ];
  const texts = problems.map((problem) => JSON.stringify(problem));
  const different = problems.filter((_, index) => texts.indexOf(texts[index]!) === index);
  if (different.length > 0) throw new UserError(different);
}

/** A declared data set is read from its own file, which says itself what it lacks. */
function dataProblems(plans: readonly Plan[], { dataRoot, declaration }: DataPlace): readonly Problem[] {
  const configs = plans.flatMap(({ runs }) => runs.map(({ config }) => config));
  const names = [...new Set(configs.flatMap((config) => [...dataSetNames(config)]))];
  return names.flatMap((name): readonly Problem[] => {
    const known = DATA_SET_NAMES.find((registered) => registered === name);
    if (known === undefined) {
      if (declaration !== undefined) return [];
      return [{ code: 'data-invalid', what: `there is no data set ${name}`, fix: 'see `vlm-bench data list`' }];
    }
    const card = cardOf(known);
    if (!needsRoot(card)) return [];
    const folder = dataRoot === undefined ? join('DIR', name) : rootOf(name, dataRoot);
    const missing = dataRoot === undefined ? card.files : missingFiles(card, folder);
    if (missing.length === 0) return [];
    const sources = [...new Set(missing.map(({ from }) => from))].join(' and ');
    return [
      {
        code: 'file-unreadable',
        what: `the data set ${name} is not there`,
        where: dataRoot === undefined ? '--data-root DIR, which is not given' : join(dataRoot, name),
        expected: missing.map(({ path, holds }) => `${path} (${holds})`).join('; '),
        fix: `fetch it from ${sources} into ${dataRoot === undefined ? folder : join(dataRoot, name)}; \`vlm-bench data card ${name}\` says more`,
      },
    ];
  });
}

function weightsProblems(plans: readonly Plan[], { weights }: DataPlace): readonly Problem[] {
  return plans.flatMap(({ suite }) => {
    const names = paperScaleOf(suite).weights;
    const missing = weights === undefined ? (['vision', 'language'] as const) : missingParts(weights);
    return missing.map((part): Problem => {
      const name = names?.[part] ?? 'NAME';
      const folder = partFolder(weights ?? 'DIR', part);
      return {
        code: 'file-unreadable',
        what: `the weights of the ${part} part are not there${names === undefined ? '' : `: ${name}`}`,
        where: weights === undefined ? '--weights DIR, which is not given' : folder,
        expected: 'all files of the model as the hub has them',
        fix: `hf download ${name} --local-dir ${folder}`,
      };
    });
  });
}

async function engineProblems(plans: readonly Plan[], { engine, executor }: Surroundings): Promise<readonly Problem[]> {
  const torch = (await diagnoseEngines()).find(({ name }) => name === 'torch')!;
  const onWasm = engine === 'wasm' || (engine === 'auto' && !hasGpu(torch));
  if (onWasm) return plans.flatMap((plan) => wasmProblems(plan, torch));
  if (engine === 'tensorflow') return [];
  if (!torch.available)
    return [{ code: 'engine-unavailable', what: torch.reason, where: 'engine torch', fix: torch.remedy }];
  // The devices of a scheduler are not those of this machine.
  const device = executor === 'local' ? deviceMemory(torch) : undefined;
  return device === undefined ? [] : plans.flatMap(({ suite }) => deviceProblems(suite, device));
}

const hasGpu = (torch: EngineDiagnosis): boolean => torch.available && / on cuda/.test(torch.detail);

function wasmProblems({ suite }: Plan, torch: EngineDiagnosis): readonly Problem[] {
  const needed = heldOnWasm(suite);
  if (needed < WASM_BYTES) return [];
  const reason = torch.available
    ? 'the engine torch works here: give --engine torch'
    : `${torch.reason} ${torch.remedy}`;
  return [
    {
      code: 'engine-unavailable',
      what: `the training of ${suite.id} takes about ${gigabytes(needed)} GB, and the engine wasm holds ${gigabytes(WASM_BYTES)}`,
      where: 'engine',
      expected: 'the engine torch, on a GPU for such a model',
      fix: reason,
    },
  ];
}

/** What lies on the engine wasm: float32 throughout, and nothing computed again. */
function heldOnWasm(suite: Suite): number {
  const { memoryBytes, memoryChoices } = paperPlan(
    withEngine(suite, { precision: 'float32', checkpointing: 'none', devices: 1 }),
    {},
  );
  return memoryBytes.total - memoryBytes.logits + memoryChoices.logitsWhole;
}

/** The suite as the engine is set to train it. */
function withEngine(
  suite: Suite,
  { precision, checkpointing, devices }: Pick<TorchSettings, 'precision' | 'checkpointing' | 'devices'>,
): Suite {
  const stated = paperScaleOf(suite);
  const hardware = { ...stated.hardware, count: devices };
  const paper = { ...stated, hardware, precision, activationCheckpointing: checkpointing };
  return { ...suite, scales: { ...suite.scales, paper } };
}

export interface DeviceMemory {
  readonly name: string;
  readonly bytes: number;
  /** Whether all processes of a run lie in it, as in the memory of a machine; a GPU holds one. */
  readonly shared?: boolean;
}

/** Undefined where nobody tells. */
function deviceMemory(torch: EngineDiagnosis): DeviceMemory | undefined {
  if (!hasGpu(torch)) return { name: 'this machine', bytes: totalmem(), shared: true };
  const index = Number(/^cuda:(\d+)$/.exec(torchSettings().device)?.[1] ?? 0);
  try {
    const query = ['--query-gpu=memory.total', '--format=csv,noheader,nounits', `--id=${index}`];
    const mebibytes = Number(
      execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    return mebibytes > 0 ? { name: `the GPU ${index}`, bytes: mebibytes * 2 ** 20 } : undefined;
  } catch {
    return undefined;
  }
}

/** @param settings that the command line or the suite gives the engine */
export function deviceProblems(
  suite: Suite,
  { name, bytes, shared = false }: DeviceMemory,
  {
    precision,
    checkpointing,
    devices,
    shardOptimizer,
  }: Pick<TorchSettings, 'precision' | 'checkpointing' | 'devices' | 'shardOptimizer'> = torchSettings(),
): readonly Problem[] {
  const shardedOver = shardOptimizer ? devices : 1;
  const set = withEngine(suite, { precision, checkpointing, devices });
  const { total: each } = paperPlan(set, {}, { shardedOver }).memoryBytes;
  const needed = shared ? devices * each : each;
  if (needed <= bytes) return [];
  const ways = [
    'lower microBatchSize in a copy of the suite',
    ...(checkpointing === 'none' ? ['give --activation-checkpointing blocks'] : []),
    ...(isShort(precision) ? [] : ['give --precision bfloat16']),
    ...(devices > 1 && !shardOptimizer ? ['give --shard-optimizer'] : []),
    ...(shared && devices > 1 ? ['give fewer --devices'] : []),
  ];
  const where = shared && devices > 1 ? `in ${devices} processes` : shared ? '' : 'on each device';
  return [
    {
      code: 'not-available',
      what: `a run of ${suite.id} takes about ${[`${gigabytes(needed)} GB`, where].join(' ').trim()}, and ${name} has ${gigabytes(bytes)}`,
      where: 'device memory',
      expected: `${gigabytes(needed)} GB`,
      fix: `${ways.join(', ')}, or take a larger device`,
    },
  ];
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
