/**
 * The learner of engines whose operations tfjs's tape records: gradients by `variableGrads`, float32 throughout, one device. Of a step
 * one reading is needed, the norms for clipping; losses are read when they are asked for.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CheckpointOwner } from '../checkpoint/checkpoint-folder.js';
import { WasmBackend } from '../engines/wasm/backend.js';
import { SegmentReplay } from '../engines/wasm/replay/segment-replay.js';
import type { Part } from '../model/config.js';
import type { Model } from '../model/model.js';
import type { Parameter } from '../model/parameters.js';
import { squaredNorms } from '../ops/squared-norm.js';
import type { Learner, LearnerOptions, LearningRates, SettledStep, StepPlace } from './learner.js';
import { AdamW } from './optimizer.js';
import { StepJournal } from './step-journal.js';

/** A step whose losses lie on the engine still. */
interface PendingStep extends StepPlace {
  readonly losses: readonly tf.Scalar[];
  readonly gradientNorm: number;
}

export class TfjsLearner implements Learner {
  readonly model: Model;
  readonly #optimizer: AdamW;
  readonly #journal: StepJournal<PendingStep>;
  /** Only where the engine can replay. */
  readonly #replay: SegmentReplay | undefined;
  #trainable: readonly Parameter[] = [];
  /** By parameter name, of the micro-batches since the last update. */
  readonly #gradients = new Map<string, tf.Tensor>();
  #losses: tf.Scalar[] = [];

  constructor({ model, optimizer, shardBytes }: LearnerOptions) {
    const backend = tf.backend();
    const replay = backend instanceof WasmBackend ? new SegmentReplay(backend, model.weights) : undefined;
    this.#replay = replay;
    this.model =
      replay === undefined
        ? model
        : {
            ...model,
            weights: (name) => replay.weights(name),
            segment: (hidden, context, block) => replay.run(hidden, context, block),
          };
    this.#optimizer = new AdamW(optimizer);
    this.#journal = new StepJournal<PendingStep>({
      model,
      optimizer: this.#optimizer,
      shardBytes,
      read: ({ losses, gradientNorm }) => ({
        loss: losses.reduce((sum, part) => sum + part.dataSync()[0]!, 0),
        gradientNorm,
      }),
      free: ({ losses }) => tf.dispose([...losses]),
    });
  }

  enterStage(trainable: readonly Part[], { resumed = false }: { readonly resumed?: boolean } = {}): void {
    this.#trainable = [...this.model.parameters.values()].filter(({ part }) => trainable.includes(part));
    this.#replay?.enterStage(this.#trainable.map(({ name }) => name));
    if (!resumed) this.#optimizer.reset();
  }

  backward(loss: () => tf.Scalar): void {
    const { value, grads } = tf.variableGrads(
      loss,
      this.#trainable.map(({ variable }) => variable),
    );
    this.#losses.push(value);
    for (const { name, variable } of this.#trainable) {
      const gradient = grads[variable.name];
      if (gradient === undefined) continue;
      const earlier = this.#gradients.get(name);
      this.#gradients.set(name, earlier === undefined ? gradient : tf.add(earlier, gradient));
      if (earlier !== undefined) tf.dispose([earlier, gradient]);
    }
  }

  update(rates: LearningRates, place: StepPlace): void {
    const gradientNorm = this.#globalNorm();
    const isStopped = this.#journal.pending.some((step) => !Number.isFinite(step.gradientNorm));
    if (!isStopped && Number.isFinite(gradientNorm)) this.#apply(rates, gradientNorm);
    tf.dispose([...this.#gradients.values()]);
    this.#gradients.clear();
    this.#journal.add({ ...place, losses: this.#losses, gradientNorm });
    this.#losses = [];
  }

  settle(): readonly SettledStep[] {
    return this.#journal.settle();
  }

  async save(folder: string, owner: CheckpointOwner): Promise<void> {
    this.#journal.save(folder, owner);
  }

  attendSave(): void {}

  complete(): void {}

  async restore(folder: string): Promise<CheckpointOwner> {
    return this.#journal.restore(folder);
  }

  dispose(): void {
    tf.dispose([...this.#gradients.values(), ...this.#losses]);
    this.#gradients.clear();
    this.#losses = [];
    this.#journal.dispose();
    this.#optimizer.reset();
  }

  /** √Σ‖g‖² over all gradients, summed in the order of the model. */
  #globalNorm(): number {
    const gradients = this.#trainable.flatMap(({ name }) => this.#gradients.get(name) ?? []);
    if (gradients.length === 0) return 0;
    const squares = squaredNorms(gradients);
    const sum = squares.dataSync<'float32'>().reduce((total, square) => total + square, 0);
    squares.dispose();
    return Math.sqrt(sum);
  }

  #apply(rates: LearningRates, norm: number): void {
    this.#optimizer.beginUpdate();
    for (const { name, part, decay, variable } of this.#trainable) {
      const own = this.#gradients.get(name);
      const gradient = own ?? tf.zeros(variable.shape);
      const update = { name, parameter: variable, gradient, learningRate: rates[part] ?? 0, decay };
      const updated = this.#optimizer.updated(update, norm);
      variable.assign(updated);
      updated.dispose();
      if (own === undefined) gradient.dispose();
    }
  }
}
