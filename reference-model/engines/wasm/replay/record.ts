/**
 * Records a block: it runs once on tensors without numbers, forward and, where gradients are asked for, backward on a tape of its own. No
 * kernel computes anything meanwhile.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { SegmentBlock, SegmentContext } from '../../../ops/segment.js';
import type { WasmBackend } from '../backend.js';
import type { KernelExports } from '../kernel-module.js';
import { NotReplayable } from './not-replayable.js';
import { type RecordedCall, type Recording, type Result, recordingOf } from './recording.js';
import { placeOf, RecordingMemory } from './recording-memory.js';

/** A weight that the block uses. */
export interface UsedWeight {
  readonly name: string;
  readonly shape: number[];
  readonly learns: boolean;
}

export interface RecordedBlock {
  readonly hidden: tf.Tensor;
  /** With the mask as a dense one. */
  readonly context: SegmentContext & { readonly mask: { readonly kind: 'dense'; readonly allowed: tf.Tensor } };
  readonly block: SegmentBlock;
  readonly weights: readonly UsedWeight[];
  readonly withGradients: boolean;
}

/** What kernels return that check indices, and others ignore. */
const NO_BAD_INDEX = -1;

/**
 * @param finding runs the block so that it finds its weights as given
 * @throws NotReplayable
 */
export function record(
  backend: WasmBackend,
  { hidden, context, block, weights, withGradients }: RecordedBlock,
  finding: (weightOf: (name: string) => tf.Tensor, run: () => tf.Tensor) => tf.Tensor,
): Recording {
  const memory = new RecordingMemory();
  const calls: RecordedCall[] = [];
  let forwardCalls = 0;
  const blockOf = (tensor: tf.Tensor): number => placeOf(backend.address(tensor))!.block;
  const resultOf = (tensor: tf.Tensor): Result => ({ block: blockOf(tensor), shape: tensor.shape });
  const standIn = ({ shape, dtype }: Pick<tf.Tensor, 'shape' | 'dtype'>): tf.Tensor =>
    tf.engine().makeTensorFromTensorInfo(backend.allocate(shape, dtype as 'float32' | 'int32' | 'bool'));
  const recordRun = (): Recording => {
    const given = {
      hidden: standIn(hidden),
      constants: context.constants.map(standIn),
      mask: standIn(context.mask.allowed),
    };
    const standIns = weights.map(({ shape }) => standIn({ shape, dtype: 'float32' }));
    const outputGradient = standIn(hidden);
    const byName = new Map(weights.map(({ name }, index) => [name, standIns[index]!]));
    const weightOf = (name: string): tf.Tensor => {
      const weight = byName.get(name);
      if (weight === undefined) throw new NotReplayable('does not always use the same weights');
      return weight;
    };
    const run = (): tf.Tensor => {
      const mask = { kind: 'dense', allowed: given.mask } as const;
      const output = finding(weightOf, () => block(given.hidden, { ...context, constants: given.constants, mask }));
      forwardCalls = calls.length;
      return output;
    };
    const operands = [given.hidden, ...given.constants, given.mask, ...standIns];
    const learning = [given.hidden, ...standIns.filter((_, index) => weights[index]!.learns)];
    const { value, grads } = withGradients
      ? tf.engine().gradients(run, learning, outputGradient, true)
      : { value: run(), grads: [] };
    if (grads.some((gradient) => gradient == null)) throw new NotReplayable('does not depend on all that it uses');
    return recordingOf({
      sizes: memory.sizes,
      forward: calls.slice(0, forwardCalls),
      backward: calls.slice(forwardCalls),
      operands: operands.map(blockOf),
      output: resultOf(value),
      outputGradient: blockOf(outputGradient),
      learning: learning.map((tensor) => operands.indexOf(tensor)),
      gradients: grads.map(resultOf),
    });
  };
  const kernels = recordingKernels(backend.kernels, calls);
  return onOwnTape(() => backend.elsewhere(kernels, memory, () => tidied(recordRun)));
}

/** Kernels that write down their calls instead of computing. */
function recordingKernels({ memory, ...kernels }: KernelExports, calls: RecordedCall[]): KernelExports {
  const recording = Object.entries(kernels).map(([name, kernel]) => {
    const write = (...operands: number[]): number => {
      if (name === 'squaredNorm') throw new NotReplayable('reads a number that a kernel returns');
      calls.push({ kernel, operands });
      return NO_BAD_INDEX;
    };
    return [name, write];
  });
  return { memory, ...Object.fromEntries(recording) } as KernelExports;
}

function tidied<Result>(body: () => Result): Result {
  let result: Result;
  tf.tidy(() => {
    result = body();
  });
  return result!;
}

/** Runs a body beside the tape that may be recording outside; what the body's own tape saved is freed where it threw. */
function onOwnTape<Result>(body: () => Result): Result {
  const { state } = tf.engine();
  const { activeTape, gradientDepth } = state;
  state.gradientDepth = 0;
  try {
    return body();
  } finally {
    if (state.activeTape !== activeTape) for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
    Object.assign(state, { activeTape, gradientDepth });
  }
}
