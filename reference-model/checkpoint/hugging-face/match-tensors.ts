/**
 * Which tensor of a checkpoint is which parameter of the model. Strict: what is missing, unexpected or of another shape is told together,
 * each with the name that it most resembles, before any value is read.
 */
import { closestName } from '../../files/closest-name.js';
import type { ParameterSpecification } from '../../model/parameters.js';
import { isFloatDtype } from '../half-precision.js';
import { ParameterMismatchError } from '../load-parameters.js';
import type { OtherEntry } from '../safetensors-header.js';
import type { TensorSource, TensorSources } from '../tensor-file.js';
import type { FolderTensors } from './open-tensors.js';

/** What a checkpoint calls a parameter: ours if it is one, or nothing if the model does without it. */
export type NameRule = (name: string) => string | 'unused' | 'unknown';

/** Names that are told of each kind; a checkpoint of another model has hundreds. */
const SHOWN = 10;

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/**
 * @returns by the name of the parameter, in the order of the specifications
 * @throws ParameterMismatchError
 */
export function matchTensors(
  specifications: readonly ParameterSpecification[],
  { tensors, others, file }: FolderTensors,
  rule: NameRule,
): TensorSources {
  const known = new Map(specifications.map((specification) => [specification.name, specification]));
  const found = new Map<string, { readonly name: string; readonly source: TensorSource | OtherEntry }>();
  /** By our spelling, which names are compared in. */
  const unexpected = new Map<string, string>();
  for (const [name, source] of [...tensors, ...others]) {
    const parameter = rule(name);
    if (parameter === 'unused') continue;
    if (!known.has(parameter) || found.has(parameter)) unexpected.set(parameter === 'unknown' ? name : parameter, name);
    else found.set(parameter, { name, source });
  }
  const missing = specifications.filter(({ name }) => !found.has(name)).map(({ name }) => name);
  const wrongShape = [...found].flatMap(
    ([
      parameter,
      {
        name,
        source: { dtype, shape },
      },
    ]) => {
      const { shape: expected } = known.get(parameter)!;
      if (isFloatDtype(dtype) && sameShape(shape, expected)) return [];
      return [`${name} (${dtype} [${shape.join(', ')}] instead of a float [${expected.join(', ')}])`];
    },
  );
  if (missing.length + unexpected.size + wrongShape.length > 0) {
    const spelled = [...unexpected.keys()];
    const resembled = (name: string): string =>
      closestName(name, missing) ?? closestName(name, [...known.keys()]) ?? '';
    const differences = {
      missing: told(missing, (name) => [name, unexpected.get(closestName(name, spelled) ?? '') ?? '']),
      unexpected: told(spelled, (name) => [unexpected.get(name)!, resembled(name)]),
      wrongShape,
    };
    throw new ParameterMismatchError(file, differences, { shown: SHOWN });
  }
  // Every source that is no tensor of floats has been refused.
  return new Map(specifications.map(({ name }) => [name, found.get(name)!.source as TensorSource]));
}

/** Names with the one that each most resembles, if any. Distances are costly: of names that are not shown none is computed. */
function told(names: readonly string[], describe: (name: string) => readonly [string, string]): readonly string[] {
  return names.map((name, index) => {
    if (index >= SHOWN) return name;
    const [shown, nearest] = describe(name);
    return nearest === '' ? shown : `${shown} (nearest: ${nearest})`;
  });
}
