/**
 * Runs the blocks of a model from recordings: the same kernels on the same numbers in the same order, hence the same bits, without what
 * tfjs does around each of them. A block is recorded once for every shape that it meets; another choice of what learns forgets all
 * recordings, and a block that does anything but call kernels on what it is given runs as usual.
 */
import * as tf from '@tensorflow/tfjs-core';
import { denseMask } from '../../../ops/attention-mask.js';
import type { SegmentBlock, SegmentContext } from '../../../ops/segment.js';
import type { WasmBackend } from '../backend.js';
import { NotReplayable } from './not-replayable.js';
import { type RecordedBlock, record } from './record.js';
import type { Recording } from './recording.js';
import { replay } from './replay-kernels.js';

/** Recordings that are kept, the newest ones: each takes some tens of kilobytes. */
const KEPT_RECORDINGS = 128;

type WeightOf = (name: string) => tf.Tensor;

/** Whether the tape is recording. */
const isTapeOn = (): boolean => tf.engine().state.gradientDepth > 0;

export class SegmentReplay {
  readonly #backend: WasmBackend;
  /** The model's weights. */
  readonly #weightOf: WeightOf;
  /** What the block at hand finds as weights. */
  #found: WeightOf;
  #learning: ReadonlySet<string> = new Set();
  /** By kind of block: the names, behind the prefix, of the weights that it uses. */
  readonly #weightNames = new Map<string, readonly string[]>();
  /** Undefined for what cannot be replayed. */
  readonly #recordings = new Map<string, Recording | undefined>();

  constructor(backend: WasmBackend, weightOf: WeightOf) {
    this.#backend = backend;
    this.#weightOf = weightOf;
    this.#found = weightOf;
  }

  /** Says which weights learn from here on. */
  enterStage(learning: Iterable<string>): void {
    this.#learning = new Set(learning);
    this.#recordings.clear();
  }

  /** A weight as the model's blocks are to find it. */
  weights(name: string): tf.Tensor {
    return this.#found(name);
  }

  run(hidden: tf.Tensor, context: SegmentContext, block: SegmentBlock): tf.Tensor {
    const { kind, prefix, batch, length, constants, mask } = context;
    const names = this.#weightNames.get(kind);
    if (names === undefined) return this.#noteWeights(hidden, context, block);
    const allowed = denseMask(mask, { batch, targets: length, sources: length });
    const weights = names.map((name) => ({ name: prefix + name, tensor: this.#weightOf(prefix + name) }));
    const recording = this.#recordingOf({
      hidden,
      context: { ...context, mask: { kind: 'dense', allowed } },
      block,
      weights: weights.map(({ name, tensor }) => ({ name, shape: tensor.shape, learns: this.#learning.has(name) })),
      withGradients: isTapeOn(),
    });
    if (recording === undefined) return block(hidden, context);
    try {
      return replay(recording, [hidden, ...constants, allowed, ...weights.map(({ tensor }) => tensor)]);
    } catch (error) {
      // An index is out of range: the block itself says which.
      if (error instanceof NotReplayable) return block(hidden, context);
      throw error;
    }
  }

  /** Runs the first block of a kind as usual, and sees which weights it asks for. */
  #noteWeights(hidden: tf.Tensor, context: SegmentContext, block: SegmentBlock): tf.Tensor {
    const names = new Set<string>();
    const noting: WeightOf = (name) => {
      names.add(name.slice(context.prefix.length));
      return this.#weightOf(name);
    };
    const output = this.#finding(noting, () => block(hidden, context));
    this.#weightNames.set(context.kind, [...names]);
    return output;
  }

  #recordingOf(recorded: RecordedBlock): Recording | undefined {
    const { context, hidden, weights, withGradients } = recorded;
    const shapes = [hidden, ...context.constants].map(({ shape }) => shape.join('×'));
    const learning = weights.map(({ learns }) => (learns ? 1 : 0)).join('');
    const key = [context.kind, context.batch, context.length, ...shapes, learning, withGradients].join(' ');
    if (this.#recordings.has(key)) return this.#recordings.get(key);
    const recording = this.#tryToRecord(recorded);
    this.#recordings.set(key, recording);
    if (this.#recordings.size > KEPT_RECORDINGS) this.#recordings.delete(this.#recordings.keys().next().value!);
    return recording;
  }

  #tryToRecord(recorded: RecordedBlock): Recording | undefined {
    try {
      return record(this.#backend, recorded, (weightOf, run) => this.#finding(weightOf, run));
    } catch (error) {
      if (error instanceof NotReplayable) return undefined;
      throw error;
    }
  }

  #finding(weightOf: WeightOf, run: () => tf.Tensor): tf.Tensor {
    this.#found = weightOf;
    try {
      return run();
    } finally {
      this.#found = this.#weightOf;
    }
  }
}
