import { describe, expect, it } from 'vitest';
import {
  type FindingReportView,
  renderFindingReport,
  renderFindingsIndex,
  renderReportJson,
} from '../../reports/index.js';
import { withHostileTexts } from '../fixtures/reports/hostile-view.js';
import {
  buildBenchmarkView,
  buildConvergenceView,
  buildEverythingView,
  buildFindingsIndex,
  buildTrendView,
  buildTwoFactorView,
} from '../fixtures/reports/rich-views.js';
import { sectionOf, textOf } from './page-text.js';

const everything = buildEverythingView();
const page = renderFindingReport(everything);

describe('a page with several claims over many arms', () => {
  it('stays small, names everything once and shows no missing number', () => {
    // 54 runs with three loss curves each: the bar is 1.5 MB.
    expect(everything.runs).toHaveLength(54);
    expect(page.length).toBeLessThan(1_500_000);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\bnull\b/);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('states each claim with its own verdict and links it to its evidence', () => {
    const summary = textOf(sectionOf(page, 'verdict'));
    everything.claims.forEach(({ hypothesis, verdict }, index) => {
      const word = (verdict.verdict.slice(0, 1).toUpperCase() + verdict.verdict.slice(1)).replace('-', ' ');
      expect(summary).toContain(`${word} ${hypothesis.statement}`);
      expect(page).toContain(`<div class="one-claim" id="claim-${index + 1}">`);
    });
    const evidence = textOf(sectionOf(page, 'evidence'));
    for (const { verdict } of everything.claims)
      expect(evidence).toContain(verdict.sentence.replace(/^[\w ]+: (a?)/, (_, first: string) => first.toUpperCase()));
    expect(evidence.match(/Holm’s correction over the/g)).toHaveLength(everything.claims.length);
  });

  it('tables the other measures of each claim that compares two arms', () => {
    const section = sectionOf(page, 'secondary');
    const tables = section.split('<h3>').slice(1).map(textOf);
    expect(tables).toHaveLength(3);
    everything.secondary.forEach(({ claim, metric, pairs }) => {
      const table = tables[everything.claims.findIndex(({ id }) => id === claim)]!;
      expect(table).toContain(metric);
      expect(table).toContain((pairs.reduce((sum, { control }) => sum + control, 0) / pairs.length).toFixed(3));
    });
  });

  it('says of equivalence only what the test shows', () => {
    const [first] = everything.claims;
    const proven = { ...first!, equivalence: { margin: 0.02, p: 0.01, equivalent: true } };
    const withIt = textOf(sectionOf(renderFindingReport({ ...everything, claims: [proven] }), 'evidence'));
    expect(withIt).toContain('no difference that matters');
    // At the level of the verdict's interval, so that no verdict stays open beside it.
    expect(withIt).toContain(`at α = ${proven.hypothesis.alpha / 2}`);
    expect(textOf(sectionOf(page, 'evidence'))).not.toContain('no difference that matters');
  });

  it('draws one point per seed, dose and series, and every baseline', () => {
    const response = sectionOf(page, 'responses');
    const [first] = everything.responses;
    const svg = response.slice(response.indexOf('id="response-1-wide"'), response.indexOf('id="response-1-narrow"'));
    // The description carries the means, so that a screen reader hears the figure.
    for (const { label, points } of first!.series) {
      for (const { mean, xText } of points) expect(textOf(svg)).toContain(`${mean.toFixed(3)} at ${xText}`);
      expect(svg).toContain(`>${label}</text>`);
    }
    for (const { label } of first!.references) expect(svg).toContain(`>${label}</text>`);
    expect(svg.match(/stroke-dasharray/g)?.length).toBeGreaterThanOrEqual(first!.references.length);
  });

  it('lists every score with its interval, and the baselines of the same questions', () => {
    const scores = textOf(sectionOf(page, 'scores'));
    for (const { arms, baselines } of everything.scores) {
      for (const { mean, confidence } of arms) {
        expect(scores).toContain(`${mean.toFixed(3)} [${confidence!.low.toFixed(3)}, ${confidence!.high.toFixed(3)}]`);
      }
      for (const label of new Set(baselines.map((baseline) => baseline.label))) {
        const values = baselines.filter((baseline) => baseline.label === label).map(({ value }) => value);
        const [least, greatest] = [Math.min(...values).toFixed(3), Math.max(...values).toFixed(3)];
        expect(scores).toContain(least === greatest ? least : `${least} to ${greatest}`);
      }
    }
  });

  it('keeps published numbers in a section of their own, each with its source', () => {
    const published = sectionOf(page, 'published');
    for (const { rows } of everything.published) {
      for (const { model, values, source, caveat } of rows) {
        for (const text of [model, ...Object.values(values), ...(caveat === undefined ? [] : [caveat])]) {
          expect(textOf(published)).toContain(text);
        }
        expect(published).toContain(`href="${source.url}"`);
      }
    }
    expect(textOf(page.replace(published, ''))).not.toContain('BLIP-2');
    expect(textOf(published)).toContain('other data, other scale');
  });

  it('says what sharing stages saved, lists the shared trainings and links each run to its own', () => {
    const section = sectionOf(page, 'runs');
    const runs = textOf(section);
    expect(everything.sharedTrainings).toHaveLength(6);
    expect(runs).toContain('48 runs continue 6 shared trainings, which saved 14,400 steps');
    const forked = everything.runs.filter(({ forkedFrom }) => forkedFrom !== undefined);
    expect(section.match(/after 300 steps of <a href="#shared-\d">/g)).toHaveLength(forked.length);
    everything.sharedTrainings.forEach(({ runId, links }, index) => {
      const row = section.slice(section.indexOf(`<tr id="shared-${index + 1}">`)).split('</tr>')[0]!;
      expect(textOf(row)).toContain(runId);
      for (const { href } of links) expect(row).toContain(`href="${href}"`);
      const start = runId.slice(0, 8);
      for (const [, target] of section.matchAll(new RegExp(`href="#([^"]+)"><code>${start}`, 'g')))
        expect(target).toBe(`shared-${index + 1}`);
    });
  });

  it('heads the scores of the runs as the rest of the page calls them, the claimed one first', () => {
    const [, head = ''] = /<thead>([\s\S]*?)<\/thead>/.exec(sectionOf(page, 'runs')) ?? [];
    const headings = [...head.matchAll(/<th[^>]*>(.*?)<\/th>/g)].map(([, words = '']) => textOf(words).trim());
    expect(headings).toEqual([
      'Run and records',
      'Arm and seed',
      'answer accuracy',
      'yes/no accuracy',
      'open-answer accuracy',
      'Time and tokens',
      'Weights',
    ]);
  });

  it('leads back to the page that it stands under', () => {
    const home = { href: '../index.html', label: 'All findings' };
    const under = renderFindingReport(everything, { home });
    expect(under).toContain('<p class="brand"><a href="../index.html">vlm-bench</a>');
    expect(under).toContain('<a href="../index.html">All findings</a></p>\n\n</footer>');
    expect(page).not.toContain('index.html');
  });

  it('says of an answer that it is correct or wrong', () => {
    const [example] = everything.examples;
    const predictions = example!.predictions.map((prediction, index) => ({
      ...prediction,
      score: index % 2,
      scoreName: 'correct',
      outcome: index % 2 === 1 ? ('correct' as const) : ('wrong' as const),
    }));
    const judged = renderFindingReport({ ...everything, examples: [{ ...example!, predictions }] });
    const text = textOf(sectionOf(judged, 'examples'));
    expect(text.match(/ (?:correct|wrong)(?= )/g)!.slice(1)).toEqual(predictions.map(({ outcome }) => ` ${outcome}`));
    expect(text).toContain('whether the answer is correct Arm Output Answer');
    expect(text).not.toMatch(/[01]\.000/);
  });

  it('renders the same page from its own report.json', () => {
    expect(renderFindingReport(JSON.parse(renderReportJson(everything)) as FindingReportView)).toBe(page);
  });
});

describe('the other kinds of findings', () => {
  it('shows a trend by every seed’s scores and gain', () => {
    const view = buildTrendView();
    const evidence = view.claims[0]!.evidence;
    const text = textOf(sectionOf(renderFindingReport(view), 'evidence'));
    if (evidence.test !== 'trend') throw new Error('the fixture has no trend');
    for (const { values, effect } of evidence.trend.seeds) {
      for (const value of values) expect(text).toContain(value.toFixed(3));
      expect(text).toContain(effect.toFixed(3).replace('-', '−'));
    }
  });

  it('shows steps and tokens to the threshold with their range, and the texts', () => {
    const view = buildConvergenceView();
    const html = renderFindingReport(view);
    const text = textOf(sectionOf(html, 'convergence'));
    for (const { id } of view.arms) {
      const own = view.convergence.filter(({ arm }) => arm === id).map(({ stepsToThreshold }) => stepsToThreshold);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      expect(text).toContain(`${mean.toFixed(0)} ${Math.min(...own).toFixed(0)} to ${Math.max(...own).toFixed(0)}`);
    }
    const texts = textOf(sectionOf(html, 'texts'));
    expect(texts).toContain('Entropy of a word bits 5.610 4.320');
    expect(texts).toContain('Words 32,811 61,204');
  });

  it('gives each arm its own loss chart where their stages differ', () => {
    const view = buildTrendView();
    const [first] = view.arms;
    const stages = [{ name: 'joint', from: 1, to: 400 }];
    const curves = view.curves.map((curve) =>
      curve.arm === first!.id ? { ...curve, stages, points: curve.points.filter(({ step }) => step <= 400) } : curve,
    );
    const together = sectionOf(renderFindingReport(view), 'curves');
    const apart = sectionOf(renderFindingReport({ ...view, curves }), 'curves');
    expect(together).toContain('id="training-whole-wide"');
    expect(apart.match(/id="training-arm-\d"/g)).toHaveLength(4);
  });

  it('gives a benchmark no verdict', () => {
    const html = renderFindingReport(buildBenchmarkView());
    expect(textOf(html)).not.toMatch(/Reproduced|Contradicted|Inconclusive/);
    expect(textOf(sectionOf(html, 'verdict'))).toContain('scores without a verdict');
    expect(html).not.toContain('id="evidence"');
    expect(textOf(sectionOf(html, 'scores'))).toContain('[');
  });
});

describe('renderFindingsIndex', () => {
  const view = buildFindingsIndex();
  const html = renderFindingsIndex(view);
  const text = textOf(html);

  it('shows claim, verdict, effects, cost, command and link of every finding', () => {
    for (const { claim, title, verdict, effects, command, href, runs } of view.findings) {
      const sentence = verdict!.sentence.replace(/^\w+: ./, (opening) => opening.slice(-1).toUpperCase());
      for (const said of [claim, title, sentence, command, `Runs ${runs}`]) expect(text).toContain(said);
      expect(html).toContain(`<a href="${href}">`);
      for (const { label } of effects) expect(text).toContain(label);
    }
    expect(html.match(/id="finding-\d+-effect-\d+"/g)).toHaveLength(1 + 1 + 1 + 3);
    const verdicts = view.findings.map(({ verdict }) => verdict!.verdict);
    const inconclusive = verdicts.filter((verdict) => verdict === 'inconclusive').length;
    expect(text).toContain(`Inconclusive ${inconclusive}`);
  });

  it('draws the intervals where their numbers say', () => {
    const [{ effects }] = view.findings as [(typeof view.findings)[number]];
    const { confidence, margin } = effects[0]!;
    const { low, high } = confidence!;
    const svg = html.slice(html.indexOf('id="finding-1-effect-1"'));
    const [, from, to] = /<path d="M([\d.]+) 15H([\d.]+)M/.exec(svg) ?? [];
    const [, left, width] = /<rect x="([\d.]+)" y="3" width="([\d.]+)"/.exec(svg) ?? [];
    // Zero is in the middle of 240; lengths are proportional to the values.
    const scale = Number(width) / (2 * margin);
    expect(Number(left)).toBeCloseTo(120 - margin * scale, 0);
    expect(Number(from)).toBeCloseTo(120 + low * scale, 0);
    expect(Number(to)).toBeCloseTo(120 + high * scale, 0);
  });

  it('links nothing but pages below it', () => {
    const [first] = view.findings;
    for (const href of ['javascript:alert(1)', '../x.html', '/x.html', 'https://host.example/']) {
      const other = renderFindingsIndex({ ...view, findings: [{ ...first!, href }] });
      expect(other.match(/<article[\s\S]*<\/article>/)?.[0]).not.toContain('<a ');
    }
  });

  it('is stamped when it holds smoke runs', () => {
    expect(textOf(renderFindingsIndex({ ...view, smoke: true }))).toContain('SMOKE RUN');
    expect(text).not.toMatch(/smoke/i);
  });
});

it('names report.json as the place of the whole text only where there is one', () => {
  const index = buildFindingsIndex();
  const landing = renderFindingsIndex({ ...index, title: 'long '.repeat(1000) });
  expect(textOf(landing)).toMatch(/… \([\d,]+ more characters\)/);
  expect(landing).not.toContain('the full text is in');
  const finding = renderFindingReport({ ...everything, suite: { ...everything.suite, title: 'long '.repeat(1000) } });
  expect(textOf(finding)).toMatch(/… \([\d,]+ more characters; the full text is in report\.json\)/);
});

describe('hostile text in every field', () => {
  it.each([
    ['a finding', () => renderFindingReport(withHostileTexts(everything))],
    ['a benchmark', () => renderFindingReport(withHostileTexts(buildBenchmarkView()))],
    ['two factors', () => renderFindingReport(withHostileTexts(buildTwoFactorView()))],
    ['the landing page', () => renderFindingsIndex(withHostileTexts(buildFindingsIndex()))],
  ])('adds no element, attribute or address to %s', (_, render) => {
    const html = render();
    expect(html.length).toBeLessThan(3_000_000);
    const markup = html.slice(html.indexOf('</style>'));
    expect(markup).not.toMatch(/<script|<iframe|<object/i);
    for (const tag of markup.match(/<[a-z][^>]*>/gi) ?? []) {
      expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/ on\w+=| style=/i);
    }
    for (const [, address = ''] of markup.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      expect(address).toMatch(/^(?:#[\w-]+|report\.json|data:image\/png;base64,[A-Za-z0-9+/&#;x]+)$/);
    }
  });
});
