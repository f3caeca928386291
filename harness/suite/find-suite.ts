/** Finds and reads suites: the findings shipped with the package by number, and any other by its path. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { UserError } from '../errors.js';
import { readYamlFile } from './read-yaml.js';
import { type Suite, suiteSchema } from './schema.js';

const findingNumbers = [1, 2, 3, 4] as const;

function suitesFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('#package/package.json')), 'suites');
}

/**
 * The suites that `--finding` means, in order.
 * @throws UserError `suite-unknown` when that finding has no suite
 */
export function readFindings(finding: string): readonly Suite[] {
  const present = findingNumbers.filter((number) => existsSync(join(suitesFolder(), `finding-${number}.yaml`)));
  const chosen = finding === 'all' ? present : present.filter((number) => String(number) === finding);
  if (chosen.length === 0) {
    throw new UserError(
      {
        code: 'suite-unknown',
        what: `there is no suite for finding ${finding}`,
        expected: `one of ${present.join(', ')}, all`,
        mend: 'choose one of these, or run a suite file with `vlm-bench run SUITE.yaml`',
      },
      { exitCode: 2 },
    );
  }
  return chosen.map((number) => readSuite(join(suitesFolder(), `finding-${number}.yaml`)));
}

/** @throws UserError with file:line:column for everything wrong in the file */
export function readSuite(file: string): Suite {
  const shown = relative(process.cwd(), file);
  return readYamlFile(shown.startsWith('..') ? file : shown, suiteSchema);
}
