/** The weights of the hub that a run starts from, opened where its configuration asks for them and refused where it does not. */
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import type { PretrainedParts } from '../../reference-model/weights/pretrained-parts.js';
import { UserError } from '../errors.js';
import { strictly } from '../files/read-input.js';
import type { DataAccess, DataPlace } from './load-data-sets.js';
import type { Machinery } from './machinery.js';

/**
 * @returns undefined for a configuration that starts from the package's own weights, or from random ones
 * @throws UserError for weights that are missing, or are not those of the model; SafetensorsError, ParameterMismatchError
 */
export function pretrainedFor(
  machinery: Pick<Machinery, 'openPretrained'>,
  { tokenizer, model }: RunConfig,
  { weights }: DataPlace = {},
): PretrainedParts | undefined {
  if (tokenizer !== 'pretrained') {
    if (weights === undefined) return undefined;
    throw new UserError(
      {
        code: 'usage',
        what: 'weights are given, and the recipe does not start from weights of the hub',
        where: `--weights ${weights}`,
        expected: 'a configuration with tokenizer: pretrained, such as --scale paper',
        fix: 'leave out --weights, or state tokenizer: pretrained and the model of these weights',
      },
      { exitCode: 2 },
    );
  }
  if (weights === undefined) {
    throw new UserError(
      {
        code: 'usage',
        what: 'the recipe starts from weights of the hub, and none are given',
        expected: '--weights DIR with the folders vision and language, each as downloaded from the hub',
        fix: 'download both models and name the folder that holds them',
      },
      { exitCode: 2 },
    );
  }
  return strictly(() => {
    const pretrained = machinery.openPretrained(weights);
    pretrained.requireModel(model);
    return pretrained;
  });
}

/** Images go through the processor of the weights. */
export function accessTo(place: DataPlace = {}, pretrained: PretrainedParts | undefined): DataAccess {
  return pretrained === undefined ? place : { ...place, processor: pretrained.reading.images };
}
