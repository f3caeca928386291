/** Comparisons in a site: found as folders and in stores, one page each however often they are named, kept when nothing changed. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { publishSite } from '../../../harness/publish/publish-site.js';
import { ATTACKS } from '../../fixtures/reports/hostile-view.js';
import { hostileComparison, plainComparison } from '../../reports/comparison-views.js';
import { newFolder } from '../systems/system-files.js';

function writeComparison(folder: string, view: object): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'comparison.json'), JSON.stringify(view));
  return folder;
}

test('gives each comparison a page and its document, once, and keeps them', async () => {
  const base = newFolder();
  const results = join(base, 'results');
  const direct = writeComparison(join(results, 'comparison'), plainComparison(30));
  writeComparison(join(results, 'copy'), plainComparison(30));
  writeComparison(join(results, 'other'), hostileComparison(ATTACKS));
  const site = join(base, 'site');
  const first = await publishSite([results, direct], { out: site });
  expect(first).toMatchObject({ comparisons: 2, runs: 0 });
  const { comparisons } = JSON.parse(readFileSync(join(site, 'index.json'), 'utf8'));
  const plain = comparisons.find(({ title }: { title: string }) => title === 'first and second compared');
  expect(plain.page).toMatch(/^comparisons\/[0-9a-f]{16}\/index\.html$/);
  const page = readFileSync(join(site, plain.page), 'utf8');
  expect(page).toContain('<a href="../../index.html">vlm-bench</a>');
  expect(JSON.parse(readFileSync(join(site, plain.json), 'utf8'))).toEqual(plainComparison(30));
  const index = readFileSync(join(site, 'index.html'), 'utf8');
  expect(index).toContain(`href="${plain.page}"`);
  expect(index).not.toContain('<script>window.attacked');
  const again = await publishSite([results], { out: site });
  // Only the pages over everything.
  expect(again).toMatchObject({ comparisons: 2, rendered: 1, kept: 2, removedFiles: 0 });
  expect(readFileSync(join(site, plain.page), 'utf8')).toBe(page);
});

test('refuses a document that is no comparison, naming the field', async () => {
  const base = newFolder();
  const { metrics: _, ...rest } = plainComparison(5);
  const folder = writeComparison(join(base, 'damaged'), rest);
  await expect(publishSite([folder], { out: join(base, 'site') })).rejects.toThrow(/comparison\.json, metrics/);
});
