/**
 * What an engine trains with. The training loop and pretraining know nothing else of an engine: how weights are kept, what of a forward
 * pass is saved, how gradients are reduced over devices and where a step is computed is the learner's own.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { CheckpointOwner } from '../checkpoint/checkpoint-folder.js';
import type { Part } from '../model/config.js';
import type { Model } from '../model/model.js';
import type { Ranks } from '../ranks/ranks.js';
import type { Optimizer } from '../recipe/recipe.js';

/** Peak or current learning rate of each part. */
export type LearningRates = Readonly<Partial<Record<Part, number>>>;

/** Which step an update is, for the error that names it. */
export interface StepPlace {
  readonly stage: string;
  /** 1-based, over all stages. */
  readonly step: number;
  readonly exampleIds: readonly string[];
}

/** What is known of a step once the engine has computed it. */
export interface SettledStep {
  readonly step: number;
  /** The losses of its micro-batches, added in their order, over all devices. */
  readonly loss: number;
  /** Global norm of the gradients before clipping; 0 where the step was skipped. */
  readonly gradientNorm: number;
  /** The gradients of 16-bit losses overflowed: nothing was changed, and the scale of the losses was lowered. */
  readonly skipped?: true;
}

export interface Learner {
  /**
   * The model that learns. Its `weights` are the compute view of the parameters, its `segment` decides what is recomputed in the backward
   * pass, and its `inference` runs validation and generation without gradients.
   */
  readonly model: Model;

  /**
   * Says which parts learn from here on.
   * @param resumed whether the moments and the count of updates that `restore` read belong to this stage; otherwise both begin anew
   */
  enterStage(trainable: readonly Part[], options?: { readonly resumed?: boolean }): void;

  /**
   * Adds the gradients of a micro-batch, in float32, to those of the step. A parameter that the loss does not depend on adds nothing.
   *
   * @param loss runs the forward pass and returns a scalar that is already divided by the targets of the whole step, over all devices:
   * every token weighs alike, and gradients of micro-batches and devices are reduced by adding them
   * @param isLast whether no other micro-batch of this step follows here, so that gradients can be reduced as they come to exist
   */
  backward(loss: () => tf.Scalar, options?: { readonly isLast?: boolean }): void;

  /**
   * One step of AdamW over what `backward` added: reduces over devices, removes the scale of 16-bit losses, clips by the global norm and
   * updates the parameters that learn, on the device. A parameter without gradients is updated as by zeros. Where the norm is not a
   * finite number nothing is changed, nor by any later update until `settle` has told.
   */
  update(rates: LearningRates, place: StepPlace): void;

  /**
   * Waits for the device and tells every step since the last call, in order.
   * @throws TrainingError `diverged` for the first step whose loss or norm is not a finite number, naming it and its examples
   */
  settle(): readonly SettledStep[];

  /**
   * Fills an empty folder with weights, moments and the count of updates, as the checkpoint of the given run and step.
   * @throws TrainingError `diverged` instead, as `settle`, so that no checkpoint follows a bad step
   */
  save(folder: string, owner: CheckpointOwner): Promise<void>;

  /**
   * On rank 0 once it has saved, or has not; on all others meanwhile, to hand over what is divided among them.
   * @param step of the checkpoint, which is the last good one from here on
   */
  attendSave(step: number): void;

  /**
   * Goes on from a checkpoint that `save` wrote, with the same bits.
   * @throws CheckpointError, SafetensorsError, ParameterMismatchError
   */
  restore(folder: string): Promise<CheckpointOwner>;

  /** After the last step, on every rank: what is divided among them becomes whole in the model, and no step can follow. */
  complete(): void;

  /** Frees gradients and moments. The model stays its owner's. */
  dispose(): void;
}

export interface LearnerOptions {
  readonly model: Model;
  readonly optimizer: Optimizer;
  /** Bytes of the files of a checkpoint; 1 GiB by default. */
  readonly shardBytes?: number;
  /** Who learns together; this process alone by default. */
  readonly ranks?: Ranks;
}

export type CreateLearner = (options: LearnerOptions) => Learner;
