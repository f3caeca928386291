/** Finds and reads suites: the findings shipped with the package by number, each shipped suite by its id, and any other by its path. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import { shippedBenchmarkIds } from './benchmark/find-benchmark.js';
import { settingsComplaints } from './checks/settings-rules.js';
import type { Complaint } from './complaint.js';
import { readExtendedSuite } from './extended-suite.js';
import { publishedTableIds } from './published.js';
import { checkYaml, refuseComplaints } from './read-yaml.js';
import { type Suite, suiteSchema } from './schema.js';
import { shippedSuiteFile, shippedSuiteIds } from './shipped-suites.js';
import { idComplaints } from './suite-id.js';

export interface FindingOptions {
  /** Also the further suites of a finding, which take longer: those named `finding-N-…`. Earlier versions (`…@N`) are never meant. */
  readonly full?: boolean;
}

/**
 * The suites that `--finding` means, in order.
 * @throws UserError `suite-unknown` when that finding has no suite
 */
export function readFindings(finding: string, options: FindingOptions = {}): readonly Suite[] {
  return findingFiles(finding, options).map(readSuite);
}

/**
 * The files of the suites that `--finding` means, in order.
 * @throws UserError `suite-unknown` when that finding has no suite
 */
export function findingFiles(finding: string, { full = false }: FindingOptions = {}): readonly string[] {
  const findings = shippedSuiteIds().filter((id) => (full ? /^finding-\d(?:-[^@]*)?$/ : /^finding-\d$/).test(id));
  const chosen = finding === 'all' ? findings : findings.filter((id) => id.split('-')[1] === finding);
  if (chosen.length === 0) {
    const numbers = [...new Set(findings.map((id) => id.split('-')[1]))];
    throw new UserError(
      {
        code: 'suite-unknown',
        what: `there is no suite for finding ${finding}`,
        expected: `one of ${numbers.join(', ')}, all`,
        fix: 'choose one of these, or run a suite file with `vlm-bench run SUITE.yaml`',
      },
      { exitCode: 2 },
    );
  }
  return chosen.map(shippedSuiteFile);
}

/**
 * The suite that a command line means: a file, or one of the package by its id.
 * @throws UserError `suite-unknown` when it is neither, else as `readSuite`
 */
export function readNamedSuite(fileOrId: string): Suite {
  return readSuite(namedSuiteFile(fileOrId));
}

/**
 * The file of the suite that a command line means.
 * @throws UserError `suite-unknown` when it is neither a file nor a suite of the package
 */
export function namedSuiteFile(fileOrId: string): string {
  if (existsSync(fileOrId)) return fileOrId;
  // What others begin from is no suite of its own.
  const ids = shippedSuiteIds().filter((id) => id !== 'base');
  if (ids.includes(fileOrId)) return shippedSuiteFile(fileOrId);
  if (shippedBenchmarkIds().includes(fileOrId)) {
    throw new UserError({
      code: 'suite-unknown',
      what: `${fileOrId} is a benchmark: it trains nothing`,
      expected: `a YAML file, or one of ${ids.join(', ')}`,
      fix: `evaluate a model on it with \`vlm-bench evaluate ${fileOrId} --model KIND:…\``,
    });
  }
  const closest = closestName(fileOrId, ids);
  throw new UserError({
    code: 'suite-unknown',
    what: `there is no suite file ${fileOrId}, and the package has no suite of that name`,
    expected: `a YAML file, or one of ${ids.join(', ')}`,
    fix: closest === undefined ? 'check the path' : `check the path; did you mean ${closest}?`,
  });
}

/** @throws UserError with file:line:column for everything wrong in the file, or in those that it extends */
export function readSuite(file: string): Suite {
  const { value, sources } = readExtendedSuite(file);
  const suite = checkYaml(value, { sources, schema: suiteSchema, code: 'suite-invalid' });
  // The id is free, the tables that it names are there, and all arms can be trained and scored.
  const complaints = [...idComplaints(suite.id, file), ...publishedComplaints(suite), ...settingsComplaints(suite)];
  refuseComplaints(complaints, { value, sources, code: 'suite-invalid' });
  return suite;
}

function publishedComplaints({ published = [] }: Suite): readonly Complaint[] {
  const known = published.length > 0 ? publishedTableIds() : [];
  const message = `must name one of the published tables (${known.join(', ')})`;
  return published.flatMap((id, index) => (known.includes(id) ? [] : [{ path: ['published', index], message, known }]));
}
