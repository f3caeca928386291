/** Minimums from the command line, without a baseline and beside one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../e2e/command.js';
import { newFolder, writeIn } from '../systems/system-files.js';
import { parseXml, schemaComplaints } from './xml.js';

const folder = newFolder();
const gate = (...args: readonly string[]) => runCommand(['gate', ...args], folder);

/** Scores of 40 images: the mean of A is `mean` exactly, that of B is 1 − mean, that of `loss` is 0.5. */
function scores(mean: number, below = 0) {
  const images = Array.from({ length: 40 }, (_, id) => {
    const spread = (id % 2 === 0 ? 1 : -1) * 0.125;
    const lost = id < below ? 0.125 : 0;
    return { id, scores: { A: mean + spread - lost, B: 1 - mean, loss: 0.5 } };
  });
  const metrics = { A: { signature: 'a' }, B: { signature: 'b' }, loss: { signature: 'l', higherIsBetter: false } };
  return { format: 'vlm-bench scores 1', label: 'made', metrics, images };
}

beforeAll(async () => {
  writeIn(folder, 'half.json', scores(0.5));
  writeIn(folder, 'worse.json', scores(0.5, 40));
  const accept = ['accept', '--candidate', 'half.json', '--baseline', 'base.json', '--reason', 'x'];
  expect((await gate(...accept, '--accepted-by', 'Ann', '--margin', '0.05')).exitCode).toBe(0);
});

describe('what only the gate itself understands', () => {
  test.each([
    [
      ['accept', '--candidate', 'half.json', '--baseline', 'other.json', '--reason', 'x', '--minimum', '0.9'],
      '--minimum',
    ],
    [
      ['accept', '--junit', 'x.xml', '--candidate', 'half.json', '--baseline', 'other.json', '--reason', 'x'],
      '--junit',
    ],
    [['calibrate', 'half.json', 'worse.json', '--markdown', 'x.md'], '--markdown'],
    [['--html', 'x.html', 'calibrate', 'half.json', 'worse.json'], '--html'],
  ])('is refused behind a subcommand, not ignored: %j', async (args, option) => {
    const { stderr, exitCode } = await gate(...args);
    expect(stderr).toContain(
      `error: gate ${args.find((word) => !word.includes('x') && !word.startsWith('--'))} has no option ${option}`,
    );
    expect(exitCode).toBe(2);
    expect(existsSync(join(folder, 'other.json'))).toBe(false);
  });
});

describe('without a baseline', () => {
  test.each([
    [['0.5'], 0],
    [['0.5000001'], 3],
    [['-1'], 0],
    [['A=0.5', 'B=0.5'], 0],
    [['0.4', 'B=0.6'], 3],
    [['B=0.5'], 0],
  ])('%j against 0.5 ends in %i', async (minimums, code) => {
    const options = minimums.flatMap((minimum) => ['--minimum', minimum]);
    expect(await gate('--candidate', 'half.json', ...options)).toMatchObject({ exitCode: code, stderr: '' });
  });

  test('a bare number is of the metric that is named', async () => {
    const { stdout, exitCode } = await gate('--candidate', 'half.json', '--metric', 'B', '--minimum', '0.6', '--json');
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      verdict: 'below-minimum',
      sentence: 'B 0.5000 (40 images) is below the minimum of 0.6.',
      metric: 'B',
      candidate: { label: 'made', paths: ['half.json'], records: 1 },
      minimums: [{ metric: 'B', minimum: 0.6, score: 0.5, images: 40, signature: 'b', reached: false }],
    });
  });

  test('a score that only rounds to the minimum is not written as it', async () => {
    const { stdout } = await gate('--candidate', 'half.json', '--minimum', '0.50000001');
    expect(stdout).toContain('A 0.5 (40 images) is below the minimum of 0.5');
    expect(stdout).toMatch(/^gate: BELOW-MINIMUM$/m);
  });

  test('every output tells it', async () => {
    const { exitCode, stdout } = await gate(
      ...['--candidate', 'half.json', '--minimum', '0.75', '--github'],
      ...['--junit', 'out/junit.xml', '--markdown', 'out/comment.md', '--html', 'out/gate.html'],
      ...['--gitlab', 'out/quality.json', '--gitlab-metrics', 'out/metrics.txt'],
    );
    expect(exitCode).toBe(3);
    const sentence = 'A 0.5000 (40 images) is below the minimum of 0.75.';
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      `::error title=vlm-bench gate%3A below-minimum::${sentence}`,
      'gate: BELOW-MINIMUM',
      sentence,
    ]);
    const out = (name: string) => readFileSync(join(folder, 'out', name), 'utf8');
    const junit = parseXml(out('junit.xml'));
    expect(schemaComplaints(junit)).toEqual([]);
    expect(junit.children[0]!.attributes).toMatchObject({ tests: '1', failures: '1', errors: '0' });
    expect(out('junit.xml')).toContain('type="below-minimum"');
    expect(out('comment.md')).toMatch(/^<!-- vlm-bench gate minimum_A -->\n### vlm-bench gate: below-minimum\n/);
    expect(out('comment.md')).toContain('<td>0.75</td><td>0.5000</td><td><strong>missed</strong></td>');
    expect(out('gate.html')).toMatch(/<\/span> below-minimum<\/h2>/);
    expect(out('gate.html')).toContain('<td>0.75</td><td>0.5000</td><td>missed</td>');
    expect(out('gate.html')).not.toContain('Most regressed images');
    expect(JSON.parse(out('quality.json'))).toMatchObject([
      { severity: 'critical', location: { path: 'half.json' }, description: `below-minimum: ${sentence}` },
    ]);
    expect(out('metrics.txt')).toContain('vlm_bench_minimum{metric="A"} 0.75\n');
  });

  test('an error is told in every output too', async () => {
    const { exitCode } = await gate(
      '--candidate',
      'none.json',
      '--minimum',
      '1',
      '--junit',
      'e.xml',
      '--gitlab',
      'e.json',
    );
    expect(exitCode).toBe(1);
    expect(parseXml(readFileSync(join(folder, 'e.xml'), 'utf8')).children[0]!.attributes.errors).toBe('1');
    expect(JSON.parse(readFileSync(join(folder, 'e.json'), 'utf8'))[0].location.path).toBe('none.json');
  });
});

describe('beside a baseline', () => {
  const both = (candidate: string, ...more: readonly string[]) =>
    gate('--candidate', candidate, '--baseline', './base.json', '--json', ...more);

  test('a pass of the comparison does not hide a missed minimum, and the other way round', async () => {
    const missed = await both('half.json', '--minimum', '0.75');
    expect(missed.exitCode).toBe(3);
    expect(JSON.parse(missed.stdout)).toMatchObject({
      verdict: 'below-minimum',
      comparison: { verdict: 'pass' },
      baseline: { file: 'base.json' },
      minimums: [{ reached: false }],
    });
    const regressed = await both('worse.json', '--minimum', '0.25');
    expect(regressed.exitCode).toBe(3);
    expect(JSON.parse(regressed.stdout)).toMatchObject({
      verdict: 'regression',
      minimums: [{ reached: true, score: 0.375 }],
    });
    expect((await both('half.json', '--minimum', '0.5', '--minimum', 'B=0.25')).exitCode).toBe(0);
    expect((await both('half.json', '--minimum', 'B=0.75')).exitCode).toBe(3);
  });
});

describe('what is no minimum', () => {
  test.each([
    [['--minimum', 'x'], 2, 'It must be a number, or METRIC=X with a number X.'],
    [['--minimum', 'A='], 2, 'It must be a number, or METRIC=X with a number X.'],
    [['--minimum', 'Infinity'], 2, 'It must be a number'],
    [['--minimum', '1', '--minimum', 'A=2'], 2, 'A has two minimums'],
    [['--minimum', 'loss=1'], 2, 'of loss less is better'],
    [['--minimum', 'C=1'], 1, 'there are no scores of C for every image'],
    [['--minimum', '1', '--margin', '1'], 2, 'a margin is a loss against a baseline'],
    [['--minimum', '1', '--metric', 'A', '--metric', 'B'], 2, 'nothing that further metrics could inform about'],
    [[], 2, "required option '--baseline' (or --minimum X) not specified"],
  ])('%j is refused', async (options, code, message) => {
    const { exitCode, stdout, stderr } = await gate('--candidate', 'half.json', ...options);
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(message);
  });
});
