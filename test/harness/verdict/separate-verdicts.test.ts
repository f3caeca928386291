/** A suite whose claims are judged one by one has a verdict for each and none of them together, wherever verdicts are shown. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkRequirements, parseRequirement, unmetRequirements } from '../../../harness/commands/requirements.js';
import { publishSite } from '../../../harness/publish/publish-site.js';
import { buildFindingsIndexView } from '../../../harness/report/findings-index.js';
import { type WrittenReport, writeReport } from '../../../harness/report/write-report.js';
import type { Suite } from '../../../harness/suite/schema.js';
import { decideFinding, lookOutcome, quotedVerdicts } from '../../../harness/verdict/decide-finding.js';
import { renderFindingsIndex } from '../../../reports/index.js';
import { temporaryFolder } from '../fake/fake-runs.js';
import { fabricate, type Scores, suiteOf } from '../report/fabricated-records.js';
import { length, level, paired } from '../report/made-up-suites.js';

const factors: Suite['factors'] = {
  words: {
    label: 'words',
    levels: {
      none: level('no words', length('adapt', 4)),
      some: level('some words', length('adapt', 5)),
      many: level('many words', length('adapt', 6)),
    },
  },
};
const hypotheses = [
  paired('some-help', { treatment: 'some', control: 'none', margin: 0.1 }),
  paired('many-help', { treatment: 'many', control: 'none', margin: 0.1 }),
];
/** Some words help by .2, many do nothing; both are clear. */
const scores = (arm: string, seed: number): Scores => {
  const away = [0.004, -0.004, 0.002, -0.002, 0.001, -0.001][seed - 1]!;
  return { accuracy: 0.5 + (arm === 'some' ? 0.2 : 0) + (arm === 'none' ? 0 : away) };
};

const recorded = (combine: Partial<Suite>, store = temporaryFolder()) =>
  fabricate(store, suiteOf({ id: 'words', factors, hypotheses, scope: 'Tested on drawings.', ...combine }), { scores });

describe('claims with verdicts of their own', () => {
  const { folder, store } = recorded({ combine: 'separate' });
  const finding = decideFinding(folder);
  let report: WrittenReport;
  beforeAll(async () => {
    report = await writeReport(finding);
  });

  test('have no verdict together', () => {
    expect(finding.decision).toBeUndefined();
    expect(finding.claims.map(({ decision }) => decision.verdict)).toEqual(['reproduced', 'ruled-out']);
    // They stay corrected for being two.
    expect(finding.claims.map(({ decision }) => decision.holm?.claims)).toEqual([2, 2]);
    expect(lookOutcome(finding)).toEqual({
      open: false,
      claims: { 'some-help': 'reproduced', 'many-help': 'ruled-out' },
    });
  });

  test('are quoted one by one, each with what was tested', () => {
    expect(quotedVerdicts(finding)).toEqual([
      expect.stringMatching(/^some-help: Reproduced: .* Tested on drawings\.$/),
      expect.stringMatching(/^many-help: Ruled out: .* Tested on drawings\.$/),
    ]);
  });

  test('stand on the page and in its JSON without a word for both', () => {
    const json = JSON.parse(report.json);
    expect(json).not.toHaveProperty('verdict');
    expect(json.claims.map(({ verdict }: { verdict: { verdict: string } }) => verdict.verdict)).toEqual([
      'reproduced',
      'ruled-out',
    ]);
    const html = readFileSync(report.page, 'utf8');
    expect(html).toContain('A verdict on each claim');
    expect(html).not.toMatch(/of 2 claims|all 2 claims|A benchmark/);
    expect(html.match(/<title>([^<]*)/)![1]).not.toMatch(/reproduced|ruled-out|contradicted|inconclusive/);
    const index = buildFindingsIndexView(store, [report]);
    expect(index.findings[0]).not.toHaveProperty('verdict');
    expect(index.findings[0]!.claims!.map(({ verdict }) => verdict.verdict)).toEqual(['reproduced', 'ruled-out']);
    const landing = renderFindingsIndex(index);
    expect(landing).not.toContain('no hypothesis');
    expect(landing.match(/class="chip (reproduced|ruled-out)"/g)!.length).toBeGreaterThanOrEqual(4);
  });

  test('stand on a site likewise', async () => {
    const out = temporaryFolder();
    await publishSite([store], { out });
    const [suite] = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8')).suites;
    expect(suite).toMatchObject({ verdict: null, sentence: null });
    expect(suite.claims.map(({ id, verdict }: Record<string, string>) => [id, verdict])).toEqual([
      ['some-help', 'reproduced'],
      ['many-help', 'ruled-out'],
    ]);
    const badge = readFileSync(join(out, suite.badge), 'utf8');
    expect(badge).toContain('1 reproduced, 1 ruled-out');
    expect(existsSync(join(out, suite.page))).toBe(true);
    const page = readFileSync(join(out, suite.page), 'utf8');
    expect(page).toMatch(/Reproduced.*some-help holds/s);
    const feed = readFileSync(join(out, 'feed.xml'), 'utf8');
    expect(feed).toContain('some-help: Reproduced: ');
    expect(feed).not.toMatch(/<title>(reproduced|ruled-out|contradicted|inconclusive):/);
  });
});

describe('what --require asks for', () => {
  const separate = decideFinding(recorded({ combine: 'separate' }).folder);
  const together = decideFinding(recorded({}).folder);
  const unmet = (finding: typeof together, ...texts: readonly string[]) =>
    unmetRequirements(texts.map(parseRequirement), finding);

  test('is the word of the finding, or of one claim', () => {
    expect(together.decision!.verdict).toBe('ruled-out');
    expect(unmet(together, 'ruled-out', 'some-help=reproduced', 'many-help=ruled-out')).toEqual([]);
    expect(unmet(together, 'reproduced')).toEqual(['the verdict is ruled-out, and --require asks for reproduced']);
    expect(unmet(together, 'some-help=contradicted')).toEqual([
      'the verdict on some-help is reproduced, and --require asks for contradicted',
    ]);
  });

  test('is that of every claim where there is none of all together', () => {
    expect(unmet(separate, 'reproduced')).toEqual([
      'the verdict on many-help is ruled-out, and --require asks for reproduced',
    ]);
    expect(unmet(separate, 'some-help=reproduced', 'many-help=ruled-out')).toEqual([]);
  });

  test('is never met by a benchmark', () => {
    expect(unmet({ ...together, claims: [], ...{ decision: undefined } } as never, 'inconclusive')).toEqual([
      'the verdict is none, and --require asks for inconclusive',
    ]);
  });

  test.each(['maybe', 'some-help=', '=reproduced', 'some-help=maybe', 'Reproduced'])('cannot be %s', (text) => {
    expect(() => parseRequirement(text)).toThrow('It must be one of reproduced, ruled-out, contradicted, inconclusive');
  });

  test('must name a claim of the suites, before anything is trained', () => {
    const suite = suiteOf({ id: 'words', factors, hypotheses });
    expect(() => checkRequirements([parseRequirement('some-help=reproduced')], [suite])).not.toThrow();
    expect(() => checkRequirements([parseRequirement('sum-help=reproduced')], [suite])).toThrow(
      /there is no claim sum-help\n {2}where: {4}--require sum-help=reproduced\n {2}expected: one of some-help, many-help/,
    );
  });
});
