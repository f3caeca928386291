import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type FindingReportView, renderFindingReport, renderReportJson } from '../../reports/index.js';
import { buildFindingView, leadingPairs, withLeadingPairs } from '../fixtures/reports/finding-view.js';
import { buildHostileView, MEGABYTE } from '../fixtures/reports/hostile-view.js';
import { sectionOf, textOf } from './page-text.js';

describe('renderFindingReport', () => {
  const view = buildFindingView();
  const html = renderFindingReport(view);
  const pairs = leadingPairs(view);

  it.each([
    ['reproduced', 'Reproduced'],
    ['ruled-out', 'Ruled out'],
    ['contradicted', 'Contradicted'],
    ['inconclusive', 'Inconclusive'],
  ] as const)('says %s first, with the quotable sentence', (verdict, word) => {
    const page = buildFindingView({ verdict });
    const text = textOf(sectionOf(renderFindingReport(page), 'verdict'));
    expect(text).toContain(page.suite.claim);
    expect(text).toContain(word);
    expect(text).toContain(page.verdict?.sentence);
    for (const other of ['Reproduced', 'Contradicted', 'Inconclusive'].filter((name) => name !== word)) {
      expect(text).not.toContain(other);
    }
  });

  it('puts the sections in the order of the argument', () => {
    const ids = [...html.matchAll(/<section[^>]* id="([\w-]+)"/g)].map((match) => match[1]);
    expect(ids).toEqual([
      'verdict',
      'hypothesis',
      'evidence',
      'learnt',
      'secondary',
      'curves',
      'masks',
      'examples',
      'runs',
      'caveats',
      'recipe',
      'provenance',
      'signatures',
      'compute',
      'reproduce',
    ]);
  });

  it('stamps a smoke run and nothing else', () => {
    expect(textOf(renderFindingReport(buildFindingView({ smoke: true })))).toContain('SMOKE RUN');
    expect(textOf(html)).not.toMatch(/smoke/i);
  });

  it('shows every seed, run, example, caveat, signature and provenance entry', () => {
    const text = textOf(html);
    const seeds = textOf(sectionOf(html, 'evidence'));
    for (const pair of pairs.pairs) {
      expect(seeds).toContain(pair.treatment.toFixed(3));
      expect(seeds).toContain(pair.control.toFixed(3));
    }
    for (const { runId, links } of view.runs) {
      expect(text).toContain(runId);
      for (const { href } of links) expect(html).toContain(`href="${href}"`);
    }
    for (const { imageId, references, image } of view.examples) {
      expect(text).toContain(imageId);
      expect(html).toContain(image.replaceAll('=', '&#x3D;'));
      for (const reference of references) expect(text).toContain(reference);
    }
    const said = [...view.caveats, ...view.provenance.map(({ value }) => value), pairs.signature, view.command];
    for (const sentence of [...said, ...view.arms.map(({ description }) => description)])
      expect(text).toContain(sentence);
    expect(textOf(sectionOf(html, 'recipe'))).toContain('keyValueHeads: 2');
  });

  it('gives every picture a name, a description and a table beside it', () => {
    const charts = [...html.matchAll(/<svg id="([\w-]+)"[^>]*role="img" aria-labelledby="([\w-]+) ([\w-]+)">/g)];
    expect(charts.length).toBeGreaterThanOrEqual(2 + 4 + 2 + 4 + 2 + 2);
    for (const [, , title, description] of charts) {
      expect(html).toMatch(new RegExp(`<title id="${title}">[^<]+</title>`));
      expect(html).toMatch(new RegExp(`<desc id="${description}">[^<]+</desc>`));
    }
    for (const id of ['evidence', 'curves', 'masks']) expect(sectionOf(html, id)).toMatch(/<details>[\s\S]*<table/);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('draws the masks cell by cell and outlines where the arms differ', () => {
    const strokes = (name: string) =>
      [...sectionOf(html, 'masks').matchAll(new RegExp(`<path class="${name}" d="([^"]*)"`, 'g'))].map(
        ([, path = '']) => path.split('M').length - 1,
      );
    const [tokens, visual] = [16, 9];
    const causal = (tokens * (tokens + 1)) / 2;
    const forward = (visual * (visual - 1)) / 2;
    expect(strokes('dots')).toEqual([causal + forward, causal]);
    // The staircase of pairs that look forward has 8 steps, each with a side above, below, left and right.
    expect(strokes('differing')).toEqual([4 * (visual - 1), 4 * (visual - 1)]);
  });

  it('forbids everything but its own style sheet and images held as data', () => {
    const css = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(css).digest('base64');
    const policy = textOf(/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '');
    expect(policy).toBe(
      `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(html.match(/<style/g)).toHaveLength(1);
    expect(html).not.toMatch(/<script|<link|<iframe|<object| style=| on\w+=/i);
    expect(html.slice(html.indexOf('</style>'))).not.toMatch(/url\((?!#)/);
  });

  it('says of an output that it is empty, where a blank would look like a fault of the page', () => {
    const [first] = view.examples;
    const predictions = first!.predictions.map((prediction, index) => ({
      ...prediction,
      text: index === 0 ? '' : ' \n',
    }));
    const examples = sectionOf(renderFindingReport({ ...view, examples: [{ ...first!, predictions }] }), 'examples');
    expect(textOf(examples).match(/\(empty\)/g)).toHaveLength(predictions.length);
    expect(textOf(sectionOf(html, 'examples'))).not.toContain('(empty)');
  });

  it('says plainly what is missing', () => {
    const page = renderFindingReport({ ...view, curves: [], examples: [], secondary: [], caveats: [], runs: [] });
    const text = textOf(page);
    expect(text).toContain('No loss was recorded');
    expect(text).toContain('hold no examples');
    expect(text).toContain('No caveat was recorded');
    expect(page).not.toContain('id="secondary"');
  });

  it('draws one seed without an interval, and curves of one point', () => {
    const curves = view.curves.map((curve) => ({ ...curve, points: curve.points.slice(0, 1) }));
    const one = {
      ...pairs,
      pairs: pairs.pairs.slice(0, 1),
      standardDeviation: Number.NaN,
      confidence: { level: 0.95, low: Number.NaN, high: Number.NaN },
      tTest: { t: Number.NaN, degreesOfFreedom: 0, p: Number.NaN },
      effectSize: Number.NaN,
    };
    const page = renderFindingReport(withLeadingPairs({ ...view, curves }, one));
    expect(page).not.toMatch(/NaN|undefined|Infinity|null/);
    expect(textOf(sectionOf(page, 'verdict'))).toContain('[–, –]');
  });

  it('survives hostile text in every field', () => {
    const page = renderFindingReport(buildHostileView());
    // 2 MB: the megabytes are cut, with a note.
    expect(page.length).toBeLessThan(2_000_000);
    expect(page).not.toContain(MEGABYTE.slice(0, 70_000));
    expect(textOf(page)).toContain('more characters; the full text is in report.json');
    expect(page).not.toMatch(/<script|<img[^>]*onerror|<svg[^>]*onload/i);
    const hrefs = [...page.matchAll(/ (?:href|src)="([^"]*)"/g)].map((match) => match[1] ?? '');
    for (const href of hrefs)
      expect(href).toMatch(/^(?:#[\w-]+|report\.json|data:image\/png;base64,[A-Za-z0-9+/&#;x]+)$/);
    for (const tag of page.slice(page.indexOf('</style>')).match(/<[a-z][^>]*>/gi) ?? []) {
      expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/ on\w+=| style=/i);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that they are gone is the point.
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f]|\p{Surrogate}/u);
  });
});

describe('determinism', () => {
  it('gives equal bytes for equal views, whatever was rendered before', () => {
    const first = renderFindingReport(buildFindingView());
    renderFindingReport(buildFindingView({ verdict: 'contradicted', seed: 11 }));
    expect(renderFindingReport(buildFindingView())).toBe(first);
  });

  it('gives the same bytes in another process', () => {
    // This process has drawn many charts before, the other one draws its first.
    const program = fileURLToPath(new URL('../fixtures/reports/print-page-hash.mjs', import.meta.url));
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const view = buildFindingView();
    const printed = execFileSync(process.execPath, [program], { encoding: 'utf8' }).trim();
    expect(printed).toBe(`${sha256(renderFindingReport(view))} ${sha256(renderReportJson(view))}`);
  });

  it('renders the same page from its own report.json', () => {
    for (const view of [buildFindingView({ smoke: true }), buildHostileView()]) {
      const parsed = JSON.parse(renderReportJson(view)) as FindingReportView;
      expect(renderFindingReport(parsed)).toBe(renderFindingReport(view));
    }
  });
});

describe('renderReportJson', () => {
  it('does not depend on the order in which fields were built', () => {
    const view = buildFindingView();
    const reversed = Object.fromEntries(Object.entries(view).reverse()) as unknown as FindingReportView;
    expect(renderReportJson(reversed)).toBe(renderReportJson(view));
  });

  it('holds the view and the numbers that the page derives from it', () => {
    const view = buildFindingView();
    const { derived, ...rest } = JSON.parse(renderReportJson(view));
    expect(rest).toEqual(JSON.parse(JSON.stringify(view)));
    const { pairs } = leadingPairs(view);
    const treatment = pairs.reduce((sum, pair) => sum + pair.treatment, 0) / pairs.length;
    expect(derived.armMeans[0].treatment).toBeCloseTo(treatment, 12);
    const page = textOf(renderFindingReport(view));
    for (const { first, last } of derived.stageLosses) {
      expect(page).toContain(first.toFixed(3));
      expect(page).toContain(last.toFixed(3));
    }
  });

  it('writes null for what is not finite', () => {
    const view = buildFindingView();
    const json = renderReportJson(
      withLeadingPairs(view, { ...leadingPairs(view), effectSize: Number.POSITIVE_INFINITY }),
    );
    expect(JSON.parse(json).claims[0].evidence.pairs.effectSize).toBeNull();
  });
});
