/**
 * What a record was made from: digests of the suite and of its pilot, and whether both had been committed, unchanged, when the runs were
 * started. It is kept with the reproduction and with every run, so that a report can tell what was fixed before a score was seen.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import type { SuiteOrigin } from '../suite/suite-origin.js';
import { packageRoot } from './code-version.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const statementSchema = z.strictObject({
  suite: digest,
  /** Absent where the suite has no pilot. */
  pilot: digest.exactOptional(),
  /** Whether all of their files were part of the commit below, without a change since, or of an installed package. */
  committed: z.boolean(),
  /** Commit of the suite's checkout, or the version of the package that it came with; neither for a file that nothing keeps track of. */
  at: z.string(),
});

export type Statement = z.infer<typeof statementSchema>;

/**
 * As things stand now.
 * @param root of this package, whose own files count as committed where it is installed
 */
export function statementOf({ files, suite, pilot }: SuiteOrigin, root: string = packageRoot()): Statement {
  const states = files.map((file) => stateOfFile(file, realpathSync(root)));
  return {
    suite,
    ...(pilot === undefined ? {} : { pilot: pilot.digest }),
    committed: states.length > 0 && states.every(({ committed }) => committed),
    at: states[0]?.at ?? '',
  };
}

interface FileState {
  readonly committed: boolean;
  readonly at: string;
}

function stateOfFile(file: string, root: string): FileState {
  const real = realpathSync(file);
  if (real.startsWith(root + sep) && !existsSync(join(root, '.git'))) {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { committed: true, at: `vlm-bench ${version}` };
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', dirname(real), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const at = `commit ${git('rev-parse', '--verify', 'HEAD')}`;
    // Empty for a file that is tracked and as it was committed; a line for one that is changed, untracked or ignored.
    const changes = git('status', '--porcelain', '--ignored', '--untracked-files=all', '--', `:(literal)${real}`);
    return { committed: changes === '', at };
  } catch {
    return { committed: false, at: '' };
  }
}
