/** `vlm-bench compare` from the command line: what it writes and prints, its exit codes, and that nothing is written when it fails. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readComparison } from '../../../harness/compare/read-comparison.js';
import { renderComparison } from '../../../reports/index.js';
import { recordSyntheticFinding, recordSyntheticImages } from '../../bench/synthetic-records.js';
import { lastLine, runCommand } from '../../e2e/command.js';
import { captionFiles, newFolder, writeIn } from '../systems/system-files.js';

const folder = newFolder();
const files = [1, 2, 3].map((seed) => captionFiles(folder, 40, seed));
const predictions = files.map((_, index) => `predictions-${index + 1}.json`);
const quick = ['--resamples', '200'];
const compare = (...args: readonly string[]) => runCommand(['compare', ...args, ...quick], folder);
const written = (...path: readonly string[]) => readFileSync(join(folder, ...path), 'utf8');

test('writes a page and the document that it can be rendered from again, the same bytes every time', async () => {
  const args = [...predictions, '--references', 'references.json', 'published:caption-cider/CogVLM'];
  const first = await compare(...args, '--out', 'once');
  expect(first.stderr).toBe(`${join('once', 'index.html')}\n`);
  expect(first.exitCode).toBe(0);
  expect(first.stdout).toMatch(/^CIDEr-D \(40 images, higher is better\)\n {2}predictions-\d/);
  expect(first.stdout).toContain('published rows are on the page only');
  const again = await compare(...args, '--out', 'twice', '--json');
  expect(again.exitCode).toBe(0);
  expect(lastLine(again)).toBe(join('twice', 'index.html'));
  for (const name of ['index.html', 'comparison.json']) expect(written('once', name)).toBe(written('twice', name));
  expect(again.stdout).toBe(written('once', 'comparison.json'));
  expect(renderComparison(readComparison(join(folder, 'once', 'comparison.json')))).toBe(written('once', 'index.html'));
});

test('the arms of a reproduction, seed by seed, with pictures from its store', async () => {
  const store = join(folder, 'results');
  const reproduction = recordSyntheticFinding(store, { seeds: [1, 2, 3], samples: { images: 8 } });
  await recordSyntheticImages(store, { images: 8 });
  const { exitCode, stderr, stdout } = await compare(reproduction, '--out', 'arms', '--json');
  expect(stderr).toBe(`${join('arms', 'index.html')}\n`);
  expect(exitCode).toBe(0);
  const view = JSON.parse(stdout);
  const arms: readonly { id: string; label: string }[] = JSON.parse(
    readFileSync(join(reproduction, 'reproduction.json'), 'utf8'),
  ).arms;
  // Called as on the page of the finding, and so are the measures.
  expect(view.systems.map(({ label }: { label: string }) => label)).toEqual(arms.map(({ label }) => label));
  expect(view.metrics[0]).toMatchObject({ name: 'CIDEr-D/ai-captions', label: 'CIDEr-D of detailed captions' });
  const page = written('arms', 'index.html');
  for (const raw of ['CIDEr-D/ai-captions', ...arms.map(({ id }) => `finding-1 ${id}`)]) {
    expect(page.replaceAll(/<code>[\s\S]*?<\/code>/g, '')).not.toContain(raw);
  }
  const beside = await compare(
    `${reproduction}#${arms[0]!.id}`,
    `other=${reproduction}#${arms[1]!.id}`,
    '--json',
    '--out',
    'two',
  );
  expect(JSON.parse(beside.stdout).systems.map(({ label }: { label: string }) => label)).toEqual([
    `finding-1: ${arms[0]!.label}`,
    'other',
  ]);
  for (const system of view.systems) expect(system).toMatchObject({ kind: 'records', records: 3, seeds: [1, 2, 3] });
  expect(view.metrics[0].pairs[0].unit).toBe('images and paired seeds');
  const moved = view.movers.flatMap((one: { gains: object[]; losses: object[] }) => [...one.gains, ...one.losses]);
  for (const { picture } of moved) expect(picture).toMatch(/^data:image\/png;base64,/);
});

describe('errors', () => {
  test('2: wrong usage', async () => {
    for (const args of [[], ['predictions-1.json'], ['--resamples', '5', ...predictions], ['--unknown', 'x']]) {
      const { exitCode, stderr } = await runCommand(
        ['compare', ...args, '--references', 'references.json', '--out', 'bad'],
        folder,
      );
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^error: /);
    }
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });

  test('1: what cannot be read or compared, with nothing written', async () => {
    const document = JSON.parse(written('references.json'));
    const fewer = files[0]!.images
      .slice(1)
      .map(({ imageId, candidate }) => ({ image_id: Number(imageId), caption: candidate }));
    writeIn(folder, 'fewer.json', fewer);
    const foreign = {
      ...document,
      annotations: document.annotations.map((one: object, index: number) =>
        index === 3 ? { ...one, caption: 'else' } : one,
      ),
    };
    writeIn(folder, 'foreign.json', foreign);
    const scores = join(folder, 'scores.json');
    const scoring = ['score', 'captions', '--references', 'foreign.json', '--predictions', 'predictions-1.json'];
    expect((await runCommand([...scoring, '--per-image', scores], folder)).exitCode).toBe(0);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [predictions, /cannot be scored without references/],
      [
        ['predictions-1.json', 'nowhere.json', '--references', 'references.json'],
        /there is no file or folder nowhere\.json/,
      ],
      [
        ['predictions-1.json', 'fewer.json', '--references', 'references.json'],
        /1 image of the references has no prediction/,
      ],
      [['predictions-2.json', 'scores.json', '--references', 'references.json'], /computed differently: .*references:/],
    ];
    for (const [args, reason] of cases) {
      const { exitCode, stderr, stdout } = await compare(...args, '--out', 'bad');
      expect(stderr).toMatch(reason);
      expect(stderr).toMatch(/\n {2}fix: {6}\S/);
      expect(exitCode).toBe(1);
      expect(stdout).toBe('');
    }
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });

  test('1: a folder with a page of something else is left alone', async () => {
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'taken', 'index.html'), 'mine');
    const { exitCode, stderr } = await compare(
      'predictions-1.json',
      'predictions-2.json',
      '--references',
      'references.json',
      '--out',
      'taken',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('the folder holds a file that is not of a comparison');
    expect(written('taken', 'index.html')).toBe('mine');
  });

  test('a comparison.json that was edited or is none', () => {
    const file = join(folder, 'edited.json');
    const view = JSON.parse(written('once', 'comparison.json'));
    for (const changed of [
      {},
      { ...view, format: 'vlm-bench comparison 9' },
      { ...view, metrics: [] },
      { ...view, systems: view.systems.slice(1) },
    ]) {
      writeFileSync(file, JSON.stringify(changed));
      expect(() => readComparison(file)).toThrow(/error: [\s\S]*fix: /);
    }
    writeFileSync(file, '{');
    expect(() => readComparison(file)).toThrow('the comparison cannot be read');
  });
});
