/**
 * The tiny pretrained backbones of the embedded scale: shipped as safetensors with their provenance in the metadata, regenerated
 * by `pretrainBackbones`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadParameters } from '../checkpoint/load-parameters.js';
import { readSafetensors } from '../checkpoint/safetensors.js';
import type { Model } from '../model/model.js';
import type { Recipe } from '../training/recipe.js';

export type Backbone = 'vision' | 'language';

/** Where a shipped backbone lies in the package. */
const backboneFile = (backbone: Backbone): string => `reference-model/pretraining/weights/${backbone}.safetensors`;

/**
 * Overwrites the backbones that a recipe wants pretrained.
 *
 * @throws ParameterMismatchError when the model does not have the shape of the shipped weights, SafetensorsError when they are damaged
 */
export function loadBackbones(model: Model, initialization: Recipe['initialization']): void {
  for (const backbone of ['vision', 'language'] as const) {
    if (initialization[backbone] === 'random') continue;
    const file = backboneFile(backbone);
    const bytes = readFileSync(createRequire(import.meta.url).resolve(`#package/${file}`));
    loadParameters(model, readSafetensors(bytes, file).tensors, file, [backbone]);
  }
}
