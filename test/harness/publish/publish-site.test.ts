import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { publishSite } from '../../../harness/publish/publish-site.js';
import { closeRecord } from '../../../harness/records/record-digests.js';
import { readResult } from '../../../harness/records/result.js';
import { runPathsIn } from '../../../harness/records/run-paths.js';
import { recordSyntheticFinding, recordSyntheticImages, recordSyntheticRun } from '../../bench/synthetic-records.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const samples = { images: 7 };
const sources = temporaryFolder();
const store = join(sources, 'results');
const other = join(sources, 'other');
let single: string;

beforeAll(async () => {
  recordSyntheticFinding(store, { seeds: [1, 2, 3, 4, 5, 6], samples });
  await recordSyntheticImages(store, samples);
  single = join(other, 'runs', recordSyntheticRun(other, { seed: 9, weightDecay: 0.5, skill: 1 }, samples));
});

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const tree = (root: string) =>
  Object.fromEntries(filesBelow(root).map((path) => [path, readFileSync(join(root, path), 'hex')]));

describe('a site', () => {
  test('is the same bytes whatever the order and the repetition of the arguments, and from a copy of the records', async () => {
    const [first, second, third] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    await publishSite([store, single], { out: first });
    await publishSite([single, store, join(store, 'finding-1'), single], { out: second });
    const copy = join(temporaryFolder(), 'moved');
    cpSync(store, copy, { recursive: true });
    await publishSite([copy, single], { out: third });
    expect(filesBelow(first).length).toBeGreaterThan(100);
    expect(tree(second)).toEqual(tree(first));
    expect(tree(third)).toEqual(tree(first));
  });

  test('has no link to a page, image or record that is not there, and none to elsewhere', async () => {
    const out = temporaryFolder();
    await publishSite([store, single], { out });
    const pages = filesBelow(out).filter((path) => path.endsWith('.html'));
    let links = 0;
    for (const page of pages) {
      const html = readFileSync(join(out, page), 'utf8');
      const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
      for (const [, target = ''] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
        // Sources: of the claim, and in reports of published numbers.
        if (target.startsWith('https://arxiv.org/') || (page.endsWith('report.html') && target.startsWith('https://')))
          continue;
        links += 1;
        const [path = '', fragment] = target.split('#');
        if (path === '') expect(ids, `${page}: ${target}`).toContain(fragment);
        else {
          const file = join(out, dirname(page), path);
          expect(existsSync(file) && statSync(file).isFile(), `${page}: ${target}`).toBe(true);
          if (fragment !== undefined)
            expect(readFileSync(file, 'utf8'), `${page}: ${target}`).toContain(` id="${fragment}"`);
        }
      }
      // Every page leads back to the first one.
      const home = `${'../'.repeat(page.split('/').length - 1)}index.html`;
      expect(html, page).toContain(`<p class="brand"><a href="${home}">vlm-bench</a>`);
      expect(html, page).toContain('http-equiv="Content-Security-Policy" content="default-src &#x27;none&#x27;;');
    }
    expect(links).toBeGreaterThan(500);
  });

  test('states in index.json the scores that the records hold, and offers the records byte for byte', async () => {
    const out = temporaryFolder();
    await publishSite([store, single], { out, baseUrl: 'https://host.example/bench/' });
    const index = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8'));
    expect(index).toMatchObject({ schemaVersion: 1, baseUrl: 'https://host.example/bench/' });
    expect(index.runs).toHaveLength(13);
    expect(index.suites).toHaveLength(1);
    for (const run of index.runs) {
      const folder = existsSync(join(store, 'runs', run.runId)) ? join(store, 'runs', run.runId) : single;
      const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
      for (const [measure, { value, signature }] of Object.entries<{ value: number; signature: string }>(
        result.scores,
      )) {
        expect(run.scores[measure]).toMatchObject({ value, signature });
      }
      for (const path of run.record.filter((name: string) => !name.endsWith('scores.json'))) {
        expect(readFileSync(join(out, path), 'hex')).toBe(readFileSync(join(folder, path.split('/').at(-1)), 'hex'));
      }
      const perImage = JSON.parse(readFileSync(join(out, `runs/${run.runId}/scores.json`), 'utf8')).measures;
      const { sums, counts } = perImage['CIDEr-D/ai-captions'];
      const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
      expect(total(sums) / total(counts)).toBeCloseTo(run.scores['CIDEr-D/ai-captions'].value, 12);
    }
    const board = index.leaderboards.find(({ metric }: { metric: string }) => metric.includes('detailed'));
    const scores = board.systems.map(({ score }: { score: number }) => score);
    expect(scores).toEqual([...scores].sort((left, right) => right - left));
    expect(board.systems.map(({ runs }: { runs: string[] }) => runs.length)).toEqual([1, 6, 6]);
  });

  test('shows every sample once, under an address made from its image', async () => {
    const out = temporaryFolder();
    const many = { images: 450, imageId: (index: number) => `image ${index}` };
    const records = temporaryFolder();
    const runId = recordSyntheticRun(records, { seed: 1 }, many);
    await publishSite([records], { out });
    const pages = filesBelow(join(out, 'runs', runId)).filter((name) => name.startsWith('samples-'));
    expect(pages).toEqual(['samples-0001.html', 'samples-0002.html', 'samples-0003.html']);
    const names = pages.flatMap((name) => {
      const html = readFileSync(join(out, 'runs', runId, name), 'utf8');
      return [...html.matchAll(/<span class="role"><bdi>(image \d+)<\/bdi>/g)].map(([, imageId]) => imageId);
    });
    expect(names).toEqual(Array.from({ length: 450 }, (_, index) => `image ${index}`));
  });
});

describe('tie groups', () => {
  const lettersOf = async (skills: readonly number[], images: number) => {
    const records = temporaryFolder();
    const out = temporaryFolder();
    skills.forEach((skill, index) => {
      recordSyntheticRun(records, { seed: index + 1, weightDecay: (index + 1) / 10, skill }, { images });
    });
    await publishSite([records], { out });
    const { leaderboards } = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8'));
    const board = leaderboards.find(({ metric }: { metric: string }) => metric.includes('detailed'));
    return board.systems.map(({ tieGroup }: { tieGroup: string }) => tieGroup);
  };

  test('part systems whose scores differ by far and join those that hardly differ', async () => {
    // Scores are uniform on [skill, skill + 3]: standard deviation 0.87, so 0.09 for the mean of 100.
    const letters = await lettersOf([2, 0, 0.01], 100);
    expect(letters[0]).toBe('a');
    expect(letters.slice(1)).toEqual(['b', 'b']);
  });

  test('are not formed for systems beyond the best sixteen', async () => {
    const letters = await lettersOf(
      Array.from({ length: 18 }, (_, index) => index),
      4,
    );
    expect(letters.slice(0, 16)).not.toContain('');
    expect(letters.slice(16)).toEqual(['', '']);
  });
});

describe('publishing again', () => {
  test('renders nothing but the overview when nothing changed, and only what is new otherwise', async () => {
    const out = temporaryFolder();
    const records = temporaryFolder();
    for (const seed of [1, 2, 3]) recordSyntheticRun(records, { seed }, samples);
    await recordSyntheticImages(records, samples);
    // Three runs, their images, four leaderboards and the overview.
    expect(await publishSite([records], { out })).toMatchObject({ runs: 3, rendered: 9, kept: 0 });
    const before = tree(out);
    expect(await publishSite([records], { out })).toMatchObject({ runs: 3, rendered: 1, kept: 8, removedFiles: 0 });
    expect(tree(out)).toEqual(before);
    recordSyntheticRun(records, { seed: 4 }, samples);
    expect(await publishSite([records], { out })).toMatchObject({ runs: 4, rendered: 6, kept: 4 });
    const fresh = temporaryFolder();
    await publishSite([records], { out: fresh });
    expect(tree(out)).toEqual(tree(fresh));
  });

  test('removes the pages of a record that is no longer named, restores what was deleted, and leaves other files alone', async () => {
    const out = temporaryFolder();
    const records = temporaryFolder();
    const [first, second] = [1, 2].map((seed) => recordSyntheticRun(records, { seed }, samples));
    await publishSite([records], { out });
    writeFileSync(join(out, 'CNAME'), 'bench.example');
    rmSync(join(out, 'runs', first!, 'index.html'));
    const { removedFiles } = await publishSite([join(records, 'runs', first!)], { out });
    expect(removedFiles).toBeGreaterThan(5);
    expect(readdirSync(join(out, 'runs')).sort()).toEqual([first, 'index.html'].sort());
    expect(existsSync(join(out, 'runs', first!, 'index.html'))).toBe(true);
    expect(existsSync(join(out, 'runs', second!))).toBe(false);
    expect(readFileSync(join(out, 'CNAME'), 'utf8')).toBe('bench.example');
  });

  test('sees that the images of a store came later', async () => {
    const out = temporaryFolder();
    const records = temporaryFolder();
    const runId = recordSyntheticRun(records, { seed: 1 }, samples);
    await publishSite([records], { out });
    const page = join(out, 'runs', runId, 'samples-0001.html');
    expect(readFileSync(page, 'utf8')).not.toContain('<img');
    await recordSyntheticImages(records, samples);
    await publishSite([records], { out });
    expect(
      readFileSync(page, 'utf8').match(/<img src="\.\.\/\.\.\/images\/[0-9a-f]{2}\/[0-9a-f]{32}\.png"/g),
    ).toHaveLength(7);
  });
});

describe('bad input', () => {
  test.each([
    ['a path that does not exist', () => join(sources, 'nowhere'), 'there is no such folder'],
    ['a folder without records', () => temporaryFolder(), 'there are no records here'],
  ])('%s is an error, and nothing is written', async (_, path, message) => {
    const out = join(temporaryFolder(), 'site');
    await expect(publishSite([path()], { out })).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });

  test('a record that was changed after the run is an error that names the file', async () => {
    const records = temporaryFolder();
    const runId = recordSyntheticRun(records, { seed: 1 }, samples);
    const file = join(records, 'runs', runId, 'predictions.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('red', 'blue'));
    await expect(publishSite([records], { out: temporaryFolder() })).rejects.toThrow(`where:    ${file}`);
  });

  test('two records of one run that differ are an error', async () => {
    const copy = temporaryFolder();
    const runId = readdirSync(join(other, 'runs'))[0]!;
    cpSync(single, join(copy, 'runs', runId), { recursive: true });
    const file = join(copy, 'runs', runId, 'provenance.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"none"', '"another machine"'));
    const paths = runPathsIn(join(copy, 'runs', runId));
    closeRecord(paths, readResult(paths.result)!);
    await expect(publishSite([copy, single], { out: temporaryFolder() })).rejects.toThrow(
      `two records of run ${runId} differ`,
    );
  });

  test('a record that was changed after it had been published is refused', async () => {
    const records = temporaryFolder();
    recordSyntheticRun(records, { seed: 1 }, samples);
    const out = temporaryFolder();
    await publishSite([records], { out });
    const file = join(records, 'runs', readdirSync(join(records, 'runs'))[0]!, 'events.jsonl');
    // Of the same length, so that only its digest tells.
    writeFileSync(file, readFileSync(file, 'utf8').replace('"step":1,', '"step":2,'));
    await expect(publishSite([records], { out })).rejects.toThrow('the file was changed after the run had finished');
  });

  test('an unfinished run in a store is left out and named', async () => {
    const records = temporaryFolder();
    recordSyntheticRun(records, { seed: 1 }, samples);
    mkdirSync(join(records, 'runs', 'unfinished'));
    expect(await publishSite([records], { out: temporaryFolder() })).toMatchObject({
      runs: 1,
      unfinished: [join(records, 'runs', 'unfinished')],
    });
  });

  test('a folder that is not a site, or is a link, is refused untouched', async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, 'thesis.tex'), 'years of work');
    await expect(publishSite([single], { out })).rejects.toThrow('holds no site of vlm-bench');
    const link = join(temporaryFolder(), 'link');
    symlinkSync(temporaryFolder(), link);
    await expect(publishSite([single], { out: link })).rejects.toThrow('is a symbolic link');
    expect(readdirSync(out)).toEqual(['thesis.tex']);
  });
});
