/** What stands around a verdict wherever it is quoted: what was tested, the level of each interval, and no word twice. */
import { describe, expect, it } from 'vitest';
import { type FindingReportView, renderFindingReport, renderFindingsIndex } from '../../reports/index.js';
import { renderSiteIndex, renderSuitePage, type SuiteView } from '../../reports/site/index.js';
import { unbroken } from '../../reports/wording.js';
import { buildFindingView } from '../fixtures/reports/finding-view.js';
import { buildBenchmarkView, buildFindingsIndex, buildTwoFactorView } from '../fixtures/reports/rich-views.js';
import { sectionOf, textOf } from './page-text.js';

const scope = 'Tested on drawings, not on photographs.';
const sentence =
  'Inconclusive: accuracy, “on” minus “off”, is +0.1 (95 % CI −0.2 to +0.4, t p = .300) over 6 paired seeds.';
const shown = 'Accuracy, “on” minus “off”, is +0.1';
const verdict = { verdict: 'inconclusive', sentence, reasons: [] } as const;

/** The view with this verdict, and with or without a sentence on what was tested. */
function finding(stated: { readonly scope?: string }): FindingReportView {
  const view = buildFindingView({ verdict: 'inconclusive' });
  const { scope: _, ...suite } = view.suite;
  return { ...view, suite: { ...suite, ...stated }, verdict };
}

function landing(stated: { readonly scope?: string }): string {
  const view = buildFindingsIndex();
  return renderFindingsIndex({
    ...view,
    findings: view.findings.map(({ scope: _, ...card }) => ({ ...card, ...stated, verdict })),
  });
}

function sitePages(stated: { readonly scope?: string }): readonly string[] {
  const frame = { siteTitle: 'Results', root: '', baseUrl: '' } as const;
  const suite: SuiteView = {
    id: 'made-up',
    title: 'Made up',
    claim: 'on is better',
    source: { citation: 'A paper', url: 'https://host.example/' },
    dataSet: 'drawings',
    scale: 'embedded',
    smoke: false,
    ...stated,
    verdict,
    arms: [],
    runs: [],
    path: 'suites/made-up/index.html',
    report: 'suites/made-up/report.html',
    badge: 'suites/made-up/badge.svg',
    command: 'vlm-bench run made-up',
  };
  const index = {
    frame,
    suites: [suite],
    boards: [],
    comparisons: [],
    evaluations: [],
    newest: [],
    runs: 0,
    samples: 0,
  };
  return [renderSiteIndex(index), renderSuitePage({ frame: { ...frame, root: '../../' }, suite, boards: [] })];
}

describe('what was tested', () => {
  it('stands in the verdict’s box, on every card of the landing page, and on the pages of a site', () => {
    expect(textOf(sectionOf(renderFindingReport(finding({ scope })), 'verdict'))).toContain(scope);
    const cards = landing({ scope }).split('<article').slice(1);
    expect(cards).toHaveLength(4);
    for (const card of cards) expect(textOf(card)).toContain(scope);
    for (const page of sitePages({ scope })) expect(textOf(page)).toContain(scope);
  });

  it('stands above the scores of a benchmark too', () => {
    const benchmark = buildBenchmarkView();
    const page = renderFindingReport({ ...benchmark, suite: { ...benchmark.suite, scope } });
    expect(textOf(sectionOf(page, 'verdict'))).toContain(scope);
  });

  it('leaves nothing behind where a record states none', () => {
    const pages = [renderFindingReport(finding({})), landing({}), ...sitePages({})];
    for (const page of pages) expect(page).not.toMatch(/<p[^>]*>\s*(?:<bdi>\s*<\/bdi>)?\s*<\/p>|>undefined/);
  });

  it('names the size of the model, not a scale, at the head of the page', () => {
    const view = buildFindingView();
    const head = /<dl class="tags">[\s\S]*?<\/dl>/.exec(renderFindingReport(view))?.[0] ?? '';
    expect(textOf(head)).toContain(`Model ${view.compute.parameters.toLocaleString('en-US')} parameters`);
    expect(textOf(head)).not.toMatch(/scale/i);
  });
});

it('does not repeat the word of the verdict in the sentence beside it', () => {
  const several = { ...buildTwoFactorView(), verdict };
  const claims = several.claims.map((claim) => ({ ...claim, verdict }));
  const pages = [finding({ scope }), { ...several, claims }].map((view) => renderFindingReport(view));
  for (const page of [...pages, landing({ scope }), ...sitePages({ scope })]) {
    expect(textOf(page)).toContain(shown);
    expect(textOf(page)).not.toContain(sentence);
  }
});

it('gives every bracket of a claim its level, with the decimal that tells it from others', () => {
  const view = buildTwoFactorView();
  const level = 1 - 0.05 / 3;
  const claims = view.claims.map((claim) => {
    if (claim.evidence.test !== 'paired') throw new Error('the fixture has a claim without pairs');
    const { pairs } = claim.evidence;
    const confidence = { ...pairs.confidence!, level };
    return { ...claim, evidence: { test: 'paired', pairs: { ...pairs, confidence } } as const };
  });
  const page = renderFindingReport({ ...view, claims });
  expect(textOf(sectionOf(page, 'verdict')).match(/98\.3 % interval/g)?.length).toBeGreaterThanOrEqual(claims.length);
  expect(textOf(sectionOf(page, 'evidence'))).toContain('98.3 % interval');
  expect(textOf(sectionOf(page, 'verdict'))).not.toContain('98 % interval');
  const index = buildFindingsIndex();
  const cards = renderFindingsIndex({
    ...index,
    findings: index.findings.map((card) => ({
      ...card,
      effects: card.effects.map((effect) => ({ ...effect, confidence: { ...effect.confidence!, level } })),
    })),
  });
  expect(textOf(cards).match(/\] 98\.3 % interval/g)).toHaveLength(6);
});

it('keeps the parts of a statistic on one line', () => {
  const parts = ['95 % CI', 'paired t p = .003', 'sign-flip p < .001', 'n = 6', 'α = 0.05'];
  for (const part of parts) expect(unbroken(`is, ${part}, over`)).toBe(`is, ${part.replaceAll(' ', '\u00a0')}, over`);
  expect(unbroken('−4,103 [−14,379, 6,174]')).toBe('−4,103 [−14,379,\u00a06,174]');
  expect(unbroken('a map = b')).toBe('a map = b');
  const page = renderFindingReport(finding({ scope }));
  expect(sectionOf(page, 'verdict')).toMatch(/t\u00a0p\u00a0(?:=|&#61;|&#x3D;)\u00a0\.300/);
  expect(page.replace(/<style>[\s\S]*?<\/style>/, '')).not.toMatch(/\bp (?:=|&#61;|&#x3D;|&#60;|&lt;) \.\d/);
});
