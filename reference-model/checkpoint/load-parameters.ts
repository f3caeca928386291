/** Moves weights between a model and named arrays, checking names and shapes against the model's configuration. */
import type { ModelConfig, Part } from '../model/config.js';
import { assignValues, type Parameters, parameterSpecifications, readValues, shapeOf } from '../model/parameters.js';
import type { NamedArray } from './safetensors.js';
import type { TensorShape } from './safetensors-header.js';
import type { TensorSources } from './tensor-file.js';

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
    { shown = 3 }: { readonly shown?: number } = {},
  ) {
    const list = (title: string, names: readonly string[]): string[] => {
      if (names.length === 0) return [];
      const first = names.slice(0, shown).join(', ');
      return [`${title}: ${first}${names.length > shown ? ` and ${names.length - shown} more` : ''}.`];
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
  arrays: ReadonlyMap<string, TensorShape>,
  file: string,
  parts: readonly Part[] = ['vision', 'connector', 'language'],
): void {
  const specifications = parameterSpecifications(config).filter(({ part }) => parts.includes(part));
  const known = new Set(specifications.map(({ name }) => name));
  const missing = specifications.filter(({ name }) => !arrays.has(name)).map(({ name }) => name);
  const unexpected = [...arrays.keys()].filter((name) => !known.has(name));
  const wrongShape = specifications.flatMap(({ name, shape }) => {
    const array = arrays.get(name);
    if (!array || (sameShape(array.shape, shape) && array.dtype !== 'I32')) return [];
    const type = array.dtype === 'I32' ? 'integer' : 'float';
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
    chosen.map((parameter) => [parameter.name, { shape: shapeOf(parameter), values: readValues(parameter) }]),
  );
}

/** The model's parameters, each read from the engine when it is written. */
export function parameterSources(parameters: Parameters): TensorSources {
  return new Map(
    [...parameters.values()].map((parameter) => {
      const source = { dtype: 'F32', shape: shapeOf(parameter), read: () => readValues(parameter) } as const;
      return [parameter.name, source] as const;
    }),
  );
}

/** The model that weights are loaded into; its variables keep their identity. */
interface Target {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
}

/**
 * Overwrites parameters of the given parts with loaded weights.
 *
 * @param file name used in messages
 * @throws ParameterMismatchError, before anything is overwritten
 */
export function loadParameters(
  target: Target,
  arrays: ReadonlyMap<string, NamedArray>,
  file: string,
  parts?: readonly Part[],
): void {
  const sources = [...arrays].map(([name, { shape, values }]) => {
    const dtype = values instanceof Int32Array ? 'I32' : 'F32';
    return [name, { dtype, shape, read: () => values }] as const;
  });
  loadParameterSources(target, new Map(sources), file, parts);
}

/** As `loadParameters`, with one tensor in memory at a time. @throws ParameterMismatchError, SafetensorsError */
export function loadParameterSources(
  { config, parameters }: Target,
  sources: TensorSources,
  file: string,
  parts?: readonly Part[],
): void {
  checkParameters(config, sources, file, parts);
  for (const [name, { read }] of sources) assignValues(parameters.get(name)!, read() as Float32Array);
}
