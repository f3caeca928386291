/** Every output holds its format whatever captions, labels and names say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateResult } from '../../../harness/gate/gate-result.js';
import { githubAnnotation, githubErrorAnnotation } from '../../../harness/gate/github.js';
import { codeQualityOfError, codeQualityOfResult, openMetricsOfResult } from '../../../harness/gate/gitlab.js';
import { junitOfError, junitOfResult } from '../../../harness/gate/junit.js';
import { commentMarker, markdownOfResult } from '../../../harness/gate/markdown.js';
import { gatePageView } from '../../../harness/gate/page-view.js';
import { resultText } from '../../../harness/gate/print-result.js';
import { logJson } from '../../../harness/log-text.js';
import { renderGatePage } from '../../../reports/gate/gate-page.js';
import { anyText, hostileTexts, resultWith } from './results.js';
import { parseXml, schemaComplaints } from './xml.js';

const context = { timestamp: new Date('2026-01-02T03:04:05.678Z'), seconds: 1.25 };
const runs = { numRuns: 60, examples: hostileTexts.map((text): [string] => [text]) };

/** Checks `hold` for hostile and for arbitrary texts. */
function forAnyText(hold: (result: GateResult, text: string) => void): void {
  fc.assert(
    fc.property(anyText, (text) => {
      hold(resultWith(text), text);
    }),
    runs,
  );
}

describe('JUnit XML', () => {
  test.each([
    ['pass', 0],
    ['regression', 1],
    ['inconclusive', 1],
  ] as const)('of a %s fits the schema', (verdict, failures) => {
    const root = parseXml(junitOfResult(resultWith('x', verdict), context));
    expect(schemaComplaints(root)).toEqual([]);
    const [suite] = root.children;
    expect(suite!.attributes).toMatchObject({ tests: '2', failures: String(failures), errors: '0', time: '1.250' });
    const cases = suite!.children.filter(({ name }) => name === 'testcase');
    expect(cases.map(({ attributes }) => attributes.name)).toEqual(['CIDEr-D', 'ROUGE-L (informs)']);
    expect(cases.map(({ children }) => children.map(({ attributes }) => attributes.type))).toEqual([
      failures === 0 ? [] : [verdict],
      [],
    ]);
  });

  test('of an error is an error', () => {
    const root = parseXml(junitOfError({ summary: 'a < b', text: 'line\n]]>\u0000' }, context));
    expect(schemaComplaints(root)).toEqual([]);
    expect(root.children[0]!.attributes).toMatchObject({ tests: '1', failures: '0', errors: '1' });
    const [error] = root.children[0]!.children[1]!.children;
    expect([error!.name, error!.text]).toEqual(['error', 'line\n]]>\ufffd']);
  });

  test('holds any text', () => {
    forAnyText((result) => expect(schemaComplaints(parseXml(junitOfResult(result, context)))).toEqual([]));
  });

  test('is checked by a reader that complains', () => {
    const good = junitOfResult(resultWith('x'), context);
    for (const [found, replacement] of [
      ['<testsuites>', '<testsuites name="x">'],
      [' id="0"', ''],
      ['<system-err/>', ''],
      ['tests="2"', 'tests="two"'],
    ] as const) {
      expect(schemaComplaints(parseXml(good.replace(found, replacement)))).not.toEqual([]);
    }
    for (const bad of [good.replace('CIDEr', '\u0001'), good.replace('CIDEr', '&'), `${good}<x/>`]) {
      expect(() => parseXml(bad)).toThrow();
    }
  });
});

describe('GitHub annotations', () => {
  test('tell regression, inconclusive and pass apart', () => {
    const kinds = (['regression', 'inconclusive', 'pass'] as const).map(
      (verdict) => githubAnnotation(resultWith('x', verdict)).split(' ')[0],
    );
    expect(kinds).toEqual(['::error', '::warning', '::notice']);
    expect(githubAnnotation(resultWith('x'))).toBe(
      '::error file=baselines/captions.json,line=1,title=vlm-bench gate%3A regression::CIDEr-D −0.0500: x',
    );
  });

  test('are one command on one line, whatever the text', () => {
    forAnyText((result, text) => {
      for (const command of [githubAnnotation(result), githubErrorAnnotation(text)]) {
        expect(command).not.toMatch(/\p{Cc}/u);
        // The runner ends the properties at the first `::` after the command.
        const [, name, properties] = /^::([a-z]+) ([^:]*)::/.exec(command)!;
        expect(name).toBe('error');
        expect(properties).toMatch(
          /^(?:file=baselines\/captions\.json,line=1,)?title=vlm-bench gate%3A (?:regression|error)$/,
        );
      }
    });
  });
});

describe('the terminal', () => {
  /** What a runner of GitHub, Azure, TeamCity or GitLab would obey in a log. */
  function commandsIn(log: string): readonly string[] {
    return log.split(/\r?\n|\r/).filter((line) => /^\s*::|##\[|##vso\[|##teamcity\[|\p{Cc}/u.test(line));
  }

  test('shows an aligned table', () => {
    const lines = resultText(resultWith('x')).split('\n');
    expect(lines[0]).toBe('gate: REGRESSION');
    const header = lines.findIndex((line) => line.startsWith('metric '));
    const columns = ['metric', 'baseline', 'candidate', 'difference', '95 % interval', 'p'];
    const starts = columns.map((column) => lines[header]!.indexOf(column));
    for (const row of lines.slice(header + 1, header + 3)) {
      for (const start of starts.slice(1)) expect(row.slice(start - 2, start + 1)).toMatch(/^ {2}\S$/);
    }
    expect(resultText(resultWith('x'), { colour: true })).toContain('\u001b[1;31mREGRESSION\u001b[0m');
  });

  test('obeys no command in any text', () => {
    forAnyText((result) => {
      expect(commandsIn(resultText(result))).toEqual([]);
      const json = logJson(result);
      expect(commandsIn(json)).toEqual([]);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(result)));
    });
  });
});

describe('GitLab reports', () => {
  const baselineText = '{\n"format": "x",\n"images": [\n{"id":"0x","scores":{}},\n{"id":"1x","scores":{}}\n]\n}\n';

  test('name the gate and the line of each regressed image', () => {
    const issues = JSON.parse(codeQualityOfResult(resultWith('x'), baselineText));
    expect(issues).toHaveLength(11);
    expect(issues[0]).toMatchObject({
      severity: 'critical',
      location: { path: 'baselines/captions.json', lines: { begin: 1 } },
    });
    expect(issues[1].location.lines.begin).toBe(4);
    expect(issues[2].location.lines.begin).toBe(5);
    expect(issues[3].location.lines.begin).toBe(1);
    expect(new Set(issues.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size).toBe(11);
    expect(codeQualityOfResult(resultWith('x', 'pass'), baselineText)).toBe('[]\n');
    expect(JSON.parse(codeQualityOfResult(resultWith('x', 'inconclusive'), baselineText))[0].severity).toBe('major');
    expect(JSON.parse(codeQualityOfError('bad file', 'b.json'))[0].severity).toBe('blocker');
  });

  test('hold any text on one line', () => {
    forAnyText((result) => {
      for (const issue of JSON.parse(codeQualityOfResult(result, baselineText))) {
        expect(Object.keys(issue).sort()).toEqual(['check_name', 'description', 'fingerprint', 'location', 'severity']);
        expect(issue.description).not.toMatch(/[\n\r\u202e\u2066]/);
        expect(issue.description.length).toBeLessThan(1000);
      }
    });
  });

  test('give OpenMetrics', () => {
    forAnyText((result) => {
      const lines = openMetricsOfResult(result).split('\n');
      expect(lines.slice(-2)).toEqual(['# EOF', '']);
      const names = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]!);
      for (const line of lines.slice(0, -2)) {
        if (line.startsWith('#')) continue;
        const [, name, value] = /^(\w+)\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)+\} (\S+)$/.exec(line)!;
        expect(names).toContain(name);
        expect(Number.isFinite(Number(value))).toBe(true);
      }
      expect(lines).toContain('vlm_bench_gate{metric="CIDEr-D",vlm_bench_gate="regression"} 1');
    });
  });
});

describe('the Markdown comment', () => {
  test('starts with a marker that depends on the baseline alone', () => {
    const first = (result: GateResult) => markdownOfResult(result).split('\n')[0];
    expect(first(resultWith('x'))).toBe('<!-- vlm-bench gate baselines/captions.json -->');
    expect(first(resultWith(hostileTexts[0], 'pass'))).toBe(first(resultWith('y')));
    expect(commentMarker('a --> <b>-c.json')).toBe('<!-- vlm-bench gate a_-_b_-c.json -->');
  });

  test('shows references, before, after and the thumbnail of each image', () => {
    const markdown = markdownOfResult(resultWith('x'), {
      thumbnail: (imageId) => `https://example.com/${imageId}.png`,
    });
    expect(markdown.match(/<img src="https:\/\/example\.com\/\dx\.png" alt="image \dx" width="128">/g)).toHaveLength(
      10,
    );
    expect(markdown).toContain('1.500<br><code>x</code>');
    expect(markdown).toContain('0.250<br><code>x</code>');
    expect(markdown).toContain('<code>a cat</code>');
  });

  test('holds any text inside code, fits a comment, and opens nothing', () => {
    forAnyText((result) => {
      const markdown = markdownOfResult(result);
      expect(markdown.length).toBeLessThanOrEqual(65_536);
      expect(markdown.indexOf('<!--', 1)).toBe(-1);
      // Every tag is one of ours, and all are closed in order.
      const open: string[] = [];
      const body = markdown.split('\n').slice(1).join('\n');
      for (const [, closing, name] of body.matchAll(/<(\/?)([a-z]+)(?: open)?>/g)) {
        if (name === 'br' || name === 'hr') continue;
        if (closing === '') open.push(name!);
        else expect(open.pop()).toBe(name);
      }
      expect(open).toEqual([]);
      expect(
        body.replace(/<\/?(?:p|code|table|tr|th|td|strong|em|br|hr|details|details open|summary)>/g, ''),
      ).not.toMatch(/[<>]/);
      // Outside code stand only our own words.
      const outside = body.replace(/<code>[^<]*<\/code>/g, '');
      expect(outside).not.toMatch(/[@`[\]\\]|https?:|javascript/);
      for (const line of body.split('\n')) expect(line).toMatch(/^(?:<|### vlm-bench gate: |$)/);
    });
  });
});

describe('the page', () => {
  test('is the same for the same result and holds any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const result = resultWith(text);
        const pictures = new Map([[result.regressed[0]!.imageId, new Uint8Array([1, 2, 3])]]);
        const page = renderGatePage(gatePageView(result, pictures));
        expect(page).toBe(renderGatePage(gatePageView(result, pictures)));
        expect(page).not.toMatch(/<script|<iframe|<img(?! src="data:image\/png;base64,AQID")/i);
        expect(page.match(/<img /g)).toHaveLength(1);
      }),
      { ...runs, numRuns: 15 },
    );
  });
});
