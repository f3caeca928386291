/**
 * The kernels that a block and its backward pass call, in order, with addresses left open: what is played again without tfjs. Shapes,
 * and with them every other operand, are those of the recording.
 */
import { type Lifetime, type MemoryPlan, planMemory } from './memory-plan.js';
import { NotReplayable } from './not-replayable.js';
import { placeOf } from './recording-memory.js';

type Kernel = (...operands: number[]) => number;

/** A kernel and what it was called with while it was recorded. */
export interface RecordedCall {
  readonly kernel: Kernel;
  readonly operands: readonly number[];
}

/** A block that is a tensor of its own, for those who come after. */
export interface Result {
  readonly block: number;
  readonly shape: readonly number[];
}

/** A run of a block in a memory of a recording. */
export interface RecordedRun {
  /** Bytes of every block. */
  readonly sizes: readonly number[];
  readonly forward: readonly RecordedCall[];
  readonly backward: readonly RecordedCall[];
  /** Blocks that are given: hidden states, constants, mask and weights. */
  readonly operands: readonly number[];
  readonly output: Result;
  /** The block of the output's gradient, which is given to the backward pass. */
  readonly outputGradient: number;
  /** The places, in the list of operands, of those that have a gradient; and their gradients. */
  readonly learning: readonly number[];
  readonly gradients: readonly Result[];
}

/** Calls whose addresses are filled in before they are made, and where what they alone use lies. */
export interface Pass {
  readonly calls: readonly {
    readonly kernel: Kernel;
    readonly operands: number[];
    readonly addresses: readonly { readonly operand: number; readonly block: number; readonly offset: number }[];
  }[];
  readonly temporary: MemoryPlan;
}

export interface Recording extends Omit<RecordedRun, 'sizes' | 'forward' | 'backward'> {
  /** Number of blocks. */
  readonly blocks: number;
  readonly forward: Pass;
  readonly backward: Pass;
  /** Where that lies which the backward pass needs of the forward one. */
  readonly kept: MemoryPlan;
}

/** @throws NotReplayable where a result is not a block of its own */
export function recordingOf({ sizes, forward, backward, ...run }: RecordedRun): Recording {
  const { operands, output, outputGradient, gradients } = run;
  const named = [...operands, outputGradient, output.block, ...gradients.map(({ block }) => block)];
  if (new Set(named).size < named.length) throw new NotReplayable('hands on what it was given, or one result twice');
  const first = forward.map(playable);
  const second = backward.map(playable);
  const inner = lifetimes([...first, ...second], sizes).filter(({ block }) => !named.includes(block));
  const isForward = ({ last }: Lifetime) => last < first.length;
  const isBackward = ({ first: begin }: Lifetime) => begin >= first.length;
  const lasting = inner.filter((lifetime) => !isForward(lifetime) && !isBackward(lifetime));
  return {
    ...run,
    blocks: sizes.length,
    forward: { calls: first, temporary: planMemory(inner.filter(isForward)) },
    backward: { calls: second, temporary: planMemory(inner.filter(isBackward)) },
    kept: planMemory(lasting),
  };
}

function playable({ kernel, operands }: RecordedCall): Pass['calls'][number] {
  const addresses = operands.flatMap((value, operand) => {
    const place = placeOf(value);
    return place === undefined ? [] : { operand, ...place };
  });
  return { kernel, operands: [...operands], addresses };
}

/** First and last use of every block that is used. */
function lifetimes(calls: Pass['calls'], sizes: readonly number[]): Lifetime[] {
  const uses = new Map<number, { first: number; last: number }>();
  for (const [at, { addresses }] of calls.entries()) {
    for (const { block } of addresses) uses.set(block, { first: uses.get(block)?.first ?? at, last: at });
  }
  return [...uses].map(([block, { first, last }]) => ({ block, bytes: sizes[block]!, first, last }));
}

/**
 * Makes the calls of a pass.
 * @param bases the address of every block that the pass uses
 * @returns false where a kernel found an index out of range
 */
export function play({ calls }: Pass, bases: Float64Array): boolean {
  for (const { kernel, operands, addresses } of calls) {
    for (const { operand, block, offset } of addresses) operands[operand] = bases[block]! + offset;
    // Kernels that check indices return the place of a bad one, or −1; others return nothing.
    if (kernel(...operands) >= 0) return false;
  }
  return true;
}
