/**
 * The engine `torch`: the addon over libtorch behind a tfjs backend, whose gradients are libtorch's own. It runs on the CPU and, where
 * libtorch has CUDA and finds a GPU, there.
 */

import { join } from 'node:path';
import { findBackend, getBackend, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import type { MaskFamily } from '../../ops/attention-mask.js';
import type { RankProblem } from '../../ranks/ranks.js';
import type { Engine, EngineDiagnosis } from '../engine.js';
import { EngineError } from '../engine-error.js';
import { type Handle, type LoadedAddon, loadAddon, TorchType } from './addon.js';
import { TORCH_BACKEND, TorchBackend } from './backend.js';
import { usableBuild } from './build/build-store.js';
import { registerElementwiseKernels } from './kernels/elementwise.js';
import { registerFusedKernels } from './kernels/fused.js';
import { registerLayoutKernels } from './kernels/layout.js';
import { registerReductionKernels } from './kernels/reduction.js';
import { FEW_LOGITS_AT_ONCE, LOGITS_AT_ONCE } from './logits-at-once.js';
import { peakFlops } from './peak-flops.js';
import { type RankPlace, rankPlace } from './rank-place.js';
import { type TorchPrecision, type TorchSettings, torchSettings } from './settings.js';
import { type OnOpen, TorchRanks } from './torch-ranks.js';

/** The engine as it was activated last. */
export interface ActiveTorch {
  readonly backend: TorchBackend;
  readonly settings: TorchSettings;
}

let active: ActiveTorch | undefined;

/** The group that this process has joined, for as long as it lives. */
let joined: { readonly ranks: TorchRanks; readonly localRank: number } | undefined;

/** Why CUDA cannot be used, or an empty text; asked once. */
let cudaProblem: string | undefined;

function problemOfCuda({ addon, build }: LoadedAddon): string {
  if (!build.hasCuda) return 'its libtorch is built without CUDA';
  cudaProblem ??= addon.loadCuda(join(build.libtorch, 'lib', 'libtorch_cuda.so'));
  return cudaProblem;
}

/** `cpu`, or a CUDA device that is there. @throws EngineError `engine-unavailable` */
function resolveDevice(loaded: LoadedAddon, asked: string): string {
  if (asked === 'cpu') return asked;
  const problem = problemOfCuda(loaded);
  if (problem === '') return asked === 'auto' ? 'cuda' : asked;
  if (asked === 'auto') return 'cpu';
  const remedy = 'Use --device cpu, or a libtorch with CUDA on a machine with a GPU.';
  throw new EngineError({ code: 'engine-unavailable', engine: 'torch', reason: `${asked}: ${problem}.`, remedy });
}

/** Every rank of a machine takes a GPU of its own, and touches no other before it joins: one may be open to a single process. */
function deviceOfRank(device: string, localRank = joined?.localRank ?? rankPlace()?.localRank): string {
  return device === 'cuda' && localRank !== undefined ? `cuda:${localRank}` : device;
}

/** libtorch's numbers of its attention kernels (SDPBackend), then our own. */
const ATTENTION_KERNELS = ['math', 'flash', 'efficient', 'cudnn', 'overrideable', 'fused'];

/** The kernels that attention takes with a mask, for a flagged causal one, and without: those of a suite are the same for all its arms. */
function attentionKernels({ torch, flagsCausalMasks }: TorchBackend, { precision }: TorchSettings): string {
  const floats = precision === 'bfloat16' || precision === 'float16' ? TorchType[precision] : TorchType.float32;
  const query = torch.full([1, 16, 2, 64], 0, floats);
  const allowed = torch.full([1, 16, 16], 1, TorchType.bool);
  const bias = torch.attentionBias(allowed, query);
  const choice = (withBias: Handle, isCausal: boolean): string => {
    const number = torch.attentionChoice(query, withBias, isCausal);
    return ATTENTION_KERNELS[number] ?? `${number}`;
  };
  const flagged = flagsCausalMasks ? [`causal-${choice(0, true)}`] : [];
  const kernels = ['attention', choice(bias, false), ...flagged, choice(0, false)].join('-');
  for (const handle of [query, allowed, bias]) torch.free(handle);
  return kernels;
}

/**
 * Makes `torch` the current engine.
 * @param masks those of all runs that are compared: causal ones are told by a flag only where there are no others
 * @throws EngineError `engine-unavailable`
 */
export async function activateTorchEngine(
  settings: TorchSettings = torchSettings(),
  masks: MaskFamily = 'mixed',
): Promise<Engine> {
  const loaded = loadAddon();
  const { addon, build } = loaded;
  const device = deviceOfRank(resolveDevice(loaded, settings.device));
  // Read by cuBLAS when it starts.
  if (settings.deterministic) process.env.CUBLAS_WORKSPACE_CONFIG ??= ':4096:8';
  addon.useDevice(device);
  addon.setThreads(settings.threads);
  addon.setDeterministic(settings.deterministic);
  addon.setTf32(settings.precision === 'tf32');
  addon.fixAttentionKernels();
  const backend = registeredBackend(loaded);
  backend.flagsCausalMasks = masks === 'causal';
  backend.logitsAtOnce = settings.checkpointing === 'all' ? FEW_LOGITS_AT_ONCE : LOGITS_AT_ONCE;
  await setBackend(TORCH_BACKEND);
  active = { backend, settings: { ...settings, device } };
  const { precision, threads, deterministic, checkpointing } = settings;
  const numerics = [
    `torch-${addon.torchVersion()}`,
    build.sources.slice(0, 12),
    device === 'cpu' ? `cpu-${addon.cpuCapability()}-${threads}` : addon.deviceName().replaceAll(' ', '-'),
    precision,
    attentionKernels(backend, settings),
    ...(checkpointing === 'none' ? [] : [`recompute-${checkpointing}`]),
    ...(deterministic ? ['deterministic'] : []),
  ].join('-');
  return {
    name: 'torch',
    backend: TORCH_BACKEND,
    precision,
    numerics,
    devices: joined?.ranks.count ?? 1,
    device: device === 'cpu' ? 'cpu' : 'gpu',
  };
}

/**
 * Makes this process a rank, once for all of its runs; the engine is `torch` already.
 * @param onOpen called with the port of the store, once others can connect
 * @throws RankError
 */
export async function joinTorchRanks(
  place: RankPlace,
  { onOpen, signal }: { readonly onOpen?: OnOpen; readonly signal?: AbortSignal | undefined } = {},
): Promise<TorchRanks> {
  if (joined !== undefined) return joined.ranks;
  const { backend, settings } = active!;
  const { localRank } = place;
  const device = deviceOfRank(settings.device, localRank);
  backend.torch.useDevice(device);
  const ranks = await TorchRanks.join(backend.torch, place, { timeout: settings.timeout, device, signal }, onOpen);
  joined = { ranks, localRank };
  active = { backend, settings: { ...settings, device } };
  return ranks;
}

/** Tells the ranks which this process was to join why it does not; it ends afterwards. */
export function declineTorchRanks(place: RankPlace, problem: RankProblem): void {
  if (joined === undefined) TorchRanks.decline(loadAddon().addon, place, problem);
}

function registeredBackend({ addon }: LoadedAddon): TorchBackend {
  const known = findBackend(TORCH_BACKEND);
  if (known instanceof TorchBackend) return known;
  const backend = new TorchBackend(addon);
  registerBackend(TORCH_BACKEND, () => backend);
  registerElementwiseKernels();
  registerLayoutKernels();
  registerReductionKernels();
  registerFusedKernels();
  return backend;
}

/** The engine behind the current tfjs backend, if that is `torch`. */
export function activeTorch(): ActiveTorch | undefined {
  return getBackend() === TORCH_BACKEND ? active : undefined;
}

/** Whether a build is there whose libtorch finds a GPU. */
export function hasTorchGpu(): boolean {
  if (usableBuild()?.hasCuda !== true) return false;
  try {
    return problemOfCuda(loadAddon()) === '';
  } catch {
    return false;
  }
}

export function diagnoseTorchEngine(): EngineDiagnosis {
  try {
    const settings = torchSettings();
    const loaded = loadAddon();
    const device = resolveDevice(loaded, settings.device);
    const version = `libtorch ${loaded.addon.torchVersion()}`;
    const { precision, threads } = settings;
    if (device !== 'cpu') {
      return { name: 'torch', available: true, detail: `${version} on ${gpuText(loaded, device, precision)}` };
    }
    const where = `CPU (${loaded.addon.cpuCapability()}), ${problemText(loaded)}`;
    return { name: 'torch', available: true, detail: `${version} on ${where}; ${precision}, ${threads} thread(s)` };
  } catch (error) {
    if (!(error instanceof EngineError) || error.defect.code !== 'engine-unavailable') throw error;
    return { name: 'torch', available: false, reason: error.defect.reason, remedy: error.defect.remedy };
  }
}

/** The GPU by its name, with its memory and its peak in the precision, of which steps tell their share. */
function gpuText({ addon }: LoadedAddon, device: string, precision: TorchPrecision): string {
  addon.useDevice(device);
  const name = addon.deviceName();
  const peak = peakFlops(name, precision);
  const speed =
    peak === undefined ? 'peak not known, so that no utilisation is told' : `${peak / 1e12} TFLOP/s at most`;
  return `${device}: ${name}, ${(addon.deviceCapacity() / 2 ** 30).toFixed(1)} GiB; ${precision}, ${speed}`;
}

const problemText = (loaded: LoadedAddon): string => `no GPU: ${problemOfCuda(loaded).split('\n')[0]!.slice(0, 120)}`;
