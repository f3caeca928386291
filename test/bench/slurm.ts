/**
 * 200 runs through a real Slurm of two nodes on this machine: how long the command takes to submit them, from the first file of a run to
 * the last array, and what an idle command that is attached to them uses. They are held, so that nothing but the command works.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { slurmMissing, startSlurmCluster } from '../harness/fake/slurm-cluster.js';
import type { Measurement } from './measurement.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
const root = dirname(createRequire(import.meta.url).resolve('#package/package.json'));
/** Each has three arms, stages that all of them share, and stages that two of them share. */
const SEEDS = 40;
const RUNS = 5 * SEEDS;
const IDLE_SECONDS = 60;

export async function benchmarkSlurm(): Promise<readonly Measurement[]> {
  if (slurmMissing !== undefined) {
    console.log(`slurm: not measured, as there is no Slurm here (${slurmMissing})`);
    return [];
  }
  const cluster = await startSlurmCluster();
  process.env.SLURM_CONF = cluster.configuration;
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-slurm-'));
  try {
    const out = join(folder, 'out');
    const suite = join(folder, 'suite.yaml');
    mkdirSync(out);
    writeFileSync(suite, suiteOf(folder));
    const command = ['run', suite, '--out', out, '--executor', 'slurm', '--set', 'slurm.options=["--hold"]'];
    const submitting = start([...command, '--set', 'slurm.timeLimit=1:00:00']);
    await submitting.until(() => submitted(out) === RUNS);
    const seconds = submissionSeconds(out);
    await submitting.end();
    const attached = start([...command, '--attach']);
    await attached.until(() => /queued/.test(attached.printed()));
    // Looks become rare while nothing changes.
    await pause(60_000);
    const before = attached.processorSeconds();
    await pause(IDLE_SECONDS * 1000);
    const used = attached.processorSeconds() - before;
    await attached.end();
    return [
      { name: `${RUNS} runs in three waves submitted to Slurm`, value: seconds, unit: 's', ceiling: 5 },
      { name: 'idle command attached to them', value: (100 * used) / IDLE_SECONDS, unit: '% of core', ceiling: 1 },
    ];
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function suiteOf(folder: string): string {
  const base = relative(folder, join(root, 'test', 'fixtures', 'suites', 'shared.yaml'));
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
  return `schemaVersion: 2\nextends: ${base}\nid: many\nseeds: [${seeds.join(', ')}]\nreserveSeeds: []\n`;
}

const isSubmission = (name: string): boolean => name.endsWith('.json');

function submissionsIn(out: string): readonly string[] {
  const folder = join(out, 'jobs', 'slurm');
  try {
    return readdirSync(folder)
      .filter(isSubmission)
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function submitted(out: string): number {
  return submissionsIn(out).reduce((sum, file) => sum + JSON.parse(readFileSync(file, 'utf8')).jobs.length, 0);
}

function submissionSeconds(out: string): number {
  const jobs = join(out, 'jobs');
  const written = readdirSync(jobs).filter(isSubmission);
  const begun = Math.min(...written.map((name) => statSync(join(jobs, name)).mtimeMs));
  return (Math.max(...submissionsIn(out).map((file) => statSync(file).mtimeMs)) - begun) / 1000;
}

interface Started {
  printed(): string;
  until(condition: () => boolean): Promise<void>;
  /** Of the process and of those that it has waited for. */
  processorSeconds(): number;
  end(): Promise<void>;
}

function start(args: readonly string[]): Started {
  const child: ChildProcess = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      printed += String(text);
    });
  }
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {
    printed: () => printed,
    until: async (condition) => {
      while (!condition()) {
        if (child.exitCode !== null) throw new Error(`the command ended:\n${printed}`);
        await pause(100);
      }
    },
    processorSeconds: () => {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // Fields 14 to 17 of the line, in clock ticks of which Linux has 100 a second.
      return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
    },
    end: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}
