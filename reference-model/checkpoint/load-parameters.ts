/** Moves weights between a model and named arrays, checking names and shapes against the model's configuration. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig, Part } from '../model/config.js';
import { type Parameters, parameterSpecifications } from '../model/parameters.js';
import type { NamedArray } from './safetensors.js';

/** Weights that do not belong to the model they are loaded into. */
export class ParameterMismatchError extends Error {
  readonly code = 'parameter-mismatch';
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly wrongShape: readonly string[];

  constructor(
    file: string,
    {
      missing,
      unexpected,
      wrongShape,
    }: {
      readonly missing: readonly string[];
      readonly unexpected: readonly string[];
      readonly wrongShape: readonly string[];
    },
  ) {
    const list = (title: string, names: readonly string[]): string[] => {
      if (names.length === 0) return [];
      const shown = names.slice(0, 3).join(', ');
      return [`${title}: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}.`];
    };
    super(
      [
        `${file}: the weights do not fit the model.`,
        ...list('Missing', missing),
        ...list('Unexpected', unexpected),
        ...list('Wrong shape', wrongShape),
        'Check that the file and the model configuration belong together.',
      ].join(' '),
    );
    this.name = 'ParameterMismatchError';
    this.missing = missing;
    this.unexpected = unexpected;
    this.wrongShape = wrongShape;
  }
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/**
 * Checks that arrays are exactly the parameters of the given parts.
 *
 * @throws ParameterMismatchError
 */
function checkParameters(
  config: ModelConfig,
  arrays: ReadonlyMap<string, NamedArray>,
  file: string,
  parts: readonly Part[] = ['vision', 'connector', 'language'],
): void {
  const specifications = parameterSpecifications(config).filter(({ part }) => parts.includes(part));
  const known = new Set(specifications.map(({ name }) => name));
  const missing = specifications.filter(({ name }) => !arrays.has(name)).map(({ name }) => name);
  const unexpected = [...arrays.keys()].filter((name) => !known.has(name));
  const wrongShape = specifications.flatMap(({ name, shape }) => {
    const array = arrays.get(name);
    if (!array || (sameShape(array.shape, shape) && array.values instanceof Float32Array)) return [];
    const type = array.values instanceof Float32Array ? 'float' : 'integer';
    return [`${name} (${type} [${array.shape.join(', ')}] instead of float [${shape.join(', ')}])`];
  });
  if (missing.length + unexpected.length + wrongShape.length > 0) {
    throw new ParameterMismatchError(file, { missing, unexpected, wrongShape });
  }
}

/** Values of the model's parameters, of all parts or of those given, ready for `writeSafetensors`. */
export function parameterArrays(parameters: Parameters, parts?: readonly Part[]): ReadonlyMap<string, NamedArray> {
  const chosen = [...parameters.values()].filter(({ part }) => parts === undefined || parts.includes(part));
  return new Map(
    chosen.map(({ name, variable }) => [
      name,
      { shape: variable.shape, values: variable.dataSync<'float32'>().slice() as Float32Array },
    ]),
  );
}

/**
 * Overwrites parameters of the given parts with loaded weights; the variables keep their identity.
 *
 * @param file name used in messages
 * @throws ParameterMismatchError, before anything is overwritten
 */
export function loadParameters(
  { config, parameters }: { readonly config: ModelConfig; readonly parameters: Parameters },
  arrays: ReadonlyMap<string, NamedArray>,
  file: string,
  parts?: readonly Part[],
): void {
  checkParameters(config, arrays, file, parts);
  for (const [name, { shape, values }] of arrays) {
    const tensor = tf.tensor(values, [...shape], 'float32');
    parameters.get(name)!.variable.assign(tensor);
    tensor.dispose();
  }
}
