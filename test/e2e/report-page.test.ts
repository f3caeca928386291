/**
 * The report as a reader gets it: the file is opened from disk in a real headless Chromium, and the page is asked what it shows,
 * what it requested, and whether it can be read, light and dark, wide and narrow.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FindingReportView, renderFindingReport, renderFindingsIndex } from '../../reports/index.js';
import { buildFindingView, leadingPairs } from '../fixtures/reports/finding-view.js';
import { buildHostileView, withHostileTexts } from '../fixtures/reports/hostile-view.js';
import { buildEverythingView, buildFindingsIndex } from '../fixtures/reports/rich-views.js';
import { browserMissing, launchChromium, skipReason, type Visit, type VisitOptions, visitFile } from './chromium.js';
import { designFlaws, readings } from './page-design.js';
import {
  accessibilityFlaws,
  attackState,
  chartGeometry,
  focusedText,
  fontSize,
  headingLevels,
  imageStates,
  locationHash,
  lowContrastTexts,
  middles,
  printedState,
  printFlaws,
  scrollWidth,
} from './page-probes.js';

describe.skipIf(browserMissing)(`the report in Chromium${skipReason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-page-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function visit<T>(view: FindingReportView, options: VisitOptions, look: (visit: Visit) => Promise<T>): Promise<T> {
    const file = join(folder, 'report.html');
    writeFileSync(file, renderFindingReport(view));
    return visitFile(browser, { file, ...options }, look);
  }

  it('shows the claim, the verdict word and the quotable sentence on the first screen', async () => {
    const view = buildFindingView({ verdict: 'contradicted' });
    await visit(view, {}, async ({ page }) => {
      const heading = page.getByRole('heading', { level: 2, name: /Verdict/ });
      expect(await heading.textContent()).toMatch(/Contradicted/);
      expect((await heading.boundingBox())?.y).toBeLessThan(900);
      // Spaces inside a statistic do not break.
      const verdict = (await page.locator('#verdict').textContent())?.replaceAll('\u00a0', ' ');
      expect(verdict).toContain(view.suite.claim);
      expect(verdict).toContain(view.verdict?.sentence);
      expect(await page.locator('#verdict .word').evaluate(fontSize)).toBeGreaterThan(40);
    });
  });

  it('asks for nothing but its own file and complains about nothing', async () => {
    for (const view of [buildFindingView(), buildFindingView({ smoke: true })]) {
      await visit(view, { unfolded: true }, async ({ requests, complaints, address }) => {
        expect(requests).toEqual([address]);
        expect(complaints).toEqual([]);
      });
    }
  });

  it.each([1280, 360])('draws plots inside a viewport of %i pixels, with nothing to scroll sideways', async (width) => {
    await visit(buildFindingView(), { width, unfolded: true }, async ({ page }) => {
      const charts = await page.evaluate(chartGeometry);
      // Two paired panels, two power curves and the strip of spreads, the whole run and four stages, two validation sources, two masks.
      expect(charts).toHaveLength(2 + 3 + 5 + 2 + 2);
      for (const chart of charts) {
        expect(chart.left).toBeGreaterThanOrEqual(0);
        expect(chart.right).toBeLessThanOrEqual(width);
        expect(chart.overhang).toBeLessThanOrEqual(4);
      }
      const strips = charts.filter(({ height }) => height <= 150);
      expect(strips).toHaveLength(1);
      expect(strips[0]!.marks).toBeGreaterThan(3);
      for (const chart of charts.filter(({ height }) => height > 150)) expect(chart.marks).toBeGreaterThan(5);
      expect(await page.evaluate(scrollWidth)).toBeLessThanOrEqual(width);
    });
  });

  it('places the dots of the paired plot where the differences say', async () => {
    const view = buildFindingView();
    await visit(view, {}, async ({ page }) => {
      const dots = await page.evaluate(middles, '#claim-1-effects circle');
      const differences = leadingPairs(view).pairs.map((pair) => pair.difference);
      expect(dots).toHaveLength(differences.length);
      // Position along the axis is an affine function of the difference.
      expect(correlation(dots, differences)).toBeGreaterThan(0.9999);
    });
  });

  it('decodes the example images and scales their pixels without blurring', async () => {
    await visit(buildFindingView(), {}, async ({ page }) => {
      const images = await page.evaluate(imageStates);
      expect(images).toHaveLength(3);
      for (const image of images) {
        expect(image).toMatchObject({ complete: true, naturalWidth: 32, width: 192, rendering: 'pixelated' });
        expect(image.alternative).toMatch(/test-0000\d/);
      }
    });
  });

  it.each([
    ['light', 'reproduced'],
    ['light', 'ruled-out'],
    ['light', 'contradicted'],
    ['light', 'inconclusive'],
    ['dark', 'reproduced'],
    ['dark', 'ruled-out'],
    ['dark', 'contradicted'],
    ['dark', 'inconclusive'],
  ] as const)('reads with a contrast of 4.5 or more in %s mode, verdict %s', async (colorScheme, verdict) => {
    const view = buildFindingView({ verdict, smoke: verdict === 'inconclusive' });
    await visit(view, { colorScheme, unfolded: true }, async ({ page }) => {
      const { texts, low, background } = await page.evaluate(lowContrastTexts, 4.5);
      expect(texts).toBeGreaterThan(300);
      expect(low).toEqual([]);
      // The two modes really differ.
      expect(background < 0.5).toBe(colorScheme === 'dark');
    });
  });

  describe.each([
    ['a page with every section', () => renderFindingReport(buildEverythingView())],
    ['the landing page', () => renderFindingsIndex(buildFindingsIndex())],
  ])('%s', (_, render) => {
    it.each(readings)('has no flaw that can be measured: $colorScheme, $width pixels', async (reading) => {
      const file = join(folder, 'design.html');
      writeFileSync(file, render());
      expect(await designFlaws(browser, file, reading)).toEqual([]);
    });
  });

  it.each([
    ['a page with every section', () => renderFindingReport(withHostileTexts(buildEverythingView()))],
    ['the landing page', () => renderFindingsIndex(withHostileTexts(buildFindingsIndex()))],
  ])('lets no hostile text of %s run, ask for anything or break the layout', async (_, render) => {
    const file = join(folder, 'hostile.html');
    writeFileSync(file, render());
    await visitFile(browser, { file, width: 390, unfolded: true }, async ({ page, requests, complaints, address }) => {
      const state = await page.evaluate(attackState);
      expect(state).toMatchObject({ attacked: false, scripts: 0, handlers: 0 });
      for (const href of state.links) expect(href).toMatch(/^(?:#[\w-]+|report\.json)$/);
      expect(state.scrollWidth).toBeLessThanOrEqual(390);
      expect(requests).toEqual([address]);
      expect(complaints).toEqual([]);
    });
  });

  it('has landmarks, headings in order, named regions, and tables with captions and scopes', async () => {
    await visit(buildFindingView(), { unfolded: true }, async ({ page }) => {
      const levels = await page.evaluate(headingLevels);
      expect(levels.filter((level) => level === 1)).toEqual([1]);
      levels.forEach((level, index) => {
        expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
      });
      for (const role of ['main', 'banner', 'contentinfo', 'navigation'] as const) {
        expect(await page.getByRole(role).count(), role).toBe(1);
      }
      expect(await page.evaluate(accessibilityFlaws)).toEqual([]);
      await page.keyboard.press('Tab');
      expect(await page.evaluate(focusedText)).toBe('Skip to the verdict');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(locationHash)).toBe('#verdict');
    });
  });

  it('prints in light colours, with the recipe unfolded and nothing wider than the sheet', async () => {
    // 680 CSS pixels are the 180 mm between the margins of an A4 sheet.
    await visit(buildFindingView(), { width: 680, colorScheme: 'dark' }, async ({ page }) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      const printed = await page.evaluate(printedState);
      expect(printed.background).toBe('rgb(255, 255, 255)');
      expect((await page.evaluate(lowContrastTexts, 4.5)).low).toEqual([]);
      expect(printed.recipeVisible).toBe(true);
      expect(printed.scrollWidth).toBeLessThanOrEqual(680);
    });
  });

  it.each([
    ['every section', buildEverythingView],
    ['a finding', buildFindingView],
  ] as const)(
    'prints %s without headings over nothing, lost examples or tables that cannot break',
    async (_, build) => {
      const view = build();
      await visit(view, { width: 680 }, async ({ page }) => {
        await page.emulateMedia({ media: 'print' });
        expect(await page.evaluate(printFlaws)).toEqual([]);
        const examples = page.locator('#examples article');
        expect(await examples.count()).toBe(view.examples.length);
        for (const example of await examples.all()) expect(await example.isVisible()).toBe(true);
        expect(await page.locator('#runs').innerText()).toContain(
          view.runs.length > 16 ? '54 runs with links' : 'Weights',
        );
      });
    },
  );

  it.each([1280, 360])(
    'lets hostile text neither run, nor ask for anything, nor break the layout (%i pixels)',
    async (width) => {
      await visit(buildHostileView(), { width, unfolded: true }, async ({ page, requests, complaints, address }) => {
        const state = await page.evaluate(attackState);
        expect(state).toMatchObject({ attacked: false, scripts: 0, images: 1, handlers: 0 });
        for (const href of state.links) expect(href).toMatch(/^(?:#[\w-]+|report\.json)$/);
        expect(state.scrollWidth).toBeLessThanOrEqual(width);
        expect(requests).toEqual([address]);
        expect(complaints).toEqual([]);
      });
    },
  );
});

function correlation(left: readonly number[], right: readonly number[]): number {
  const center = (values: readonly number[]): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  const [a, b] = [center(left), center(right)];
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
