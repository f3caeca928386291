/**
 * What learners of all engines do alike: steps wait on the engine until they are told, the first that is not finite is named and ends the
 * training, and checkpoints hold weights, moments and the count of updates.
 */
import { type CheckpointOwner, openCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint-folder.js';
import { loadParameterSources, parameterSources } from '../checkpoint/load-parameters.js';
import type { TensorSources } from '../checkpoint/tensor-file.js';
import type { Model } from '../model/model.js';
import type { SettledStep, StepPlace } from './learner.js';
import { TrainingError } from './training-error.js';

export interface JournalOptions<Pending extends StepPlace> {
  readonly model: Model;
  readonly optimizer: {
    /** Updates made since the moments were zero. */
    readUpdates(): number;
    /** The moments, by name. */
    sources(): TensorSources;
    restore(moments: TensorSources, updates: number): void;
  };
  /** The weights in float32, where they are not the parameters of the model. */
  readonly weights?: () => TensorSources;
  readonly shardBytes: number | undefined;
  /** What a step came to; waits for the engine. */
  readonly read: (step: Pending) => Omit<SettledStep, 'step'>;
  readonly free: (step: Pending) => void;
  /** Called before the error for a step that is not finite is thrown. */
  readonly onDiverged?: () => void;
}

export class StepJournal<Pending extends StepPlace> {
  readonly #options: JournalOptions<Pending>;
  #pending: Pending[] = [];
  #settled: SettledStep[] = [];
  #lastCheckpoint = 0;

  constructor(options: JournalOptions<Pending>) {
    this.#options = options;
  }

  /** Steps that were not read yet. */
  get pending(): readonly Pending[] {
    return this.#pending;
  }

  add(step: Pending): void {
    this.#pending.push(step);
  }

  /** @throws TrainingError `diverged`, as `Learner.settle` */
  settle(): readonly SettledStep[] {
    this.#readPending();
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }

  /** @throws TrainingError `diverged`, as `Learner.save` */
  save(folder: string, owner: CheckpointOwner): void {
    this.#readPending();
    const { model, optimizer, weights = () => parameterSources(model.parameters), shardBytes } = this.#options;
    const content = { ...owner, updates: optimizer.readUpdates(), weights: weights(), moments: optimizer.sources() };
    writeCheckpoint(folder, content, shardBytes === undefined ? {} : { shardBytes });
    this.noteCheckpoint(owner.step);
  }

  /** Of a rank that others saved for. */
  noteCheckpoint(step: number): void {
    this.#lastCheckpoint = step;
  }

  /** @throws CheckpointError, SafetensorsError, ParameterMismatchError */
  restore(folder: string): CheckpointOwner {
    const { model, optimizer } = this.#options;
    const { run, step, updates, weights, moments } = openCheckpoint(folder);
    loadParameterSources(model, weights, folder);
    optimizer.restore(moments, updates);
    this.#lastCheckpoint = step;
    return { run, step };
  }

  /** Frees what was not read. */
  dispose(): void {
    for (const step of this.#pending) this.#options.free(step);
    this.#pending = [];
  }

  #readPending(): void {
    const pending = this.#pending;
    this.#pending = [];
    try {
      for (const step of pending) {
        const outcome = this.#options.read(step);
        this.#requireFinite('loss', outcome.loss, step);
        this.#requireFinite('gradient norm', outcome.gradientNorm, step);
        this.#settled.push({ step: step.step, ...outcome });
      }
    } finally {
      for (const step of pending) this.#options.free(step);
    }
  }

  #requireFinite(quantity: 'loss' | 'gradient norm', value: number, { stage, step, exampleIds }: StepPlace): void {
    if (Number.isFinite(value)) return;
    this.#options.onDiverged?.();
    const lastCheckpoint = this.#lastCheckpoint;
    throw new TrainingError({ code: 'diverged', stage, step, quantity, value, exampleIds, lastCheckpoint });
  }
}
