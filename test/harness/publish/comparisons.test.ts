/** Comparisons in a site: found as folders and in stores, one page each however often they are named, linked with the runs, kept when nothing changed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildComparisonView } from '../../../harness/compare/build-comparison-view.js';
import { readCompareInputs } from '../../../harness/compare/compare-inputs.js';
import { publishSite } from '../../../harness/publish/publish-site.js';
import type { ComparisonView } from '../../../reports/index.js';
import { recordSyntheticFinding, recordSyntheticImages, recordSyntheticRun } from '../../bench/synthetic-records.js';
import { ATTACKS } from '../../fixtures/reports/hostile-view.js';
import { hostileComparison, plainComparison } from '../../reports/comparison-views.js';
import { newFolder } from '../systems/system-files.js';

function writeComparison(folder: string, view: object): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'comparison.json'), JSON.stringify(view));
  return folder;
}

function treeOf(root: string): Readonly<Record<string, string>> {
  const files = readdirSync(root, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(root, path), readFileSync(path, 'hex')]));
}

const indexOf = (site: string) => JSON.parse(readFileSync(join(site, 'index.json'), 'utf8'));

test('gives each comparison a page and its document, once, and keeps them', async () => {
  const base = newFolder();
  const results = join(base, 'results');
  const direct = writeComparison(join(results, 'comparison'), plainComparison(30));
  writeComparison(join(results, 'copy'), plainComparison(30));
  writeComparison(join(results, 'other'), hostileComparison(ATTACKS));
  const site = join(base, 'site');
  const first = await publishSite([results, direct], { out: site });
  expect(first).toMatchObject({ comparisons: 2, runs: 0 });
  const plain = indexOf(site).comparisons.find(({ title }: { title: string }) => title === 'first and second compared');
  expect(plain.page).toMatch(/^comparisons\/[0-9a-f]{16}\/index\.html$/);
  expect(plain.sentence).toContain('second is better than first');
  const page = readFileSync(join(site, plain.page), 'utf8');
  expect(page).toContain('<a href="../../index.html">vlm-bench</a>');
  expect(readFileSync(join(site, plain.json), 'hex')).toBe(readFileSync(join(direct, 'comparison.json'), 'hex'));
  for (const name of ['index.html', 'search.html']) {
    const html = readFileSync(join(site, name), 'utf8');
    expect(html).toContain(`href="${plain.page}"`);
    expect(html).toContain('second is better than first');
    expect(html).not.toContain('<script>window.attacked');
  }
  // It compares no runs, so that its records hold no time.
  expect(readFileSync(join(site, 'feed.xml'), 'utf8')).not.toContain('<entry>');
  const again = await publishSite([results], { out: site });
  // Only the pages over everything.
  expect(again).toMatchObject({ comparisons: 2, rendered: 1, kept: 2, removedFiles: 0 });
  expect(readFileSync(join(site, plain.page), 'utf8')).toBe(page);
});

describe('beside the runs that it compares', () => {
  const base = newFolder();
  const store = join(base, 'results');
  const apart = join(base, 'apart');
  let view: ComparisonView;

  beforeAll(async () => {
    const samples = { images: 7 };
    const reproduction = recordSyntheticFinding(store, { seeds: [1, 2, 3], samples });
    await recordSyntheticImages(store, samples);
    view = await buildComparisonView(await readCompareInputs([reproduction]), { resamples: 100 });
    writeComparison(apart, view);
  });

  test('it links to their pages and stands in the feed at the time of the newest, with pictures and no dead link', async () => {
    const site = join(base, 'site');
    await publishSite([store, apart], { out: site, title: 'Ours <b>' });
    const { comparisons, runs } = indexOf(site);
    const [comparison] = comparisons;
    const compared = view.systems.flatMap(({ runIds }) => runIds);
    expect(compared).toHaveLength(6);
    expect([...comparison.runs].sort()).toEqual(compared.map((runId) => `runs/${runId}/index.html`).sort());
    const page = readFileSync(join(site, comparison.page), 'utf8');
    expect(page).toMatch(/<img src="data:image\/png;base64,/);
    const targets = [...page.matchAll(/href="([^"#][^"#]*)/g)].map(([, target]) => target!);
    expect(targets.filter((target) => target.includes('runs/')).length).toBeGreaterThan(6);
    for (const target of targets) expect(existsSync(join(site, dirname(comparison.page), target)), target).toBe(true);
    const finished = runs
      .filter(({ runId }: { runId: string }) => compared.includes(runId))
      .map((run: { finished: string }) => run.finished)
      .sort();
    const entries = readFileSync(join(site, 'feed.xml'), 'utf8').split('<entry>').slice(1);
    const entry = entries.find((text) => text.includes(comparison.page));
    expect(entry).toContain(`<updated>${finished.at(-1)}</updated>`);
  });

  test('it gives equal bytes in any order, in a store or apart, and after earlier publishes as afresh', async () => {
    const [first, second, grown, fresh] = ['first', 'second', 'grown', 'fresh'].map((name) => join(base, name));
    await publishSite([store, apart], { out: first! });
    await publishSite([apart, join(store, 'finding-1'), apart, store], { out: second! });
    expect(treeOf(second!)).toEqual(treeOf(first!));
    // The comparison alone, then with its runs in the same site: its page gains their links.
    await publishSite([apart], { out: grown! });
    const alone = treeOf(grown!);
    expect(await publishSite([apart, store], { out: grown! })).toMatchObject({ comparisons: 1, runs: 6 });
    expect(treeOf(grown!)).toEqual(treeOf(first!));
    const inside = writeComparison(join(store, 'comparison'), view);
    expect(await publishSite([store], { out: grown! })).toMatchObject({ comparisons: 1, rendered: 1, removedFiles: 0 });
    expect(treeOf(grown!)).toEqual(treeOf(first!));
    rmSync(inside, { recursive: true });
    // One more run renders nothing of the comparison anew.
    const more = recordSyntheticRun(join(base, 'more'), { seed: 9, weightDecay: 0.5 }, { images: 7 });
    await publishSite([store, apart, join(base, 'more')], { out: fresh! });
    await publishSite([store, apart, join(base, 'more', 'runs', more)], { out: grown! });
    expect(treeOf(grown!)).toEqual(treeOf(fresh!));
    await publishSite([apart], { out: grown! });
    expect(treeOf(grown!)).toEqual(alone);
  });
});

test('is found in a results folder itself, beside the runs there', async () => {
  const base = newFolder();
  recordSyntheticRun(base, { seed: 1 }, { images: 3 });
  writeComparison(base, plainComparison(10));
  expect(await publishSite([base], { out: join(newFolder(), 'site') })).toMatchObject({ runs: 1, comparisons: 1 });
});

test('refuses a document that is no comparison, naming the field', async () => {
  const base = newFolder();
  const { metrics: _, ...rest } = plainComparison(10);
  const folder = writeComparison(join(base, 'damaged'), rest);
  await expect(publishSite([folder], { out: join(base, 'site') })).rejects.toThrow(/comparison\.json, metrics/);
});
