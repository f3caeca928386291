/** What the gate writes for CI systems, held against their schemas and limits. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateDocument, GateMinimum } from '../../../harness/gate/gate-result.js';
import { githubAnnotation, githubErrorAnnotation } from '../../../harness/gate/github.js';
import { codeQualityOfError, codeQualityOfResult, openMetricsOfResult } from '../../../harness/gate/gitlab.js';
import { junitOfError, junitOfResult } from '../../../harness/gate/junit.js';
import { markdownOfResult } from '../../../harness/gate/markdown.js';
import { violations } from '../suite/json-schema-checker.js';
import { anyText, resultWith } from './results.js';
import { parseXml, schemaComplaints } from './xml.js';
import { schemaViolations } from './xsd.js';

const schemaFile = fileURLToPath(new URL('../../fixtures/junit/JUnit.xsd', import.meta.url));
const schema = parseXml(readFileSync(schemaFile, 'utf8').replaceAll('\r\n', '\n'));
const context = { timestamp: new Date('2026-01-02T03:04:05.678Z'), seconds: 1.25 };

const floor = (metric: string, reached: boolean): GateMinimum => ({
  metric,
  minimum: 2,
  score: reached ? 2.5 : 1.5,
  images: 200,
  signature: `${metric}|version:1`,
  reached,
});

/** Every kind of result, with a text in all its places. */
function documentsWith(text: string): readonly GateDocument[] {
  const minimums = [floor(`SPICE${text}`, false), floor('ROUGE-L', true)];
  const { candidate } = resultWith(text);
  const alone = { schemaVersion: 1, sentence: text, metric: 'SPICE', candidate, minimums } as const;
  return [
    resultWith(text, 'pass'),
    resultWith(text, 'regression'),
    resultWith(text, 'inconclusive'),
    { ...resultWith(text, 'pass'), verdict: 'below-minimum', minimums },
    { ...resultWith(text, 'regression'), minimums },
    { ...alone, verdict: 'below-minimum' },
    { ...alone, verdict: 'pass', minimums: minimums.slice(1) },
  ];
}

function junitWith(text: string): readonly string[] {
  return [
    ...documentsWith(text).map((document) => junitOfResult(document, context)),
    junitOfError({ summary: text, text }, context),
  ];
}

describe('JUnit XML', () => {
  test('fits the schema of Apache Ant, whatever texts are in it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const document of junitWith(text)) {
          const root = parseXml(document);
          expect(schemaViolations(schema, root)).toEqual([]);
          expect(schemaComplaints(root)).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('is held against the schema by a validator that complains', () => {
    const [good = ''] = junitWith('x');
    for (const [found, replacement] of [
      ['<testsuites>', '<testsuites name="x">'],
      [' id="0"', ''],
      ['<system-err/>', ''],
      ['tests="2"', 'tests="two"'],
      ['time="1.250"', 'time="1,250"'],
      ['T03:04:05', 'T03:04:05Z'],
      ['hostname="localhost"', 'hostname=" "'],
      ['<properties>', '<properties>text'],
      ['<system-out>', '<system-out/><system-out>'],
    ] as const) {
      expect(good).toContain(found);
      expect(schemaViolations(schema, parseXml(good.replace(found, replacement)))).not.toEqual([]);
    }
  });

  test.skipIf(spawnSync('xmllint', ['--version']).error !== undefined)('fits it for xmllint too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-junit-'));
    const files = junitWith('a < b ]]> &').map((document, index) => {
      const file = join(folder, `${index}.xml`);
      writeFileSync(file, document);
      return file;
    });
    execFileSync('xmllint', ['--noout', '--schema', schemaFile, ...files], { stdio: 'pipe' });
  });
});

describe('GitLab code quality', () => {
  // https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
  const issues = {
    type: 'array',
    items: {
      type: 'object',
      required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
      additionalProperties: false,
      properties: {
        description: { type: 'string', minLength: 1 },
        check_name: { type: 'string', minLength: 1 },
        fingerprint: { type: 'string', minLength: 1 },
        severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
        location: {
          type: 'object',
          required: ['path', 'lines'],
          additionalProperties: false,
          properties: {
            // From the root of the repository, without `./`.
            path: { type: 'string', pattern: '^(?!\\.?/)' },
            lines: {
              type: 'object',
              required: ['begin'],
              additionalProperties: false,
              properties: { begin: { type: 'integer', minimum: 1 } },
            },
          },
        },
      },
    },
  };

  test('fits its format, with a fingerprint for each issue', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const document of documentsWith(text)) {
          const report = JSON.parse(codeQualityOfResult(document, '', 'base.json')) as { fingerprint: string }[];
          expect(violations(issues, report)).toEqual([]);
          expect(new Set(report.map(({ fingerprint }) => fingerprint)).size).toBe(report.length);
        }
        expect(violations(issues, JSON.parse(codeQualityOfError(text, 'base.json')))).toEqual([]);
      }),
      { numRuns: 20 },
    );
    expect(violations(issues, [{ description: 'x' }])).not.toEqual([]);
  });
});

describe('the limits of the services', () => {
  const long = 'long '.repeat(100_000);

  test('hold comments: GitHub takes 65,536 characters, GitLab 1,000,000', () => {
    for (const document of documentsWith(long)) {
      const markdown = markdownOfResult(document);
      expect(markdown.length).toBeLessThanOrEqual(65_536);
      expect(markdown).toMatch(/… \([\d,]+ more characters\)/);
    }
    const many = resultWith('x');
    const metrics = Array.from({ length: 3000 }, (_, index) => ({ ...many.metrics[1]!, name: `metric ${index}` }));
    const minimums = Array.from({ length: 3000 }, (_, index) => floor(`metric ${index}`, index > 0));
    const markdown = markdownOfResult({ ...many, metrics, minimums });
    expect(markdown.length).toBeLessThanOrEqual(65_536);
    const omitted = [...markdown.matchAll(/(\d+) more rows are left out: too long for a comment/g)].map(([, n]) => n);
    const shown = markdown.match(/<tr><td><code>metric/g)!.length;
    expect(omitted).toHaveLength(2);
    expect(shown + omitted.reduce((sum, number) => sum + Number(number), 0)).toBe(6000);
  });

  test('hold annotations: one per gate, below the ten of a step, of less than 4 KB', () => {
    for (const document of documentsWith(long)) {
      const annotation = githubAnnotation(document);
      expect(annotation.split('\n')).toHaveLength(1);
      expect(Buffer.byteLength(annotation)).toBeLessThan(4096);
      expect(annotation).toMatch(/… \([\d,]+ more characters\)$/);
    }
    expect(githubErrorAnnotation(long)).toMatch(/… \(499,000 more characters\)$/);
    expect(githubErrorAnnotation('short')).toMatch(/::short$/);
  });
});

describe('a missed minimum', () => {
  const [alone, beside] = [documentsWith('x')[5]!, documentsWith('x')[3]!];

  test('is a failure of its own in JUnit, beside what the comparison came to', () => {
    for (const [document, cases] of [
      [alone, ['SPICEx (minimum): below-minimum', 'ROUGE-L (minimum): passed']],
      [
        beside,
        [
          'CIDEr-D: passed',
          'ROUGE-L (informs): passed',
          'SPICEx (minimum): below-minimum',
          'ROUGE-L (minimum): passed',
        ],
      ],
    ] as const) {
      const [suite] = parseXml(junitOfResult(document, context)).children;
      const told = suite!.children
        .filter(({ name }) => name === 'testcase')
        .map(({ attributes, children }) => `${attributes.name}: ${children[0]?.attributes.type ?? 'passed'}`);
      expect(told).toEqual(cases);
      expect(suite!.attributes.failures).toBe('1');
    }
  });

  test('is an error on GitHub, critical on GitLab, and a state of its own in OpenMetrics', () => {
    expect(githubAnnotation(alone)).toBe('::error title=vlm-bench gate%3A below-minimum::x');
    const report = JSON.parse(codeQualityOfResult(alone, '', 'preds.json'));
    expect(report).toHaveLength(1);
    expect(report[0]).toMatchObject({ severity: 'critical', location: { path: 'preds.json' } });
    expect(report[0].description).toContain('is below the minimum of 2');
    const lines = openMetricsOfResult(alone).split('\n');
    expect(lines).toContain('vlm_bench_minimum{metric="SPICEx"} 2');
    expect(lines).toContain('vlm_bench_gate{metric="SPICE",vlm_bench_gate="below-minimum"} 1');
  });
});
