/**
 * What a training needs to go on with the same bits: every weight, the optimiser's moments, and the step. Data order and random
 * numbers are functions of the step, so nothing else has a state. The file is safetensors.
 */
import { loadParameters, parameterArrays } from '../checkpoint/load-parameters.js';
import { type NamedArray, readSafetensors, writeSafetensors } from '../checkpoint/safetensors.js';
import type { Model } from '../model/model.js';
import type { AdamW } from './optimizer.js';
import { TrainingError } from './training-error.js';

const FIRST = 'first_moment:';
const SECOND = 'second_moment:';
const FORMAT = 'vlm-bench training checkpoint 1';

export interface Progress {
  /** Optimiser steps done, over all stages. */
  readonly step: number;
  /** Updates the optimiser has made in the current stage. */
  readonly stageSteps: number;
}

export function encodeCheckpoint(model: Model, optimizer: AdamW, { step, stageSteps }: Progress): Uint8Array {
  const arrays = new Map<string, NamedArray>(parameterArrays(model.parameters));
  for (const [name, { shape, first, second }] of optimizer.state()) {
    arrays.set(FIRST + name, { shape, values: first });
    arrays.set(SECOND + name, { shape, values: second });
  }
  return writeSafetensors(arrays, { format: FORMAT, step: String(step), stageSteps: String(stageSteps) });
}

/** A checkpoint read back: apply its weights to a model and its moments to the stage's optimiser. */
export interface Checkpoint extends Progress {
  restoreWeights(model: Model): void;
  restoreMoments(optimizer: AdamW): void;
}

/** @throws SafetensorsError, or TrainingError when the file is no training checkpoint */
export function decodeCheckpoint(bytes: Uint8Array, totalSteps: number): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, 'checkpoint');
  const step = Number(metadata.step);
  const stageSteps = Number(metadata.stageSteps);
  if (metadata.format !== FORMAT || !Number.isInteger(step) || !Number.isInteger(stageSteps)) {
    throw new TrainingError({
      code: 'checkpoint-mismatch',
      problem: 'its metadata is not that of a training checkpoint',
    });
  }
  if (step > totalSteps) {
    const problem = `it was taken after step ${step}, but the recipe has ${totalSteps} steps`;
    throw new TrainingError({ code: 'checkpoint-mismatch', problem });
  }
  const isMoment = (name: string): boolean => name.startsWith(FIRST) || name.startsWith(SECOND);
  const weights = new Map([...tensors].filter(([name]) => !isMoment(name)));
  const names = [...tensors.keys()].filter((name) => name.startsWith(FIRST)).map((name) => name.slice(FIRST.length));
  return {
    step,
    stageSteps,
    restoreWeights: (model) => loadParameters(model, weights, 'checkpoint'),
    restoreMoments: (optimizer) => {
      const floats = (name: string): Float32Array => tensors.get(name)!.values as Float32Array;
      const state = names.map((name) => {
        const { shape } = tensors.get(FIRST + name)!;
        return [name, { shape, first: floats(FIRST + name), second: floats(SECOND + name) }] as const;
      });
      optimizer.restore(new Map(state), stageSteps);
    },
  };
}
