import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatError } from '../../../harness/errors.js';
import { buildFindingsIndexView } from '../../../harness/report/findings-index.js';
import { type WrittenReports, writeReports } from '../../../harness/report/write-reports.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { quotedVerdicts } from '../../../harness/verdict/decide-finding.js';
import { type FindingsIndexView, renderFindingsIndex } from '../../../reports/index.js';
import { temporaryFolder } from '../fake/fake-runs.js';
import { type Fabrication, fabricate, type Scores, suiteOf } from './fabricated-records.js';

const overlay = (steps: number) => ({ recipe: { stages: { adapt: { steps } } } });
const factors: Suite['factors'] = {
  switch: {
    label: 'switch',
    levels: {
      off: { label: 'switched off', description: 'Off.', overlay: overlay(4) },
      on: { label: 'switched on', description: 'On.', overlay: overlay(5) },
    },
  },
};
const better: Suite['hypotheses'][number] = {
  id: 'better',
  statement: 'On is better.',
  metric: 'accuracy',
  direction: 'greater',
  margin: 0.25,
  alpha: 0.05,
  test: 'paired',
  treatment: 'on',
  control: 'off',
};
const scores = (arm: string, seed: number): Scores => ({ accuracy: arm === 'on' ? 2 + (seed % 2) / 8 : 1 });

/** As a benchmark was recorded before suites stated what was tested. */
const onlyStatedByClaims: Fabrication['change'] = ({ suite: { scope, ...suite }, ...rest }) => ({
  ...rest,
  suite: scope !== undefined && suite.id === 'claims' ? { ...suite, scope } : suite,
});

describe('reports of several reproductions', () => {
  const store = temporaryFolder();
  const out = join(temporaryFolder(), 'site');
  let written: WrittenReports;
  let view: FindingsIndexView;
  beforeAll(async () => {
    const suites = [
      suiteOf({ id: 'claims', factors, hypotheses: [better], published: ['pathvqa'], scope: 'Tested on drawings.' }),
      suiteOf({ id: 'measures', factors, hypotheses: [], seeds: [1, 2], published: ['pathvqa'] }),
    ];
    written = await writeReports(
      suites.map((suite) => fabricate(store, suite, { scores, change: onlyStatedByClaims }).folder),
      out,
    );
    view = buildFindingsIndexView(out, written.reports);
  });

  test('claim that the rules came first only where they did', () => {
    const lead = (findings: FindingsIndexView['findings']) =>
      renderFindingsIndex({ ...view, findings }).match(/<p class="lead.*<\/p>/)![0];
    expect(lead(view.findings)).toContain('decided by a rule that was fixed before the runs.');
    const late = view.findings.map((finding, index) => ({ ...finding, statedAfterRuns: index === 0 ? 3 : 0 }));
    expect(lead(late)).not.toContain('fixed before the runs');
    expect(lead(late)).toContain('not every rule was written down before its runs were finished');
  });

  test('stand each in a folder of its own under a landing page that links to them', () => {
    expect(written.page).toBe(join(out, 'index.html'));
    const page = readFileSync(written.page, 'utf8');
    expect(view.findings.map(({ href }) => href)).toEqual(['claims/index.html', 'measures/index.html']);
    for (const { href } of view.findings) {
      expect(page).toContain(`href="${href}"`);
      expect(existsSync(resolve(dirname(written.page), href))).toBe(true);
    }
  });

  test('link back to it', () => {
    for (const { page } of written.reports) {
      const links = [...readFileSync(page, 'utf8').matchAll(/href="([^"#]*index\.html)"/g)].map(([, href]) => href!);
      expect(links).toHaveLength(2);
      for (const href of links) expect(resolve(dirname(page), href)).toBe(written.page);
    }
  });

  test('say what was tested in report.json, on the card and with the sentence to quote, where the suite states it', () => {
    const [claims, measures] = written.reports;
    expect(JSON.parse(claims!.json).suite.scope).toBe('Tested on drawings.');
    expect(claims!.view.caveats[0]).toBe('Tested on drawings.');
    expect(view.findings.map(({ scope }) => scope)).toEqual(['Tested on drawings.', undefined]);
    expect(quotedVerdicts(claims!.finding)).toEqual([`${claims!.view.verdict!.sentence} Tested on drawings.`]);
    expect(JSON.parse(measures!.json).suite).not.toHaveProperty('scope');
    expect(quotedVerdicts(measures!.finding)).toEqual([]);
  });

  test('have their effects, verdicts and costs on it, and their published tables once', () => {
    const [claims, measures] = view.findings;
    const report = written.reports[0]!.view;
    const { evidence } = report.claims[0]!;
    if (evidence.test !== 'paired') throw new Error('the evidence is not paired');
    const { meanDifference, confidence } = evidence.pairs;
    expect(meanDifference).toBe(1 + 1 / 16);
    expect(claims).toMatchObject({
      verdict: { verdict: 'reproduced' },
      runs: 12,
      trainingSeconds: report.compute.trainingSeconds,
      effects: [
        {
          metric: 'answer accuracy',
          mean: meanDifference,
          confidence,
          margin: 0.25,
          direction: 'greater',
        },
      ],
    });
    expect(measures!.verdict).toBeUndefined();
    expect(measures!.effects).toEqual([]);
    expect(view.published).toHaveLength(1);
    expect(view.smoke).toBe(false);
  });

  test('of the same name are refused', async () => {
    const folder = join(store, 'claims');
    const complaint = await writeReports([folder, folder], out).then(() => 'none', formatError);
    expect(complaint).toContain('error: two of the records would be written to the same folder "claims"');
  });
});

test('the report of one reproduction needs no landing page', async () => {
  const suite = suiteOf({ id: 'measures', factors, hypotheses: [], seeds: [1, 2] });
  const out = temporaryFolder();
  const { page } = await writeReports([fabricate(temporaryFolder(), suite, { scores }).folder], out);
  expect(page).toBe(join(out, 'measures', 'index.html'));
  expect(existsSync(join(out, 'index.html'))).toBe(false);
  expect(readFileSync(page, 'utf8')).not.toContain('All findings');
});
