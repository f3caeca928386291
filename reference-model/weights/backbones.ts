/**
 * The tiny pretrained backbones of the embedded scale: shipped as safetensors with their provenance in the metadata, regenerated
 * by `pretrainBackbones`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadParameters, parameterArrays } from '../checkpoint/load-parameters.js';
import { type NamedArray, readSafetensors } from '../checkpoint/safetensors.js';
import type { Model } from '../model/model.js';
import { TOKEN_TABLE } from '../model/parameters.js';
import type { Recipe } from '../recipe/recipe.js';

export type Backbone = 'vision' | 'language';

/** Where a shipped backbone lies in the package. */
const backboneFile = (backbone: Backbone): string => `reference-model/weights/${backbone}.safetensors`;

/**
 * Overwrites the backbones that a recipe wants pretrained. A model with a longer vocabulary than the shipped language model keeps its
 * own initial embeddings of the tokens that are new.
 *
 * @throws ParameterMismatchError when the model does not have the shape of the shipped weights, SafetensorsError when they are damaged
 */
export function loadBackbones(model: Model, initialization: Recipe['initialization']): void {
  for (const backbone of ['vision', 'language'] as const) {
    if (initialization[backbone] === 'random') continue;
    const file = backboneFile(backbone);
    const bytes = readFileSync(createRequire(import.meta.url).resolve(`#package/${file}`));
    const { tensors } = readSafetensors(bytes, file);
    loadParameters(model, backbone === 'language' ? withNewTokens(model, tensors) : tensors, file, [backbone]);
  }
}

/** The tensors with their embedding table lengthened by the model's own rows, where the model has more rows of that width. */
function withNewTokens(model: Model, tensors: ReadonlyMap<string, NamedArray>): ReadonlyMap<string, NamedArray> {
  const shipped = tensors.get(TOKEN_TABLE);
  const { shape, values } = parameterArrays(model.parameters, ['language']).get(TOKEN_TABLE)!;
  if (shipped === undefined || shipped.shape[1] !== shape[1] || shipped.shape[0]! >= shape[0]!) return tensors;
  const lengthened = values as Float32Array;
  lengthened.set(shipped.values);
  return new Map(tensors).set(TOKEN_TABLE, { shape, values: lengthened });
}
