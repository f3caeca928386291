/** The evaluated splits whose images the stores keep: loaded once per publish, and only for runs that are rendered. */
import { statSync } from 'node:fs';
import { sha256 } from '../../reference-model/files/hashing.js';
import { existsAnew } from '../files/seen-anew.js';
import { evaluationImagesFile, readEvaluationImages } from '../records/evaluation-images.js';
import { type PlacedImage, placeImages } from './image-files.js';
import type { RunFacts } from './run-facts.js';

export interface ImageSet {
  readonly id: string;
  /** Changes when the files that hold the images do. */
  readonly key: string;
  load(): Promise<ReadonlyMap<string, PlacedImage>>;
}

type Split = 'validation' | 'test';

/** @returns the images of the run's evaluated split, or undefined if no store keeps them */
export function imageSetOf(
  { dataSet, split }: Pick<RunFacts, 'dataSet' | 'split'>,
  stores: readonly string[],
): ImageSet | undefined {
  // The fingerprint comes from a record and is about to become part of a path.
  if (!/^[\w-]{1,200}$/.test(dataSet.fingerprint) || !isSplit(split)) return undefined;
  const files = stores
    .map((store) => ({ store, file: evaluationImagesFile(store, dataSet.fingerprint, split) }))
    .filter(({ file }) => existsAnew(file))
    .map(({ store, file }) => ({ store, bytes: statSync(file).size }))
    // Equal names hold equal images; of an interrupted copy the longer one is whole.
    .sort((left, right) => right.bytes - left.bytes);
  const fullest = files[0];
  if (fullest === undefined) return undefined;
  const id = sha256(JSON.stringify([dataSet.fingerprint, split])).slice(0, 16);
  return {
    id,
    key: sha256(JSON.stringify([id, fullest.bytes])),
    load: () => placeImages(readEvaluationImages(fullest.store, dataSet.fingerprint, split)),
  };
}

function isSplit(split: string): split is Split {
  return split === 'validation' || split === 'test';
}
