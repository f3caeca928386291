/** A recorded block as one operation of tfjs, with its gradient: two kernels that make the recorded calls. */
import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../backend.js';
import { type KernelCall, registerNativeKernel } from '../native-kernel.js';
import type { MemoryPlan } from './memory-plan.js';
import { NotReplayable } from './not-replayable.js';
import { type Pass, play, type Recording, type Result } from './recording.js';

const REPLAY = 'SegmentReplay';
const REPLAY_GRADIENT = 'SegmentReplayGradient';

interface ReplayAttributes {
  readonly recording: Recording;
}

/** A piece of memory of at least so many bytes. */
const piece = (backend: WasmBackend, { bytes }: MemoryPlan): tf.TensorInfo => backend.allocate([bytes / 4]);

/** Says where the blocks of a plan lie. */
function place({ offsets }: MemoryPlan, base: number, bases: Float64Array): void {
  for (const [block, offset] of offsets) bases[block] = base + offset;
}

/** Plays a pass in a piece of memory that is free again afterwards. */
function playIn(backend: WasmBackend, pass: Pass, bases: Float64Array): void {
  const temporary = piece(backend, pass.temporary);
  place(pass.temporary, backend.address(temporary), bases);
  const isDone = play(pass, bases);
  backend.disposeData(temporary.dataId);
  if (!isDone) throw new NotReplayable('was given an index out of range');
}

function forward({ backend, inputs, attributes: { recording } }: KernelCall<ReplayAttributes>): tf.TensorInfo[] {
  const bases = new Float64Array(recording.blocks);
  const operands = Object.values(inputs);
  recording.operands.forEach((block, index) => {
    bases[block] = backend.address(operands[index]!);
  });
  const output = backend.allocate(recording.output.shape);
  const kept = piece(backend, recording.kept);
  bases[recording.output.block] = backend.address(output);
  place(recording.kept, backend.address(kept), bases);
  playIn(backend, recording.forward, bases);
  return [output, kept];
}

/** Inputs: the output's gradient, the operands of the block, its output, and what was kept. */
function backward({ backend, inputs, attributes: { recording } }: KernelCall<ReplayAttributes>): tf.TensorInfo[] {
  const bases = new Float64Array(recording.blocks);
  const given = Object.values(inputs);
  [recording.outputGradient, ...recording.operands, recording.output.block].forEach((block, index) => {
    bases[block] = backend.address(given[index]!);
  });
  place(recording.kept, backend.address(given.at(-1)!), bases);
  const gradients = recording.gradients.map(({ shape }: Result) => backend.allocate(shape));
  recording.gradients.forEach(({ block }, index) => {
    bases[block] = backend.address(gradients[index]!);
  });
  playIn(backend, recording.backward, bases);
  return gradients;
}

const run = (name: string, inputs: readonly tf.Tensor[], { recording }: ReplayAttributes): tf.Tensor[] =>
  tf
    .engine()
    .runKernel(
      name,
      [...inputs] as object as tf.NamedTensorMap,
      { recording } as object as tf.NamedAttrMap,
    ) as tf.Tensor[];

/**
 * Runs a recorded block.
 * @param operands hidden states, constants, mask and weights of the recording's shapes
 * @returns the hidden states behind the block
 * @throws NotReplayable where an index is out of range
 */
export function replay(recording: Recording, operands: readonly tf.Tensor[]): tf.Tensor {
  const outputs = run(REPLAY, operands, { recording });
  // The tape holds its own reference, and its list of outputs is this one: see `attention` in `ops/`.
  outputs.pop()!.dispose();
  return outputs[0]!;
}

/** Registers both kernels and the gradient. */
export function registerReplayKernels(): void {
  registerNativeKernel<ReplayAttributes>(REPLAY, forward);
  registerNativeKernel<ReplayAttributes>(REPLAY_GRADIENT, backward);
  tf.registerGradient({
    kernelName: REPLAY,
    saveAllInputs: true,
    outputsToSave: [true, true],
    gradFunc: (outputGradient, saved, attributes) => {
      const { recording } = attributes as object as ReplayAttributes;
      const gradients = run(REPLAY_GRADIENT, [outputGradient as tf.Tensor, ...saved], { recording });
      return Object.fromEntries(gradients.map((gradient, index) => [recording.learning[index]!, () => gradient]));
    },
  });
}
