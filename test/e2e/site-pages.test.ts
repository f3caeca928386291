/**
 * A published site as a reader gets it: opened from disk in a real headless Chromium, light and dark, wide and narrow, with and without
 * its script; and with records in which every text attacks.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildComparisonView } from '../../harness/compare/build-comparison-view.js';
import { readCompareInputs } from '../../harness/compare/compare-inputs.js';
import { publishSite } from '../../harness/publish/publish-site.js';
import {
  recordSyntheticFinding,
  recordSyntheticImages,
  recordSyntheticRun,
  type SyntheticSamples,
} from '../bench/synthetic-records.js';
import { ATTACKS, MEGABYTE } from '../fixtures/reports/hostile-view.js';
import { hostileComparison } from '../reports/comparison-views.js';
import { browserMissing, launchChromium, skipReason, visitFile } from './chromium.js';
import { designFlaws, readings } from './page-design.js';
import { attackState, extents, imageStates, scrollWidth } from './page-probes.js';

const SEEDS = [1, 2, 3, 4, 5, 6];

function writeComparison(store: string, view: object): void {
  mkdirSync(join(store, 'comparison'));
  writeFileSync(join(store, 'comparison', 'comparison.json'), JSON.stringify(view));
}

const comparisonPage = (site: string) => `comparisons/${readdirSync(join(site, 'comparisons'))[0]}/index.html`;

describe.skipIf(browserMissing)(`a published site in Chromium${skipReason}`, () => {
  const base = mkdtempSync(join(tmpdir(), 'site-pages-'));
  const site = join(base, 'site');
  let browser: Browser;
  let runId: string;
  let pages: readonly string[];

  beforeAll(async () => {
    const store = join(base, 'results');
    const samples = { images: 8 };
    const reproduction = recordSyntheticFinding(store, { seeds: SEEDS, samples });
    runId = recordSyntheticRun(store, { seed: 9, weightDecay: 0.5 }, samples);
    await recordSyntheticImages(store, samples);
    writeComparison(store, await buildComparisonView(await readCompareInputs([reproduction]), { resamples: 200 }));
    await publishSite([store], { out: site, title: 'Results of a test' });
    pages = [
      'index.html',
      'suites/finding-1-tiny-scenes/index.html',
      `boards/${readdirSync(join(site, 'boards'))[0]}`,
      'runs/index.html',
      `runs/${runId}/index.html`,
      `runs/${runId}/samples-0001.html`,
      'search.html',
      comparisonPage(site),
    ];
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(base, { recursive: true, force: true });
  });

  const ownImages = (root: string) => {
    const images = `${pathToFileURL(root).href}/`;
    return (address: string, page: string) =>
      address === page || (address.startsWith(images) && /\.(?:png|svg)$/.test(address));
  };

  it.each(readings)('has no flaw in its design, $colorScheme at $width pixels', async (reading) => {
    // Every page in the two readings that differ in both ways, the two richest in all four.
    const isExtreme = (reading.colorScheme === 'light') === (reading.width === 1280);
    for (const page of isExtreme ? pages : [pages[0]!, pages[5]!]) {
      expect(await designFlaws(browser, join(site, page), reading, ownImages(site)), page).toEqual([]);
    }
  });

  it('loads the images of samples when they come into view, sharp and in their own size', async () => {
    await visitFile(browser, { file: join(site, `runs/${runId}/samples-0001.html`) }, async ({ page }) => {
      await page.locator('.sample').last().scrollIntoViewIfNeeded();
      await page
        .locator('.sample img')
        .last()
        .evaluate((image: { decode(): Promise<void> }) => image.decode());
      const images = await page.evaluate(imageStates);
      expect(images).toHaveLength(8);
      expect(images.at(-1)).toMatchObject({ complete: true, naturalWidth: 32, width: 128, rendering: 'pixelated' });
    });
  });

  it('filters and sorts a leaderboard, and shows all of it without a script', async () => {
    const file = join(site, pages[2]!);
    await visitFile(browser, { file }, async ({ page }) => {
      const rows = page.locator('tbody tr:visible');
      const systems = () => page.locator('tbody th > a').allTextContents();
      expect(await rows.count()).toBe(3);
      const before = await systems();
      await page.getByRole('button', { name: 'System' }).click();
      expect(await systems()).toEqual([...before].sort());
      await page.getByRole('searchbox').fill('no MASK');
      expect(await rows.count()).toBe(1);
      expect(await page.locator('output').textContent()).toBe('1 of 3');
    });
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    expect(await page.locator('tbody tr:visible').count()).toBe(3);
    expect(await page.locator('form:visible').count()).toBe(0);
    await context.close();
  });

  it('finds a run by words and keeps the words in the address', async () => {
    await visitFile(browser, { file: join(site, 'search.html') }, async ({ page, address }) => {
      const results = page.locator('.results li:visible');
      const all = await results.count();
      await page.getByRole('searchbox').fill(`SEED 9 ${runId.slice(0, 8)}`);
      expect(await results.count()).toBe(1);
      await page.getByRole('searchbox').blur();
      const found = page.url();
      expect(found).toBe(`${address}#q=SEED%209%20${runId.slice(0, 8)}`);
      await page.goto('about:blank');
      await page.goto(found);
      expect(await results.count()).toBe(1);
      await page.getByRole('combobox').selectOption('suite');
      expect(await results.count()).toBe(0);
      await page.getByRole('searchbox').fill('');
      expect(await results.count()).toBe(1);
      expect(all).toBeGreaterThan(15);
    });
  });

  it('jumps to a sample by its permalink', async () => {
    await visitFile(browser, { file: join(site, `runs/${runId}/samples-0001.html`) }, async ({ page }) => {
      const link = page.locator('.sample').nth(7).getByRole('link', { name: 'Sample 8' });
      const target = await link.getAttribute('href');
      expect(target).toMatch(new RegExp(`^\\.\\./\\.\\./runs/${runId}/samples-0001\\.html#s-[0-9a-f]{12}$`));
      await link.click();
      expect(await page.locator('.sample:target').getByRole('heading').textContent()).toContain('test-00007');
    });
  });

  it('leads from the first page to a comparison, from there to a run that it compares, and back', async () => {
    await visitFile(browser, { file: join(site, 'index.html') }, async ({ page, address }) => {
      await page.locator('#comparisons a').click();
      expect(page.url()).toContain('/comparisons/');
      const pictures = await page.evaluate(imageStates);
      expect(pictures.length).toBeGreaterThan(0);
      for (const picture of pictures) expect(picture).toMatchObject({ complete: true, naturalWidth: 32 });
      await page.locator('#systems tbody a').first().click();
      expect(page.url()).toMatch(/\/runs\/[0-9a-f]{20}\/index\.html$/);
      await page.goBack();
      await page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Overview' }).click();
      expect(page.url()).toBe(address);
    });
  });

  it('draws badges whose text fits its box', async () => {
    for (const badge of [`runs/${runId}/badge.svg`, 'suites/finding-1-tiny-scenes/badge.svg']) {
      await visitFile(browser, { file: join(site, badge) }, async ({ page }) => {
        const texts = await page.locator('text').evaluateAll(extents);
        const fields = await page.locator('g rect').evaluateAll(extents);
        expect(texts).toHaveLength(2);
        texts.forEach(({ from, to }, index) => {
          expect(from).toBeGreaterThanOrEqual(fields[index]!.from + 4);
          expect(to).toBeLessThanOrEqual(fields[index]!.to - 4);
          expect(to - from).toBeGreaterThan(fields[index]!.to - fields[index]!.from - 20);
        });
      });
    }
  });

  describe('of hostile records', () => {
    const hostile = join(base, 'hostile');
    let hostilePages: readonly string[];

    beforeAll(async () => {
      const store = join(base, 'hostile-results');
      const attack = (index: number) => (index % 11 === 10 ? MEGABYTE : ATTACKS[index % ATTACKS.length]!);
      const samples: SyntheticSamples = {
        images: 14,
        text: attack,
        imageId: (index) => (index === 0 ? '../../../etc/passwd' : `${index} ${ATTACKS[index % ATTACKS.length]}`),
      };
      recordSyntheticFinding(store, {
        seeds: SEEDS,
        samples,
        rewrite: (suite) => ({
          ...suite,
          title: ATTACKS.join(' '),
          claim: ATTACKS.join(' '),
          source: { citation: ATTACKS[1]!, url: 'javascript:window.attacked=1' },
          factors: Object.fromEntries(
            Object.entries(suite.factors).map(([id, factor]) => [
              id,
              {
                ...factor,
                levels: Object.fromEntries(
                  Object.entries(factor.levels).map(([level, settings], index) => [
                    level,
                    { ...settings, label: `${ATTACKS[index]} ${ATTACKS[index + 2]}`, description: MEGABYTE },
                  ]),
                ),
              },
            ]),
          ),
        }),
      });
      // Ten thousand answers about three images.
      const crowded = recordSyntheticRun(store, { seed: 99, weightDecay: 0.5 }, { images: 3, questionsPerImage: 3334 });
      await recordSyntheticImages(store, samples);
      writeComparison(store, hostileComparison(ATTACKS));
      await publishSite([store], { out: hostile, title: ATTACKS[0]! });
      const [first] = readdirSync(join(hostile, 'runs')).filter((name) => name !== 'index.html' && name !== crowded);
      hostilePages = [
        'index.html',
        'suites/finding-1-tiny-scenes/index.html',
        'suites/finding-1-tiny-scenes/report.html',
        ...readdirSync(join(hostile, 'boards'))
          .slice(0, 1)
          .map((name) => `boards/${name}`),
        'runs/index.html',
        'search.html',
        `runs/${first}/index.html`,
        `runs/${first}/samples-0001.html`,
        `runs/${crowded}/samples-0001.html`,
        `runs/${crowded}/index.html`,
        comparisonPage(hostile),
      ];
    });

    it.each([1280, 390])('runs nothing, asks for nothing and keeps its layout (%i pixels)', async (width) => {
      for (const path of hostilePages) {
        const file = join(hostile, path);
        await visitFile(browser, { file, width, unfolded: true }, async ({ page, requests, complaints, address }) => {
          const state = await page.evaluate(attackState);
          expect(state, path).toMatchObject({ attacked: false, handlers: 0 });
          // The one script of the page itself; reports and comparisons have none.
          expect(state.scripts, path).toBe(/report\.html$|^comparisons\//.test(path) ? 0 : 1);
          for (const href of state.links) {
            // The report names the sources of published numbers, which are the package's own.
            const isSource = path.endsWith('report.html') && /^https:\/\/[\w./-]+$/.test(href ?? '');
            if (!isSource) expect(href, path).toMatch(/^(?:(?:\.\.\/){0,2}[a-z0-9][a-z0-9_/.-]*)?(?:#[\w-]+)?$/);
          }
          expect(
            requests.filter((request) => !ownImages(hostile)(request, address)),
            path,
          ).toEqual([]);
          expect(complaints, path).toEqual([]);
          expect(await page.evaluate(scrollWidth), path).toBeLessThanOrEqual(width);
        });
      }
    });

    it('puts every file below the site, under a name that no text decides, and none is large', () => {
      const entries = readdirSync(hostile, { withFileTypes: true, recursive: true });
      for (const entry of entries) {
        expect(entry.isFile() || entry.isDirectory()).toBe(true);
        expect(entry.name).toMatch(/^[a-z0-9][a-z0-9_.-]*$/);
      }
      for (const path of hostilePages.filter((page) => !page.endsWith('report.html'))) {
        expect(statSync(join(hostile, path)).size, path).toBeLessThan(300_000);
      }
      expect(readdirSync(base).sort()).toEqual(['hostile', 'hostile-results', 'results', 'site']);
    });
  });
});
