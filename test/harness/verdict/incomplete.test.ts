import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findReproductions } from '../../../harness/records/reproduction.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { buildFindingView } from '../../../harness/report/build-view.js';
import { buildFindingsIndexView } from '../../../harness/report/findings-index.js';
import { writeReports } from '../../../harness/report/write-reports.js';
import { decideFinding, quotedVerdicts } from '../../../harness/verdict/decide-finding.js';
import { recordedReproduction } from '../../../harness/verdict/incomplete.js';
import { renderFindingReport, renderFindingsIndex, renderReportJson } from '../../../reports/index.js';
import { textOf } from '../../reports/page-text.js';
import { temporaryFolder } from '../fake/fake-runs.js';
import { fabricate, suiteOf } from '../report/fabricated-records.js';
import { deviation, onOff, paired } from '../report/made-up-suites.js';

const suite = suiteOf({ factors: onOff, hypotheses: [paired('better', { margin: 0.5 })] });

/** An effect far above the margin at every seed, of which some runs were never finished. */
function interrupted(unfinished: readonly (readonly [arm: string, seed: number])[], store = temporaryFolder()) {
  const { folder, runIdOf } = fabricate(store, suite, {
    scores: (arm, seed) => ({ accuracy: arm === 'on' ? 8 + deviation(seed) : 5 }),
  });
  renameSync(join(folder, 'reproduction.json'), join(folder, `planned-${'0'.repeat(12)}.json`));
  for (const [arm, seed] of unfinished) rmSync(runPaths(store, runIdOf(arm, seed)).result);
  return { store, folder };
}

const found = (folder: string) => {
  const { reproduction, incomplete } = recordedReproduction(folder);
  return decideFinding(folder, reproduction, incomplete);
};

describe('a reproduction that was interrupted', () => {
  const { folder, store } = interrupted([
    ['on', 3],
    ['on', 4],
    ['off', 5],
    ['on', 6],
  ]);

  test('is inconclusive however clear the effect is, and says how many runs are finished', () => {
    const finding = found(folder);
    expect(finding.decision!.verdict).toBe('inconclusive');
    expect(finding.claims[0]!.decision).toMatchObject({ verdict: 'inconclusive', row: 'undecidable' });
    expect(quotedVerdicts(finding)[0]).toMatch(/^Inconclusive \(incomplete: 8 of 12 runs\): /);
    expect(finding.incomplete).toEqual({ finished: 8, planned: 12, seeds: 6 });
    // Only seeds 1 and 2 have both arms.
    expect(finding.claims[0]!.evidence.effects).toHaveLength(2);
  });

  test('has a page, under a store as well', async () => {
    expect(findReproductions([store])).toEqual([folder]);
    const page = textOf(renderFindingReport(await buildFindingView(found(folder))));
    expect(page).toContain('incomplete: 8 of 12 runs');
    expect(page).toContain('Nothing is decided before all runs are finished');
  });

  test('shows a single seed without interval and test', async () => {
    const { folder: early } = interrupted([2, 3, 4, 5, 6].map((seed) => ['on', seed]));
    const page = textOf(renderFindingReport(await buildFindingView(found(early))));
    expect(page).toContain('incomplete: 7 of 12 runs');
    expect(page).toContain('one seed does not tell how much seeds differ');
    expect(page).not.toContain('NaN');
  });

  test('that lacks only its end says so', () => {
    const { decision } = found(interrupted([]).folder);
    expect(decision).toMatchObject({ verdict: 'inconclusive' });
    expect(decision!.reasons).toEqual([expect.stringMatching(/^Nothing is decided yet: all 12 runs are finished/)]);
    expect(decision!.reasons.join()).not.toContain('so far');
  });

  test('is an error where no seed has all of its arms, and among others it is left out', async () => {
    const others = temporaryFolder();
    const none = interrupted([1, 2, 3, 4, 5, 6].map((seed) => ['off', seed])).folder;
    await expect(writeReports([none], others)).rejects.toThrow(
      'nothing can be shown yet: 6 of 12 runs are finished, and no seed has all of its arms',
    );
    const renamed = join(store, 'other');
    renameSync(folder, renamed);
    const { reports, leftOut } = await writeReports([none, renamed], others);
    expect(reports).toHaveLength(1);
    expect(leftOut).toEqual([expect.stringContaining('6 of 12 runs are finished')]);
  });
});

describe('a reproduction that had been finished', () => {
  test('and lacks a run now is damaged, not incomplete', () => {
    const store = temporaryFolder();
    const { folder, runIdOf } = fabricate(store, suite, { scores: (arm) => ({ accuracy: arm === 'on' ? 2 : 1 }) });
    rmSync(runPaths(store, runIdOf('on', 4)).result);
    expect(() => found(folder)).toThrow(`run ${runIdOf('on', 4)} has no result`);
  });
});

describe('one seed', () => {
  test('is inconclusive, whatever it shows', async () => {
    const { folder } = fabricate(temporaryFolder(), suite, {
      scores: (arm) => ({ accuracy: arm === 'on' ? 9 : 1, 'CIDEr-D/human-captions': 0.5 }),
      change: (reproduction) => ({ ...reproduction, runs: reproduction.runs.filter(({ seed }) => seed === 1) }),
    });
    const finding = decideFinding(folder);
    expect(finding.decision!.verdict).toBe('inconclusive');
    expect(finding.decision!.sentence).toMatch(/^Inconclusive: .* is \+8\.?0* over one pair\.$/);
    expect(finding.decision!.reasons[0]).toContain('With one seed nothing tells how much seeds differ');
    const view = await buildFindingView(finding);
    const page = textOf(renderFindingReport(view));
    expect(page).toContain('one seed does not tell how much seeds differ');
    expect(page).not.toContain('NaN');
    const { claims } = JSON.parse(renderReportJson(view));
    expect(claims[0].evidence.pairs).toMatchObject({ confidence: null, standardDeviation: null, effectSize: null });
    const html = renderFindingsIndex(buildFindingsIndexView('/out', [{ page: '/out/index.html', view }]));
    for (const shown of [page, textOf(html)]) expect(shown).not.toMatch(/\[[+−]?8\.?0*, [+−]?8\.?0*\]|\d %\sinterval/);
    expect(html).toContain('no interval');
  });

  test('and seeds without any difference have no interval of no width', async () => {
    const { folder } = fabricate(temporaryFolder(), suite, {
      scores: (arm) => ({ accuracy: arm === 'on' ? 9 : 1, 'CIDEr-D/human-captions': 0.5 }),
    });
    const finding = decideFinding(folder);
    expect(finding.decision!.sentence).toContain(
      '(no interval, paired t without p, as the seeds do not differ, sign-flip',
    );
    const view = await buildFindingView(finding);
    const [claim] = JSON.parse(renderReportJson(view)).claims;
    expect(claim.evidence.pairs).toMatchObject({ confidence: null, standardDeviation: 0, effectSize: null });
    const html = renderFindingsIndex(buildFindingsIndexView('/out', [{ page: '/out/index.html', view }]));
    for (const shown of [textOf(renderFindingReport(view)), textOf(html)]) {
      expect(shown).not.toMatch(/\[[+−]?8\.?0*, [+−]?8\.?0*\]|8\.?0* to [+−]?8/);
    }
  });
});
