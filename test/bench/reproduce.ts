/**
 * What a user waits for, in wall-clock time on this machine: an installation from nothing, finding 1 shortened and whole, and once
 * more with everything recorded; and the most memory that a run took. It takes minutes and needs the npm registry.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa, execaNode } from 'execa';
import { findReproductions, readFinishedRun, readReproduction } from '../../harness/index.js';
import type { Measurement } from './measurement.js';

const root = dirname(createRequire(import.meta.url).resolve('#package/package.json'));

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** `npm ci`, which also builds, in a clone of the last commit, with nothing in npm's cache. */
async function installation(folder: string): Promise<Measurement> {
  const clone = join(folder, 'clone');
  await execa('git', ['clone', '--quiet', root, clone]);
  const env = { npm_config_cache: join(folder, 'npm-cache') };
  const value = await secondsOf(() => execa('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone, env }));
  return { name: 'npm ci with build, empty cache', value, unit: 's', ceiling: 90 };
}

function peakMegabytes(store: string): number {
  const peaks = findReproductions([store]).flatMap((folder) =>
    readReproduction(folder).runs.flatMap(({ runId }) =>
      readFinishedRun(store, runId).events.map((event) => (event.type === 'finished' ? event.peakMemoryBytes : 0)),
    ),
  );
  return Math.max(...peaks) / 1e6;
}

export async function benchmarkReproduce(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-reproduce-'));
  const cli = join(root, 'dist/harness/cli.js');
  const reproduce = (out: string, ...flags: readonly string[]) =>
    secondsOf(() =>
      execaNode(cli, ['reproduce', '--finding', '1', ...flags, '--out', join(folder, out)], {
        nodeOptions: [],
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
  try {
    const smoke = await reproduce('smoke', '--smoke');
    const whole = await reproduce('whole');
    const again = await reproduce('whole');
    const { runs } = readReproduction(findReproductions([join(folder, 'whole')])[0]!);
    return [
      { name: 'reproduce --finding 1 --smoke', value: smoke, unit: 's', ceiling: 30 },
      { name: `reproduce --finding 1 (${runs.length} runs)`, value: whole, unit: 's', ceiling: 360 },
      { name: 'reproduce --finding 1, everything recorded', value: again, unit: 's', ceiling: 5 },
      { name: 'peak memory of a run', value: peakMegabytes(join(folder, 'whole')), unit: 'MB', ceiling: 600 },
      await installation(folder),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
