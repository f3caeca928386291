/** Which data set --data names: one of the suite, one of the registry, or one that a YAML file declares. */
import type { DataSetCard } from '../../reference-model/data/card.js';
import { readDeclaredFile } from '../../reference-model/data/declared/declared-file.js';
import { cardOf, DATA_SET_NAMES, type DataSetName } from '../../reference-model/data/registry.js';
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import { asUserError } from '../files/read-input.js';

export interface ChosenData {
  readonly card: DataSetCard;
  /** The file that declares it. */
  readonly declaration?: string;
}

export const isDeclaration = (name: string): boolean => /\.ya?ml$/i.test(name);

/** @throws UserError for a name that nobody knows, or a file that declares nothing */
export function chosenData(name: string): ChosenData {
  if (!isDeclaration(name)) return { card: cardOf(requireName(name)) };
  try {
    return { card: readDeclaredFile(name).card, declaration: name };
  } catch (error) {
    throw asUserError(error);
  }
}

/** @throws UserError `usage` */
export function requireName(name: string): DataSetName {
  const known = DATA_SET_NAMES.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  const closest = closestName(name, DATA_SET_NAMES);
  throw new UserError(
    {
      code: 'usage',
      what: `there is no data set ${JSON.stringify(name)}`,
      expected: `${DATA_SET_NAMES.join(', ')}, or a YAML file that declares one`,
      fix: closest === undefined ? 'see `vlm-bench data list`' : `did you mean ${closest}?`,
    },
    { exitCode: 2 },
  );
}
