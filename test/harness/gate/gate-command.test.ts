/** The gate from the command line: exit codes, outputs, and every error on its way. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { GateResult } from '../../../harness/gate/gate-result.js';
import { runCommand } from '../../e2e/command.js';
import { captionFiles, newFolder, writeIn } from '../systems/system-files.js';
import { parseXml, schemaComplaints } from './xml.js';

const folder = newFolder();
const files = captionFiles(folder, 300);
const scored = ['--references', 'references.json'];

/** Predictions that differ from the accepted ones: `worse` of the right ones are lost, `better` of the wrong ones found. */
function changed(name: string, { worse = 0, better = 0 }): string {
  let [lost, found] = [0, 0];
  const predictions = files.images.map(({ imageId, references, candidate }) => {
    const isRight = candidate === references[0];
    if (isRight && lost < worse) {
      lost++;
      return { image_id: imageId, caption: 'zebra' };
    }
    if (!isRight && found < better) {
      found++;
      return { image_id: imageId, caption: references[0]! };
    }
    return { image_id: imageId, caption: candidate };
  });
  writeIn(folder, name, predictions);
  return name;
}

const gate = (...args: readonly string[]) => runCommand(['gate', ...args], folder);

beforeAll(async () => {
  const accept = ['accept', '--candidate', 'predictions-1.json', ...scored, '--baseline', 'base.json'];
  const { exitCode, stdout, stderr } = await gate(
    ...accept,
    '--reason',
    'the first',
    '--accepted-by',
    'Ann',
    '--accepted-at',
    '2026-01-02',
    '--margin',
    '0.05',
  );
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('accepted   predictions-1: CIDEr-D');
});

describe('exit codes', () => {
  test('0: the accepted candidate itself passes with a difference of 0', async () => {
    const { exitCode, stdout, stderr } = await gate(
      '--candidate',
      'predictions-1.json',
      ...scored,
      '--baseline',
      'base.json',
      '--json',
      ...['CIDEr-D', 'BLEU-1', 'BLEU-4', 'ROUGE-L'].flatMap((name) => ['--metric', name]),
    );
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    const result = JSON.parse(stdout) as GateResult;
    expect(result).toMatchObject({
      schemaVersion: 1,
      verdict: 'pass',
      metric: 'CIDEr-D',
      margin: { value: 0.05 },
      regressed: [],
    });
    expect(result.baseline.accepted).toMatchObject({ by: 'Ann', at: '2026-01-02T00:00:00.000Z', reason: 'the first' });
    for (const { difference, low, high, gates, name } of result.metrics) {
      expect([difference, low, high]).toEqual([0, 0, 0]);
      expect(gates).toBe(name === 'CIDEr-D');
    }
    expect(result.images).toEqual({ total: 300, lost: 0, won: 0, tied: 300 });
  });

  test('0: a better candidate passes', async () => {
    const better = changed('better.json', { better: 60 });
    const { exitCode, stdout } = await gate(
      '--candidate',
      better,
      ...scored,
      '--baseline',
      'base.json',
      '--metric',
      'CIDEr-D',
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^gate: PASS\nCIDEr-D \+\d\.\d{4} \(95 % interval \+/);
    expect(stdout).not.toContain('\u001b');
  });

  test('3: a regression, told in every output', async () => {
    const worse = changed('worse.json', { worse: 60 });
    const outputs = ['--junit', 'out/junit.xml', '--markdown', 'out/comment.md', '--html', 'out/gate.html'];
    const gitlab = ['--gitlab', 'out/quality.json', '--gitlab-metrics', 'out/metrics.txt'];
    const summary = writeIn(folder, 'summary.md', 'before\n');
    process.env.GITHUB_STEP_SUMMARY = summary;
    const { exitCode, stdout } = await gate(
      '--candidate',
      worse,
      ...scored,
      '--baseline',
      'base.json',
      '--metric',
      'CIDEr-D',
      '--metric',
      'BLEU-4',
      ...outputs,
      ...gitlab,
      '--github',
    );
    delete process.env.GITHUB_STEP_SUMMARY;
    expect(exitCode).toBe(3);
    const [annotation, verdict] = stdout.split('\n');
    expect(annotation).toMatch(/^::error file=base\.json,line=1,title=vlm-bench gate%3A regression::CIDEr-D −/);
    expect(verdict).toBe('gate: REGRESSION');
    const out = (name: string) => readFileSync(join(folder, 'out', name), 'utf8');
    const junit = parseXml(out('junit.xml'));
    expect(schemaComplaints(junit)).toEqual([]);
    expect(junit.children[0]!.attributes).toMatchObject({ tests: '2', failures: '1' });
    expect(out('comment.md').split('\n').slice(0, 2)).toEqual([
      '<!-- vlm-bench gate base.json -->',
      '### vlm-bench gate: regression',
    ]);
    expect(out('comment.md').match(/<code>zebra<\/code>/g)).toHaveLength(10);
    expect(out('gate.html')).toContain('zebra');
    expect(JSON.parse(out('quality.json'))).toHaveLength(11);
    expect(out('metrics.txt')).toContain('vlm_bench_score{metric="BLEU-4",side="candidate"}');
    expect(readFileSync(summary, 'utf8')).toBe(`before\n${out('comment.md')}`);
  });

  test('4: neither', async () => {
    const mixed = changed('mixed.json', { worse: 14, better: 8 });
    const { exitCode, stdout } = await gate(
      '--candidate',
      mixed,
      ...scored,
      '--baseline',
      'base.json',
      '--margin',
      '0.02',
    );
    expect(stdout).toMatch(/^gate: INCONCLUSIVE/);
    expect(exitCode).toBe(4);
  });

  test('2: wrong usage', async () => {
    expect((await gate('--baseline', 'base.json')).exitCode).toBe(2);
    expect((await gate('accept', '--candidate', 'predictions-1.json', '--baseline', 'x.json')).exitCode).toBe(2);
    for (const wrong of [
      ['--margin', '-1'],
      ['--margin', 'x'],
      ['--resamples', '10'],
      ['--dataset', 'coco'],
      ['--unknown'],
    ]) {
      const { exitCode, stderr } = await gate('--candidate', 'predictions-1.json', '--baseline', 'base.json', ...wrong);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^error: /);
    }
    const blank = ['accept', '--candidate', 'predictions-1.json', ...scored, '--baseline', 'x.json', '--reason', ' '];
    expect((await gate(...blank)).exitCode).toBe(2);
    expect(existsSync(join(folder, 'x.json'))).toBe(false);
  });
});

describe('exit code 1, never a pass', () => {
  const first = files.images.map(({ imageId, candidate }) => ({ image_id: imageId, caption: candidate }));

  async function refused(candidate: readonly string[], ...more: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await gate(
      '--candidate',
      ...candidate,
      '--baseline',
      'base.json',
      '--junit',
      'error.xml',
      '--gitlab',
      'error.json',
      '--markdown',
      'error.md',
      '--json',
      '--github',
      ...more,
    );
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    const junit = parseXml(readFileSync(join(folder, 'error.xml'), 'utf8'));
    expect(schemaComplaints(junit)).toEqual([]);
    expect(junit.children[0]!.attributes).toMatchObject({ errors: '1', failures: '0' });
    expect(JSON.parse(readFileSync(join(folder, 'error.json'), 'utf8'))[0].severity).toBe('blocker');
    expect(existsSync(join(folder, 'error.md'))).toBe(false);
    expect(stderr).toMatch(/^::error title=vlm-bench gate%3A error::/);
    expect(stderr).toMatch(/\n {2}fix: {6}\S/);
    return stderr;
  }

  test('missing, surplus, repeated and no predictions', async () => {
    writeIn(folder, 'missing.json', first.slice(2));
    expect(await refused(['missing.json'], ...scored)).toContain(
      '2 images of the references have no prediction: 1000, 999',
    );
    writeIn(folder, 'surplus.json', [...first, { image_id: 5000, caption: 'x' }]);
    expect(await refused(['surplus.json'], ...scored)).toContain(
      '1 prediction is for images that the references lack: 5000',
    );
    writeIn(folder, 'twice.json', [...first, first[0]]);
    expect(await refused(['twice.json'], ...scored)).toContain('image 1000 is predicted twice');
    writeIn(folder, 'empty.json', []);
    expect(await refused(['empty.json'], ...scored)).toContain('the file holds no prediction');
    expect(await refused(['predictions-1.json'])).toContain('cannot be scored without references');
    expect(await refused(['nowhere.json'], ...scored)).toContain('there is no file or folder nowhere.json');
  });

  test('other references or fewer images', async () => {
    const document = JSON.parse(readFileSync(files.references, 'utf8'));
    const other = {
      ...document,
      annotations: document.annotations.map((one: object, index: number) =>
        index === 7 ? { ...one, caption: 'another' } : one,
      ),
    };
    writeIn(folder, 'other-references.json', other);
    const message = await refused(['predictions-1.json'], '--references', 'other-references.json');
    expect(message).toMatch(
      /the scores were computed differently: idf:corpus-300@\w+ instead of idf:corpus-300@\w+, references:900@\w+ instead of references:900@\w+/,
    );
    const fewer = { images: document.images.slice(1), annotations: document.annotations.slice(3) };
    writeIn(folder, 'fewer.json', fewer);
    writeIn(folder, 'fewer-predictions.json', first.slice(1));
    expect(await refused(['fewer-predictions.json'], '--references', 'fewer.json')).toContain('lacks 1 image (1000)');
  });

  test('another signature, another metric, a margin that is not there', async () => {
    const text = readFileSync(join(folder, 'base.json'), 'utf8');
    const { images, metrics } = JSON.parse(text);
    const scores = { format: 'vlm-bench scores 1', label: 'x', metrics, images };
    writeIn(folder, 'scores.json', scores);
    expect((await gate('--candidate', 'scores.json', '--baseline', 'base.json')).exitCode).toBe(0);
    const cider = { ...metrics['CIDEr-D'], signature: metrics['CIDEr-D'].signature.replace('sigma:6', 'sigma:5') };
    writeIn(folder, 'signed.json', { ...scores, metrics: { 'CIDEr-D': cider } });
    expect(await refused(['signed.json'])).toContain('sigma:5 instead of sigma:6');
    writeIn(folder, 'rouge.json', { ...scores, metrics: { 'ROUGE-L': metrics['ROUGE-L'] } });
    expect(await refused(['rouge.json'])).toContain('there are no scores of CIDEr-D for every image');
    expect(await refused(['scores.json'], '--metric', 'SPICE')).toContain('there are no scores of SPICE');
    expect(await refused(['scores.json'], '--metric', 'ROUGE-L')).toContain(
      'the baseline has a margin for CIDEr-D, not for ROUGE-L',
    );
    const nothing = {
      ...scores,
      images: images.map((image: { scores: object }, index: number) =>
        index === 3 ? { ...image, scores: { ...image.scores, 'CIDEr-D': [null] } } : image,
      ),
    };
    writeIn(folder, 'nothing.json', nothing);
    expect(await refused(['nothing.json'])).toContain('the score is null');
  });

  test('a baseline that was edited or is none', async () => {
    const text = readFileSync(join(folder, 'base.json'), 'utf8');
    writeFileSync(join(folder, 'edited.json'), text.replace('"value":0.05', '"value":5'));
    const { exitCode, stderr } = await gate(
      '--candidate',
      'predictions-1.json',
      ...scored,
      '--baseline',
      'edited.json',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('its content does not match its checksum');
    expect((await gate('--candidate', 'predictions-1.json', ...scored, '--baseline', 'nowhere.json')).exitCode).toBe(1);
    expect(
      (await gate('--candidate', 'predictions-1.json', ...scored, '--baseline', 'predictions-1.json')).exitCode,
    ).toBe(1);
  });
});

describe('gate accept', () => {
  test('keeps who accepted what and why, and the margin', async () => {
    const better = changed('renewed.json', { better: 40 });
    const accept = ['accept', ...scored, '--baseline', 'kept.json', '--accepted-by', 'Ann', '--json'];
    await gate(...accept, '--candidate', 'predictions-1.json', '--reason', 'first', '--margin', '0.07');
    const { stdout, exitCode } = await gate(
      ...accept,
      '--candidate',
      better,
      '--reason',
      'found more',
      '--label',
      'model 2',
    );
    expect(exitCode).toBe(0);
    const { accepted, margin } = JSON.parse(stdout);
    expect(accepted.map(({ reason, candidate }: { reason: string; candidate: string }) => [candidate, reason])).toEqual(
      [
        ['predictions-1', 'first'],
        ['model 2', 'found more'],
      ],
    );
    expect(margin).toEqual({ value: 0.07, origin: 'given with --margin' });
    expect((await gate('--candidate', better, ...scored, '--baseline', 'kept.json')).exitCode).toBe(0);
  });

  test('chooses 2 % of the score where nobody chose a margin, and writes nothing when it fails', async () => {
    const accept = ['accept', ...scored, '--baseline', 'new.json', '--accepted-by', 'Ann', '--json', '--reason', 'x'];
    const failed = await gate(...accept, '--candidate', 'predictions-1.json', '--metric', 'SPICE');
    expect(failed.exitCode).toBe(1);
    expect(existsSync(join(folder, 'new.json'))).toBe(false);
    const { stdout } = await gate(...accept, '--candidate', 'predictions-1.json', '--metric', 'ROUGE-L');
    const { accepted, margin, metric } = JSON.parse(stdout);
    expect(metric).toBe('ROUGE-L');
    expect(margin.value).toBe(Number((0.02 * accepted[0].score).toPrecision(2)));
  });
});

describe('gate calibrate', () => {
  const calibrate = (...args: readonly string[]) => gate('calibrate', ...args, ...scored);

  test('proposes a margin with its false-alarm rate', async () => {
    const other = changed('retrained.json', { worse: 3, better: 4 });
    const { exitCode, stdout, stderr } = await calibrate('first=predictions-1.json', other, '--json');
    expect([exitCode, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ metric: 'CIDEr-D', pairs: 1, falseAlarmLimit: 0.025, confidence: 0.9 });
    expect(result.systems.map(({ label }: { label: string }) => label)).toEqual(['first', 'retrained']);
    const [one, two] = result.systems.map(({ score }: { score: number }) => score);
    expect(result.margin).toBeGreaterThan(1.96 * Math.abs(one - two));
    expect((await calibrate('predictions-1.json', other)).stdout).toMatch(
      /\nmargin {2}[\d.]+\nFrom 1 A\/A difference: /,
    );
  });

  test('refuses one system, and systems that do not differ', async () => {
    expect((await calibrate('predictions-1.json')).exitCode).toBe(2);
    expect((await calibrate()).exitCode).toBe(2);
    const equal = await calibrate('a=predictions-1.json', 'b=predictions-1.json');
    expect([equal.exitCode, equal.stdout]).toEqual([1, '']);
    expect(equal.stderr).toContain('do not differ at all');
  });
});
