/** Makes a candidate the baseline: who accepted it, when and why is kept, for this and every earlier acceptance. */
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../errors.js';
import { printNote } from '../log-text.js';
import { whileLocked } from '../records/lock.js';
import type { ProcessIdentity } from '../records/process-identity.js';
import { type Acceptance, type Baseline, type Margin, readBaseline, writeBaseline } from '../systems/baseline.js';
import { meanScore } from '../systems/replicate-means.js';
import type { System } from '../systems/system.js';
import { requireMetric } from './required-metric.js';

export interface AcceptRequest {
  readonly file: string;
  readonly candidate: System;
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
  /** Commit of the repository that the baseline belongs to. */
  readonly commit?: string;
  /** By default the metric that gated so far, or the first one of the candidate. */
  readonly metric?: string;
  /** By default the margin so far, or 2 % of the accepted score. */
  readonly margin?: number;
}

/** Share of the accepted score that is the margin as long as nobody chose one. */
const DEFAULT_MARGIN = 0.02;

/**
 * One at a time: whoever accepts into a file in which another acceptance is being written waits for it and keeps it.
 * @throws UserError for an empty reason, a metric that the candidate lacks, or a baseline file that cannot be read or written
 */
export async function acceptBaseline(request: AcceptRequest): Promise<Baseline> {
  requireReason(request.reason);
  const { file } = request;
  let holder: ProcessIdentity | undefined;
  const onWait = (heldBy: ProcessIdentity) => {
    holder = heldBy;
    printNote(`waiting for process ${heldBy.pid} on ${heldBy.host}, which accepts into ${file}`);
  };
  const patience = AbortSignal.timeout(LONGEST_WAIT);
  const folder = lockOf(file);
  try {
    return await whileLocked(folder, () => acceptAlone(request), { signal: patience, onWait });
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw Object.assign(error, { path: file });
    if (!patience.aborted || error !== patience.reason) throw error;
    throw new UserError({
      code: 'file-unreadable',
      what: `process ${holder?.pid} on ${holder?.host} accepts into the baseline and does not come to an end`,
      where: file,
      expected: `the baseline to be free within ${LONGEST_WAIT / 1000} s`,
      fix: `end that process; if it is gone, delete ${folder}`,
    });
  }
}

/** Milliseconds; an acceptance takes a fraction of a second. */
const LONGEST_WAIT = 60_000;

/** Beside the file itself, whatever link leads to it, so that all who write it meet. */
function lockOf(file: string): string {
  return `${existsSync(file) ? realpathSync(file) : resolve(file)}.lock`;
}

function requireReason(reason: string): void {
  if (reason.trim() === '') {
    throw new UserError(
      {
        code: 'usage',
        what: 'the reason is empty',
        where: '--reason',
        expected: 'why this candidate is the new baseline',
        fix: 'say it in a few words; it is kept in the baseline file',
      },
      { exitCode: 2 },
    );
  }
}

async function acceptAlone(request: AcceptRequest): Promise<Baseline> {
  const { file, candidate, reason, by, at, commit } = request;
  const earlier = existsSync(file) ? await readBaseline(file) : undefined;
  const metric = request.metric ?? earlier?.metric ?? candidate.metrics[0]!.name;
  const score = meanScore(requireMetric(candidate, metric, candidate.label));
  const acceptance: Acceptance = {
    by,
    at: at.toISOString(),
    reason,
    candidate: candidate.label,
    ...(commit === undefined ? {} : { commit }),
    metric,
    score,
  };
  const baseline: Baseline = {
    system: candidate,
    metric,
    margin: marginOf(request.margin, metric, score, earlier),
    accepted: [...(earlier?.accepted ?? []), acceptance],
  };
  writeBaseline(file, baseline);
  return baseline;
}

function marginOf(given: number | undefined, metric: string, score: number, earlier: Baseline | undefined): Margin {
  if (given !== undefined) return { value: given, origin: 'given with --margin' };
  if (earlier !== undefined && earlier.metric === metric) return earlier.margin;
  const value = Number((DEFAULT_MARGIN * Math.abs(score)).toPrecision(2));
  if (value > 0) return { value, origin: '2 % of the accepted score, as nobody chose one' };
  throw new UserError({
    code: 'score-invalid',
    what: `the candidate scores ${score} in ${metric}, so no margin follows from it`,
    expected: 'a margin, or a candidate with a score above 0',
    fix: 'add --margin X, or check the candidate',
  });
}

/** Who accepts: as given, or the user of git here. @throws UserError when neither is known */
export function acceptingPerson(given: string | undefined): string {
  if (given !== undefined && given.trim() !== '') return given;
  const [name, email] = [git('config', 'user.name'), git('config', 'user.email')];
  if (name !== undefined) return email === undefined ? name : `${name} <${email}>`;
  throw new UserError({
    code: 'usage',
    what: 'it is not known who accepts the baseline',
    expected: 'a name, from --accepted-by or from `git config user.name`',
    fix: 'add --accepted-by NAME',
  });
}

/** Commit of the repository of the working folder, if it is one. */
export function currentCommit(): string | undefined {
  return git('rev-parse', 'HEAD');
}

function git(...args: readonly string[]): string | undefined {
  try {
    const text = execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}
