/** What of a run is exported and what is refused, on records of the fake machinery; the weights have a test of their own. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { executeRuns } from '../../../harness/execution/execute-runs.js';
import { exportRun } from '../../../harness/export/export-run.js';
import { modelCard } from '../../../harness/export/model-card.js';
import { readFinishedRunIn } from '../../../harness/records/run-record.js';
import { fakeExecutor, fakeJobs, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';

const folder = temporaryFolder();
const plan = fakePlan({ seeds: 2 });
let runs: ReadonlyMap<string, string>;

beforeAll(async () => {
  const jobs = await fakeJobs(folder, plan, 2);
  const interruption = manualInterruption();
  await executeRuns(jobs, { executor: fakeExecutor(interruption), jobs: 2, interruption });
  runs = new Map(jobs.map(({ job }, index) => [plan.runs[index]!.arm, join(folder, 'runs', job.runId)]));
});

const out = join(folder, 'exported');
const export_ = (arm: string, allowsMaskMismatch = false) =>
  exportRun({ run: runs.get(arm)!, out, allowsMaskMismatch });

describe('exporting', () => {
  test('refuses a mask that cannot be had there, and leaves nothing', async () => {
    const arm = plan.runs.find(
      ({ config }) => config.recipe.stages.at(-1)!.kind !== 'words' && maskOf(config) !== 'causal',
    )!.arm;
    await expect(export_(arm)).rejects.toThrow(/--allow-mask-mismatch/);
    expect(existsSync(out)).toBe(false);
  });

  test('refuses weights that are not those of the configuration, and leaves nothing', async () => {
    const before = readdirSync(folder);
    const arm = plan.runs.find(({ config }) => maskOf(config) === 'causal')!.arm;
    await expect(export_(arm)).rejects.toThrow('the weights do not fit the model');
    expect(readdirSync(folder)).toEqual(before);
  });

  test('refuses a folder that holds something, and a folder without a run', async () => {
    const [arm] = [...runs.keys()];
    const full = join(folder, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'thesis.txt'), 'mine');
    await expect(exportRun({ run: runs.get(arm!)!, out: full, allowsMaskMismatch: true })).rejects.toThrow(
      'there is something there already',
    );
    expect(readdirSync(full)).toEqual(['thesis.txt']);
    await expect(exportRun({ run: folder, out, allowsMaskMismatch: true })).rejects.toThrow('no finished run');
  });
});

describe('the card', () => {
  const cardOf = (mask: 'causal' | 'visual-bidirectional') => {
    const run = readFinishedRunIn([...runs.values()][0]!);
    return { run, card: modelCard({ ...run, mask, hasNormLayer: true }) };
  };

  test('says what other behaviour is to be expected, and what the scores depend on', () => {
    const { run, card } = cardOf('visual-bidirectional');
    expect(card).toContain('gives other texts and other scores');
    expect(cardOf('causal').card).not.toContain('gives other texts');
    for (const fact of [
      run.result.runId,
      run.identity.dataFingerprint,
      run.identity.codeVersion,
      run.identity.engineNumerics,
    ]) {
      expect(card).toContain(fact);
    }
    const rows = card.split('\n').filter((line) => line.startsWith('| ') && line.includes('version:'));
    for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).toHaveLength(5);
  });
});

function maskOf({ recipe }: (typeof plan.runs)[number]['config']): string | undefined {
  const stage = recipe.stages.at(-1)!;
  return stage.kind === 'words' ? undefined : stage.attentionMask;
}
