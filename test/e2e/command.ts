/** The compiled command line in a process group of its own, as a shell starts it, and what it leaves in a results folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordedEvent } from '../../harness/records/events.js';
import { runPaths } from '../../harness/records/run-paths.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');

/** A real training of twelve steps with a very small model. */
export const tinySuite = fileURLToPath(new URL('../fixtures/suites/tiny.yaml', import.meta.url));

/** The same training with stages that runs share, and share again. */
export const sharedSuite = fileURLToPath(new URL('../fixtures/suites/shared.yaml', import.meta.url));

export interface Outcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Ends the command and everything it started, at once. */
  killGroup(): void;
}

/** @param script the command line's entry; by default, of this package */
export function startCommand(args: readonly string[], cwd: string, script = cli): RunningCommand {
  const child = spawn(process.execPath, [script, ...args], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
    });
  }
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, ...text }));
  });
  const killGroup = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch (error) {
      // The group may just have ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  return { process: child, ended, killGroup };
}

export function runCommand(args: readonly string[], cwd: string, script?: string): Promise<Outcome> {
  return startCommand(args, cwd, script).ended;
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'vlm-bench-e2e-'));
}

/** The last line of a command's stderr: by contract, where its report is. */
export function lastLine({ stderr }: Outcome): string {
  return stderr.trimEnd().split('\n').at(-1)!;
}

export function runIdsOf(store: string): readonly string[] {
  const folder = join(store, 'runs');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** The files of every run that must be the same however the run came about, as hexadecimal bytes. */
export function decisiveFiles(store: string): Readonly<Record<string, readonly string[]>> {
  const entries = runIdsOf(store).map((runId) => {
    const { result, weights, predictions } = runPaths(store, runId);
    return [runId, [result, weights, predictions].map((file) => readFileSync(file, 'hex'))] as const;
  });
  return Object.fromEntries(entries);
}

/** The events of a run so far; unlike the record's own reader it may look while the file is being written or replaced. */
export function eventsOf(store: string, runId: string): readonly RecordedEvent[] {
  const file = runPaths(store, runId).events;
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as RecordedEvent);
}
