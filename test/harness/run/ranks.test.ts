/** One run by several processes of the compiled package: started by the command itself, or by a launcher through environment variables. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import { listCheckpoints } from '../../../harness/records/checkpoints.js';
import { type RecordedEvent, readEvents } from '../../../harness/records/events.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import type { Stage } from '../../../reference-model/recipe/recipe.js';
import { isTorchAvailable } from '../../reference-model/backends.js';
import { rankEnvironments } from '../../reference-model/training/rank-processes.js';
import { tinyRun } from '../../reference-model/training/tiny-run.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');

const JOINT: Stage = {
  name: 'joint',
  steps: 6,
  trainable: ['vision', 'connector', 'language'],
  learningRate: { vision: 1e-3, connector: 2e-3, language: 2e-3 },
  mixture: { 'human-captions': 1, questions: 1 },
  attentionMask: 'causal',
};

/** A configuration file of a run of so many steps. */
function configuration(steps: number): string {
  const file = join(temporaryFolder(), 'run.yaml');
  writeFileSync(file, JSON.stringify(tinyRun({ stages: [{ ...JOINT, steps }] })));
  return file;
}

const train = (file: string, store: string, more: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  execaNode(cli, ['train', file, '--engine', 'torch', '--json', '--out', store, ...more], {
    reject: false,
    nodeOptions: [],
    env,
  });

const runOf = (store: string) => runPaths(store, readdirSync(join(store, 'runs'))[0]!);
const lossesOf = (events: readonly RecordedEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
const sessionsOf = (events: readonly RecordedEvent[]) =>
  events.flatMap((event) => (event.type === 'session-started' ? [event] : []));

async function untilTrained(store: string, steps: number): Promise<void> {
  const trained = (): number => {
    try {
      return lossesOf(readEvents(runOf(store).events)).length;
    } catch {
      return 0; // not begun
    }
  };
  for (let attempt = 0; attempt < 2000 && trained() < steps; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Rank 0 keeps the store of the ranks there. */
async function untilListening(port: number): Promise<void> {
  const isOpen = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
  for (let attempt = 0; attempt < 2000 && !(await isOpen()); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Processes of ranks that a command with this mark in its environment has started. */
const ranksStartedBy = (mark: string): readonly number[] => processesOf('rank-process.js', mark);

/** @param marks all of them in its environment */
const processesOf = (script: string, ...marks: readonly string[]): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isRank = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script);
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return isRank && marks.every((mark) => environment.includes(mark));
      } catch {
        return false; // it has ended
      }
    })
    .map(Number);

// Ten times what it takes on an idle machine.
describe.skipIf(!isTorchAvailable)('a run of several processes', { timeout: 300_000 }, () => {
  test('is recorded as the run of one, with the number of devices of its start', async () => {
    const [one, two, file] = [temporaryFolder(), temporaryFolder(), configuration(6)];
    expect((await train(file, one)).exitCode).toBe(0);
    const divided = await train(file, two, ['--devices', '2']);
    expect(divided.exitCode).toBe(0);
    expect(JSON.parse(divided.stdout).steps).toBe(6);
    expect(readdirSync(join(two, 'runs'))).toEqual(readdirSync(join(one, 'runs')));
    expect(readdirSync(runOf(two).folder).sort()).toEqual(readdirSync(runOf(one).folder).sort());
    const [alone, together] = [one, two].map((store) => readEvents(runOf(store).events)) as [
      readonly RecordedEvent[],
      readonly RecordedEvent[],
    ];
    expect([alone, together].map((events) => sessionsOf(events).map(({ devices }) => devices))).toEqual([[1], [2]]);
    expect(together.map(({ type }) => type)).toEqual(alone.map(({ type }) => type));
    lossesOf(together).forEach((loss, step) => {
      expect(loss / lossesOf(alone)[step]!).toBeCloseTo(1, 4);
    });
  });

  test('saves a checkpoint when one rank is asked to stop, and goes on with one process', async () => {
    const [store, file] = [temporaryFolder(), configuration(150)];
    const ranks = (await rankEnvironments(2)).map((environment) => train(file, store, [], environment));
    await untilTrained(store, 3);
    ranks[1]!.kill('SIGTERM');
    const ended = await Promise.all(ranks);
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([143, 143]);
    const { step } = listCheckpoints(runOf(store).checkpoints)[0]!;
    expect(step).toBeGreaterThan(2);
    expect(step).toBeLessThan(150);
    expect((await train(file, store)).exitCode).toBe(0);
    const events = readEvents(runOf(store).events);
    expect(sessionsOf(events).map(({ devices, resumedFromStep }) => [devices, resumedFromStep])).toEqual([
      [2, 0],
      [1, step],
    ]);
    expect(lossesOf(events)).toHaveLength(150);
  });

  test.each(['SIGKILL', 'SIGSTOP'] as const)(
    'ends when a rank gets %s, naming it, and leaves no process behind',
    async (signal) => {
      const [store, file, mark] = [temporaryFolder(), configuration(150), `mark-${process.pid}-${Date.now()}`];
      const command = train(file, store, ['--devices', '3'], { RANKS_TEST: mark });
      await untilTrained(store, 3);
      expect(ranksStartedBy(mark)).toHaveLength(2);
      const [ended] = processesOf('rank-process.js', mark, 'RANK=1');
      process.kill(ended!, signal);
      const { exitCode, stderr } = await command;
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/error: seed 7: rank 1: /);
      await expect.poll(() => ranksStartedBy(mark), { timeout: 10_000 }).toEqual([]);
    },
  );

  test('ends with the name of a rank whose process is killed before it has joined the others', async () => {
    const [store, file, mark] = [temporaryFolder(), configuration(6), `mark-${process.pid}-${Date.now()}`];
    const ranks = (await rankEnvironments(2)).map((environment, rank) =>
      train(file, store, [], { ...environment, RANKS_TEST: `${mark}-${rank}` }),
    );
    await expect.poll(() => processesOf('run-worker.js', `${mark}-1`), { timeout: 100_000 }).toHaveLength(1);
    process.kill(processesOf('run-worker.js', `${mark}-1`)[0]!, 'SIGKILL');
    const [first, second] = await Promise.all(ranks);
    expect([first!.exitCode, second!.exitCode]).toEqual([1, 1]);
    expect(first!.stderr).toMatch(/error: seed 7: rank 1: the run seed 7 crashed after step 0 \(signal SIGKILL\)/);
    expect(processesOf('run-worker.js', mark)).toEqual([]);
  });

  test('is refused by the name of a rank that was started for another, before anything is trained', async () => {
    const store = temporaryFolder();
    const environments = await rankEnvironments(2);
    const files = [configuration(6), configuration(7)];
    const ended = await Promise.all(
      environments.map((environment, rank) => train(files[rank]!, store, [], environment)),
    );
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
    expect(ended[0]!.stderr).toMatch(
      /error: seed 7: rank 1: it was started for another run than rank 0: other configuration\.recipe\.stages\.0\.steps \(7, not 6\)/,
    );
    for (const run of readdirSync(join(store, 'runs'))) {
      expect(lossesOf(readEvents(runPaths(store, run).events))).toEqual([]);
    }
  });

  test.each([0, 1])(
    'ends with the name of a rank that lacks its data, though that one never joins the others: %i',
    async (lacking) => {
      const file = join(temporaryFolder(), 'run.yaml');
      const questions = { ...JOINT, mixture: { questions: 1 } } as const;
      const evaluation = { split: 'test', captionImages: 0, questions: 4 };
      const config = { ...tinyRun({ stages: [questions] }), data: { name: 'easy-vqa' }, evaluation };
      writeFileSync(file, JSON.stringify(config));
      const store = temporaryFolder();
      const environments = await rankEnvironments(2);
      const whole = fileURLToPath(new URL('../../fixtures', import.meta.url));
      const start = (rank: number) => {
        const root = rank === lacking ? temporaryFolder() : whole;
        return train(file, store, ['--data-root', root], environments[rank]!);
      };
      const first = start(0);
      if (lacking === 0) {
        // The other comes later than rank 0 would wait for ranks that are there.
        await untilListening(Number(environments[0]!.MASTER_PORT));
        await new Promise((resolve) => setTimeout(resolve, 6000));
      }
      const ended = await Promise.all([first, start(1)]);
      expect(ended.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
      expect(ended[lacking]!.stderr).not.toMatch(/rank \d: /);
      const [, missing] = /error: (.+)/.exec(ended[lacking]!.stderr)!;
      expect(ended[1 - lacking]!.stderr).toContain(`error: seed 7: rank ${lacking}: ${missing}`);
    },
  );

  test('that waits for a rank which never comes ends when it is asked to', async () => {
    const [first] = await rankEnvironments(2);
    const waiting = train(configuration(6), temporaryFolder(), [], first!);
    await untilListening(Number(first!.MASTER_PORT));
    waiting.kill('SIGTERM');
    expect((await waiting).exitCode).toBe(143);
  });

  test('is refused where it cannot be divided, before anything is written', async () => {
    const store = temporaryFolder();
    const [first] = await rankEnvironments(2);
    const suite = ['reproduce', '--finding', '1', '--smoke', '--out', store];
    const many = await execaNode(cli, suite, { reject: false, nodeOptions: [], env: first! });
    expect(many.exitCode).toBe(2);
    expect(many.stderr).toMatch(/started as one of several ranks of one run/);
    const wasm = await execaNode(
      cli,
      ['train', configuration(1), '--engine', 'wasm', '--devices', '2', '--out', store],
      {
        reject: false,
        nodeOptions: [],
      },
    );
    expect(wasm.stderr).toMatch(/the engine wasm cannot divide a run among several processes/);
    expect(wasm.exitCode).not.toBe(0);
  });
});
