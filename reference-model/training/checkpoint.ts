/**
 * What a training needs to go on with the same bits: every weight, the optimiser's moments, and the step. Data order and random
 * numbers are functions of the step, so nothing else has a state.
 */
import { type CheckpointOwner, openCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint-folder.js';
import { loadParameterSources, parameterSources } from '../checkpoint/load-parameters.js';
import type { TensorSource, TensorSources } from '../checkpoint/tensor-file.js';
import type { Model } from '../model/model.js';
import type { AdamW } from './optimizer.js';

const FIRST = 'first_moment:';
const SECOND = 'second_moment:';

/** Fills an empty folder. */
export function saveTraining(
  folder: string,
  owner: CheckpointOwner,
  { model, optimizer, shardBytes }: { readonly model: Model; readonly optimizer: AdamW; readonly shardBytes?: number },
): void {
  const moments = new Map<string, TensorSource>();
  for (const [name, { shape, first, second }] of optimizer.state()) {
    moments.set(FIRST + name, { dtype: 'F32', shape, read: first });
    moments.set(SECOND + name, { dtype: 'F32', shape, read: second });
  }
  const content = { ...owner, updates: optimizer.updates, weights: parameterSources(model.parameters), moments };
  writeCheckpoint(folder, content, shardBytes === undefined ? {} : { shardBytes });
}

/** A checkpoint opened: apply its weights to a model and its moments to the stage's optimiser. */
export interface SavedTraining {
  readonly step: number;
  restoreWeights(model: Model): void;
  restoreMoments(optimizer: AdamW): void;
}

/** @throws CheckpointError, SafetensorsError */
export function openTraining(folder: string): SavedTraining {
  const { step, updates, weights, moments } = openCheckpoint(folder);
  return {
    step,
    restoreWeights: (model) => loadParameterSources(model, weights, folder),
    restoreMoments: (optimizer) => optimizer.restore(momentsByName(moments), updates),
  };
}

function momentsByName(moments: TensorSources): ReturnType<AdamW['state']> {
  const names = [...moments.keys()].filter((name) => name.startsWith(FIRST)).map((name) => name.slice(FIRST.length));
  return new Map(
    names.map((name) => {
      const floats = (tensor: string) => () => moments.get(tensor)!.read() as Float32Array;
      const { shape } = moments.get(FIRST + name)!;
      return [name, { shape, first: floats(FIRST + name), second: floats(SECOND + name) }] as const;
    }),
  );
}
