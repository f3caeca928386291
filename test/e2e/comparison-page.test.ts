/**
 * The page of a comparison as a reader gets it: opened from disk in a real headless Chromium, light and dark, wide and narrow; and with
 * a comparison in which every text attacks.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildComparisonView } from '../../harness/compare/build-comparison-view.js';
import { readCompareInputs } from '../../harness/compare/compare-inputs.js';
import type { ComparisonView } from '../../reports/index.js';
import { renderComparison } from '../../reports/index.js';
import { ATTACKS } from '../fixtures/reports/hostile-view.js';
import { captionFiles } from '../harness/systems/system-files.js';
import { hostileComparison } from '../reports/comparison-views.js';
import { browserMissing, launchChromium, skipReason, visitFile } from './chromium.js';
import { designFlaws, readings } from './page-design.js';
import { attackState, headingLevels, imageStates, printFlaws, scrollWidth } from './page-probes.js';

describe.skipIf(browserMissing)(`a comparison in Chromium${skipReason}`, () => {
  const base = mkdtempSync(join(tmpdir(), 'comparison-page-'));
  let browser: Browser;
  let view: ComparisonView;

  beforeAll(async () => {
    const sets = [1, 2, 3].map((seed) => captionFiles(base, 60, seed));
    mkdirSync(join(base, 'images'));
    for (const { imageId } of sets[0]!.images.slice(0, 40)) {
      const background = { r: Number(imageId) % 255, g: 90, b: 160 };
      await sharp({ create: { width: 40, height: 30, channels: 3, background } })
        .png()
        .toFile(join(base, 'images', `${imageId}.png`));
    }
    const inputs = await readCompareInputs(
      [...sets.map(({ predictions }) => predictions), 'published:caption-cider/VILA-7B'],
      { references: sets[0]!.references },
    );
    view = await buildComparisonView(inputs, { resamples: 500, images: join(base, 'images') });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(base, { recursive: true, force: true });
  });

  function written(name: string, comparison: ComparisonView): string {
    const file = join(base, name);
    writeFileSync(file, renderComparison(comparison));
    return file;
  }

  it.each(readings)('has no flaw in its design, $colorScheme at $width pixels', async (reading) => {
    expect(await designFlaws(browser, written('page.html', view), reading)).toEqual([]);
  });

  it('has one first heading, no level skipped, and the pictures of the images that moved', async () => {
    await visitFile(browser, { file: written('page.html', view), unfolded: true }, async ({ page }) => {
      const levels = await page.evaluate(headingLevels);
      expect(levels.filter((level) => level === 1)).toEqual([1]);
      for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
      const images = await page.evaluate(imageStates);
      const pictures = view.movers
        .flatMap(({ gains, losses }) => [...gains, ...losses])
        .filter((one) => one.picture !== '');
      expect(pictures.length).toBeGreaterThan(3);
      expect(images).toHaveLength(pictures.length);
      for (const image of images) expect(image).toMatchObject({ complete: true, naturalWidth: 40, width: 192 });
    });
  });

  it('prints the further metrics, and nothing is gone without a word', async () => {
    await visitFile(browser, { file: written('page.html', view), width: 680 }, async ({ page }) => {
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate(printFlaws)).toEqual([]);
      const tables = page.locator('#further table');
      expect(await tables.count()).toBeGreaterThan(3);
      for (const table of await tables.all()) expect(await table.isVisible()).toBe(true);
    });
  });

  it.each([1280, 390])('stays inert and in shape when every text attacks, at %i pixels', async (width) => {
    const file = written('hostile.html', hostileComparison(ATTACKS));
    await visitFile(browser, { file, width, unfolded: true }, async ({ page, requests, complaints, address }) => {
      const state = await page.evaluate(attackState);
      expect(state).toMatchObject({ attacked: false, scripts: 0, handlers: 0, images: 0 });
      for (const href of state.links) expect(href).toMatch(/^(?:comparison\.json|#[a-z0-9-]+)$/);
      expect(requests).toEqual([address]);
      expect(complaints).toEqual([]);
      expect(await page.evaluate(scrollWidth)).toBeLessThanOrEqual(width);
    });
  });
});
