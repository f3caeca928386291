/** What of a run is exported and what is refused, on records of the fake machinery; the weights have a test of their own. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { executeRuns } from '../../../harness/execution/execute-runs.js';
import { exportRun } from '../../../harness/export/export-run.js';
import { modelCard } from '../../../harness/export/model-card.js';
import { onnxCard } from '../../../harness/export/onnx-card.js';
import { readFinishedRunIn } from '../../../harness/records/run-record.js';
import type { Plan } from '../../../harness/suite/plan.js';
import type { MaskKind } from '../../../reference-model/model/config.js';
import { fakeExecutor, fakeJobs, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';

const folder = temporaryFolder();
/** Of the two arms, causal and visual-bidirectional, and one with the third mask. */
const plan = withArm(fakePlan({ seeds: 2 }), 'prefix-bidirectional');
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

describe('a folder of the hub', () => {
  test('is in its form already, and is no graph where it is no whole model', async () => {
    const run = 'test/fixtures/hugging-face/qwen2-tied-bfloat16-transformers-5';
    const request = { run, out, allowsMaskMismatch: false } as const;
    await expect(exportRun({ ...request, format: 'hugging-face' })).rejects.toThrow(
      'form of the Hugging Face hub already',
    );
    await expect(exportRun({ ...request, format: 'onnx' })).rejects.toThrow(
      /model_type is "qwen2": this is a language model alone/,
    );
    const encoder = { ...request, run: 'test/fixtures/hugging-face/siglip-transformers-5' };
    await expect(exportRun({ ...encoder, format: 'onnx' })).rejects.toThrow(/this is an encoder.*/);
    expect(existsSync(out)).toBe(false);
  });
});

describe('exporting graphs', () => {
  const run = (mask: string) => runs.get(plan.runs.find(({ config }) => maskOf(config) === mask)!.arm)!;

  test('takes the mask that transformers has not, and refuses weights of another model there', async () => {
    const request = { run: run('visual-bidirectional'), out, allowsMaskMismatch: false, format: 'onnx' } as const;
    await expect(exportRun(request)).rejects.toThrow('the weights do not fit the model');
    expect(existsSync(out)).toBe(false);
  });

  test('takes the mask of image and question too, which transformers has not either', async () => {
    const request = { run: run('prefix-bidirectional'), out, allowsMaskMismatch: false } as const;
    await expect(exportRun({ ...request, format: 'onnx' })).rejects.toThrow('the weights do not fit the model');
    await expect(exportRun({ ...request, format: 'hugging-face' })).rejects.toThrow(
      /prefix-bidirectional.*\n.*\n.*causal\n.*--format onnx/,
    );
    expect(existsSync(out)).toBe(false);
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
    const graphs = { ...run, mask: 'visual-bidirectional', isBeam: true } as const;
    const same = onnxCard(graphs);
    expect(same).not.toContain('gives other texts');
    expect(same).toContain('those of beam search');
    expect(same).toContain("dtype: 'fp32'");
    const other = onnxCard({ ...graphs, mask: 'prefix-bidirectional', quantised: 'q8' });
    expect(other).toContain('each further question in a call of its own');
    expect(other).toContain("dtype: 'q8'");
    const rows = card.split('\n').filter((line) => line.startsWith('| ') && line.includes('version:'));
    for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).toHaveLength(5);
  });
});

function withArm(base: Plan, mask: MaskKind): Plan {
  const [first] = base.runs;
  const stages = first!.config.recipe.stages.map((stage) =>
    stage.kind === 'words' ? stage : { ...stage, attentionMask: mask },
  );
  const config = { ...first!.config, recipe: { ...first!.config.recipe, stages } };
  return { ...base, runs: [...base.runs, { ...first!, arm: mask, config }] };
}

function maskOf({ recipe }: (typeof plan.runs)[number]['config']): string | undefined {
  const stage = recipe.stages.at(-1)!;
  return stage.kind === 'words' ? undefined : stage.attentionMask;
}
