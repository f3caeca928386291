import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { executeRuns } from '../../../harness/execution/execute-runs.js';
import { canonicalJson } from '../../../harness/files/canonical-json.js';
import { reproductionFolder, reproductionOf, writeReproduction } from '../../../harness/records/reproduction.js';
import { buildFindingView } from '../../../harness/report/build-view.js';
import { writeReport } from '../../../harness/report/write-report.js';
import { decideFinding } from '../../../harness/verdict/decide-finding.js';
import type { FindingReportView } from '../../../reports/index.js';
import { fakeExecutor, fakeJobs, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';

async function fakeReproduction(store: string, options: { smoke?: boolean; seeds?: number }): Promise<string> {
  const plan = fakePlan(options);
  const jobs = await fakeJobs(store, plan, 2);
  const folder = join(store, reproductionFolder(plan));
  const recorded = {
    fingerprint: jobs[0]!.job.identity.dataFingerprint,
    command: 'vlm-bench reproduce --finding 1',
    runIds: jobs.map(({ job }) => job.runId),
    prefixIds: [],
  };
  writeReproduction(folder, reproductionOf(plan, recorded));
  const interruption = manualInterruption();
  await executeRuns(jobs, { executor: fakeExecutor(interruption), jobs: 2, interruption });
  return folder;
}

describe('the report of a reproduction', () => {
  let store: string;
  let folder: string;
  let view: FindingReportView;
  beforeAll(async () => {
    store = temporaryFolder();
    folder = await fakeReproduction(store, {});
    view = (await writeReport(decideFinding(folder))).view;
  });

  test('pairs the scores of each seed as the results state them', () => {
    const [{ evidence }] = view.claims as [FindingReportView['claims'][number]];
    const { pairs } = (evidence as Extract<typeof evidence, { test: 'paired' }>).pairs;
    expect(pairs.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const { seed, treatment, control, difference } of pairs) {
      const score = (arm: string) => {
        const { runId } = view.runs.find((run) => run.arm === arm && run.seed === seed)!;
        const result = JSON.parse(readFileSync(join(store, 'runs', runId, 'result.json'), 'utf8'));
        return result.scores['CIDEr-D/ai-captions'].value;
      };
      expect(treatment).toBe(score('visual-bidirectional'));
      expect(control).toBe(score('causal'));
      expect(difference).toBe(treatment - control);
    }
  });

  test('has the stages of the recipe as ranges of steps', () => {
    for (const { stages } of view.curves) {
      expect(stages).toEqual([
        { name: 'align', from: 1, to: 150 },
        { name: 'align-vision', from: 151, to: 300 },
        { name: 'joint', from: 301, to: 800 },
        { name: 'adapt', from: 801, to: 900 },
      ]);
    }
  });

  test('keeps the mean of a training curve through averaging', () => {
    const curve = view.curves.find(({ kind, arm, seed }) => kind === 'training' && arm === 'causal' && seed === 1)!;
    const { runId } = view.runs.find(({ arm, seed }) => arm === 'causal' && seed === 1)!;
    const losses = readFileSync(join(store, 'runs', runId, 'events.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line) => (line.includes('"type":"step"') ? [JSON.parse(line).loss as number] : []));
    // Stages of 150, 150, 500 and 100 steps in groups of 9 leave short groups of 6, 6, 5 and 1 at their ends.
    const sizes = [150, 150, 500, 100].flatMap((steps) =>
      Array.from({ length: Math.ceil(steps / 9) }, (_, group) => Math.min(9, steps - 9 * group)),
    );
    const sum = curve.points.reduce((total, { loss }, point) => total + loss * sizes[point]!, 0);
    expect(curve.points).toHaveLength(sizes.length);
    expect(sum).toBeCloseTo(
      losses.reduce((total, loss) => total + loss, 0),
      8,
    );
  });

  test('shows the first images with what both arms said at the first seed', () => {
    expect(view.examples.map(({ imageId }) => imageId)).toEqual(
      Array.from({ length: 8 }, (_, index) => `test-${index}`),
    );
    for (const { predictions, image, references } of view.examples) {
      expect(predictions.map(({ arm, seed }) => `${arm} ${seed}`)).toEqual(['causal 1', 'visual-bidirectional 1']);
      expect(image.startsWith('data:image/png;base64,iVBORw0KGgo')).toBe(true);
      expect(references).toHaveLength(1);
    }
  });

  test('draws masks that differ exactly among the visual tokens', () => {
    const [treatment, control] = ['treatment', 'control'].map((role) => view.arms.find((arm) => arm.role === role));
    treatment!.mask!.allowed.forEach((row, query) => {
      row.forEach((allowed, key) => {
        const visual = [query, key].every((token) => control!.mask!.tokens[token]!.kind === 'visual');
        expect(control!.mask!.allowed[query]![key]).toBe(key <= query);
        expect(allowed).toBe(visual || key <= query);
      });
    });
  });

  test('is the same bytes when it is computed again', async () => {
    const files = ['index.html', 'report.json'].map((name) => join(folder, name));
    const before = files.map((file) => readFileSync(file, 'utf8'));
    for (const file of files) rmSync(file);
    await writeReport(decideFinding(folder));
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
    expect(canonicalJson(await buildFindingView(decideFinding(folder)))).toBe(canonicalJson(view));
  });

  test('is refused when a prediction was changed after the run', async () => {
    const { runId } = view.runs[3]!;
    const file = join(store, 'runs', runId, 'predictions.jsonl');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('nothing of the kind', 'a small red circle in a corner'));
    expect(() => decideFinding(folder)).toThrow(UserError);
    expect(() => decideFinding(folder)).toThrow(
      `error: the file was changed after the run had finished\n  where:    ${file}`,
    );
    writeFileSync(file, text);
  });
});

test('a smoke run is stamped and never conclusive', async () => {
  const folder = await fakeReproduction(temporaryFolder(), { smoke: true });
  const { view, page } = await writeReport(decideFinding(folder));
  expect(page.endsWith(join('finding-1-smoke', 'index.html'))).toBe(true);
  expect(view.smoke).toBe(true);
  expect(view.verdict?.verdict).toBe('inconclusive');
  expect(view.verdict?.reasons[0]).toContain('smoke run');
});
