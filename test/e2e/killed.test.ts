/**
 * Sudden death with the real trainer: the command and everything it started, or one run alone, is killed at random moments of
 * start-up, training, evaluation and writing, and started again each time. What it ends with must not show.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { forkOf } from '../../harness/records/events.js';
import { isAlive, type ProcessIdentity } from '../../harness/records/process-identity.js';
import { runPaths } from '../../harness/records/run-paths.js';
import { randomStream } from '../../reference-model/numerics/random.js';
import {
  decisiveFiles,
  eventsOf,
  lastLine,
  newFolder,
  type Outcome,
  runCommand,
  runIdsOf,
  sharedSuite,
  startCommand,
  tinySuite,
} from './command.js';

type Phase = 'start-up' | 'training' | 'evaluation' | 'writing';

interface Moment {
  readonly phase: Phase;
  /** From 0 to below 1: where in the phase. */
  readonly share: number;
  /** Everything dies, as in a power cut, or one run, as by the system when memory is short. */
  readonly victim: 'group' | 'run';
}

type Counts = Readonly<Record<Phase, number>>;

const folder = newFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const args = (suite: string, store: string) => ['run', suite, '--seeds', '2', '--jobs', '2', '--out', store];

/** Training and start-up come in any order; evaluation and writing later, when there is something to evaluate. */
function momentsOfDeath(counts: Counts): readonly Moment[] {
  const stream = randomStream(20, 'moments of death');
  const phases = (names: readonly Phase[]) => stream.shuffle(names.flatMap((name) => Array(counts[name]).fill(name)));
  return [...phases(['start-up', 'training']), ...phases(['evaluation', 'writing'])].map((phase: Phase) => ({
    phase,
    share: stream.uniform(),
    victim: phase !== 'start-up' && stream.integer(3) === 0 ? 'run' : 'group',
  }));
}

/** Resolves when the moment has come, true, or when the command has ended before it, false. */
async function momentCame({ phase, share }: Moment, store: string, startUp: number, ended: () => boolean) {
  const since = Date.now();
  const isNew = (file: string) => existsSync(file) && statSync(file).mtimeMs >= since;
  const fresh = (type: string) =>
    runIdsOf(store).reduce(
      (sum, runId) => sum + eventsOf(store, runId).filter((event) => event.type === type && event.time >= since).length,
      0,
    );
  const wanted = 1 + Math.floor(share * 10);
  const conditions: Readonly<Record<Phase, () => boolean>> = {
    'start-up': () => Date.now() >= since + share * startUp,
    training: () => fresh('step') >= wanted,
    evaluation: () => fresh('training-finished') > 0,
    writing: () => runIdsOf(store).some((runId) => isNew(runPaths(store, runId).predictions)),
  };
  const jitter: Readonly<Record<Phase, number>> = { 'start-up': 0, training: 20, evaluation: 60, writing: 6 };
  while (!conditions[phase]()) {
    if (ended()) return false;
    await pause(2);
  }
  await pause(share * jitter[phase]);
  return !ended();
}

/** The living process that holds the lock of some run; which one stands in the name of its claim. */
function ownerOfSomeRun(store: string): number | undefined {
  const locks = runIdsOf(store).map((runId) => runPaths(store, runId).lock);
  const claims = locks.flatMap((lock) => (existsSync(lock) ? readdirSync(lock) : []));
  const owners = claims.map((claim): ProcessIdentity => {
    const [host = '', pid, started = ''] = claim.split('~');
    return { host, pid: Number(pid), started };
  });
  return owners.find(isAlive)?.pid;
}

/** Kills a process; false if it has just ended by itself. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function die(moment: Moment, suite: string, store: string, startUp: number): Promise<Outcome> {
  const { process: leader, killGroup, ended } = startCommand(args(suite, store), folder);
  try {
    const hasEnded = () => leader.exitCode !== null || leader.signalCode !== null;
    if (await momentCame(moment, store, startUp, hasEnded)) {
      const owner = moment.victim === 'run' ? ownerOfSomeRun(store) : undefined;
      if (owner === undefined || !killed(owner)) killGroup();
    }
    return await ended;
  } catch (error) {
    killGroup();
    throw error;
  }
}

interface Survival {
  /** The stores of the uninterrupted runs and of those that were killed. */
  readonly whole: string;
  readonly killed: string;
  readonly groupsKilled: number;
  readonly runsKilled: number;
  /** Sessions of the killed runs beyond the first of each, and those that went on from a checkpoint. */
  readonly moreSessions: number;
  readonly resumed: number;
}

/**
 * Runs a suite whole, and once more with a death at each moment: both stores end with the same bytes and the same steps. A moment that
 * the command outran is tried again on a fresh store, since a finished run is not repeated.
 */
async function survive(suite: string, counts: Counts): Promise<Survival> {
  const name = basename(suite, '.yaml');
  const whole = `${folder}/${name}-whole`;
  const begun = Date.now();
  expect(await runCommand(args(suite, whole), folder)).toMatchObject({ exitCode: 0 });
  const firstEvent = Math.min(...runIdsOf(whole).map((runId) => eventsOf(whole, runId)[0]!.time));

  const killed = `${folder}/${name}-killed`;
  const met = { groupsKilled: 0, runsKilled: 0, moreSessions: 0, resumed: 0 };
  const requireWhole = () => {
    expect(decisiveFiles(killed)).toEqual(decisiveFiles(whole));
    for (const runId of runIdsOf(killed)) {
      const events = eventsOf(killed, runId);
      // The logs tell no step twice and leave none out.
      const steps = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
      const { steps: expected } = JSON.parse(readFileSync(runPaths(whole, runId).result, 'utf8')) as { steps: number };
      expect(steps).toEqual(Array.from({ length: expected }, (_, index) => index + 1));
      const sessions = events.filter(({ type }) => type === 'session-started');
      met.moreSessions += sessions.length - 1;
      met.resumed += sessions.filter((event) => event.type === 'session-started' && event.resumedFromStep > 0).length;
    }
  };

  const moments = [...momentsOfDeath(counts)];
  const deaths = moments.length;
  for (let attempt = 1; moments.length > 0 && attempt <= 4 * deaths; attempt++) {
    const moment = moments[0]!;
    const { exitCode, signal, stderr } = await die(moment, suite, killed, firstEvent - begun);
    if (signal === 'SIGKILL') met.groupsKilled++;
    else if (exitCode === 1) {
      met.runsKilled++;
      expect(stderr).toMatch(/^error: the run .*, seed \d crashed after step \d+ \(signal SIGKILL\)/m);
      expect(stderr).toMatch(/running the command again resumes the run from its last checkpoint/m);
    } else {
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      requireWhole();
      rmSync(killed, { recursive: true });
      continue;
    }
    moments.shift();
  }
  expect(moments).toEqual([]);

  const last = await runCommand(args(suite, killed), folder);
  expect({ exitCode: last.exitCode, stderr: last.stderr }).toMatchObject({ exitCode: 0 });
  expect(existsSync(lastLine(last))).toBe(true);
  requireWhole();
  return { whole, killed, ...met };
}

test('after twenty kills and as many resumes, results and weights are those of an uninterrupted run', async () => {
  const { groupsKilled, runsKilled, moreSessions, resumed } = await survive(tinySuite, {
    'start-up': 4,
    training: 8,
    evaluation: 4,
    writing: 4,
  });
  expect(groupsKilled + runsKilled).toBe(20);
  expect(runsKilled).toBeGreaterThan(0);
  // Many a run had begun more than once.
  expect(moreSessions).toBeGreaterThan(6);
  expect(resumed).toBeGreaterThan(3);
}, 600_000);

test('nor do kills show where runs share stages, which are trained once', async () => {
  const { whole, killed } = await survive(sharedSuite, { 'start-up': 1, training: 5, evaluation: 1, writing: 1 });
  for (const store of [whole, killed]) {
    // Of each seed: four steps that three runs share, six more that two of them share, and then two of each or eight of one.
    const trained = runIdsOf(store).map((runId) => {
      const events = eventsOf(store, runId);
      const copied = forkOf(events)?.step ?? 0;
      return events.filter((event) => event.type === 'step' && event.step > copied).length;
    });
    expect(trained.sort((left, right) => left - right)).toEqual([2, 2, 2, 2, 4, 4, 6, 6, 8, 8]);
  }
}, 600_000);
