/** Where a run comes from: code, data, machine. It is kept beside the result and never inside it, as it differs between machines. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../../reference-model/engines/engine.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { packageRoot } from './code-version.js';
import { statementSchema } from './statement.js';

const dataSet = z.strictObject({ name: z.string(), fingerprint: z.string() });

export const provenanceSchema = z.strictObject({
  packageVersion: z.string(),
  /** Whether the run was planned as a smoke run, which is no evidence; absent for any other, and before this was recorded. */
  smoke: z.literal(true).optional(),
  /** Whether it is a run of a pilot, from which nothing may be decided. */
  pilot: z.literal(true).optional(),
  /** What the run was first planned by; absent for a run of a single configuration, and before this was recorded. */
  statement: statementSchema.optional(),
  /** Absent when the package is installed and not a checkout. */
  git: z.strictObject({ commit: z.string(), dirtyDiff: z.string().nullable() }).optional(),
  lockfile: z.string().optional(),
  codeVersion: z.string(),
  /** What the run is evaluated on. */
  data: dataSet,
  /** What it is trained on besides; absent when there is nothing. */
  trainingData: z.array(dataSet).optional(),
  /** Weights of the hub that it started from, with the digest of each part; absent where there are none. */
  weights: z
    .array(z.strictObject({ part: z.enum(['vision', 'language']), name: z.string(), digest: z.string() }))
    .optional(),
  engine: z.strictObject({ name: z.string(), precision: z.string(), numerics: z.string() }),
  machine: z.strictObject({
    node: z.string(),
    system: z.string(),
    processor: z.string(),
    cores: z.int(),
    memoryBytes: z.int(),
  }),
});

export type Provenance = z.infer<typeof provenanceSchema>;

export interface ProvenanceInput {
  readonly codeVersion: string;
  readonly engine: Engine;
}

export function gatherProvenance({
  codeVersion,
  engine,
}: ProvenanceInput): Omit<Provenance, 'data' | 'trainingData' | 'weights' | 'smoke' | 'pilot' | 'statement'> {
  const root = packageRoot();
  const git = gitState(root);
  const lockfile = join(root, 'package-lock.json');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    packageVersion: version,
    ...(git === undefined ? {} : { git }),
    ...(existsSync(lockfile) ? { lockfile: sha256(readFileSync(lockfile)) } : {}),
    codeVersion,
    engine: { name: engine.name, precision: engine.precision, numerics: engine.numerics },
    machine: {
      node: process.version,
      system: `${type()} ${release()} ${process.arch}`,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    },
  };
}

/** Commit and hash of the uncommitted changes to tracked files; undefined outside a checkout of this package. */
function gitState(root: string): { commit: string; dirtyDiff: string | null } | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 28,
    });
  try {
    const diff = git('diff', 'HEAD', '--no-ext-diff', '--binary');
    return { commit: git('rev-parse', 'HEAD').trim(), dirtyDiff: diff === '' ? null : sha256(diff) };
  } catch {
    return undefined;
  }
}
