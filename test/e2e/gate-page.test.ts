/** The page and the Markdown of a gate in a real Chromium: readable in every way of opening it, and inert whatever captions say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markdownOfResult } from '../../harness/gate/markdown.js';
import { gatePageView } from '../../harness/gate/page-view.js';
import { renderGatePage } from '../../reports/gate/gate-page.js';
import { hostileTexts, resultWith } from '../harness/gate/results.js';
import { browserMissing, launchChromium, skipReason, visitFile } from './chromium.js';
import { designFlaws, readings } from './page-design.js';

describe.skipIf(browserMissing)(`the page of a gate in Chromium${skipReason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gate-page-'));
  const file = join(folder, 'gate.html');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [index, reading] of readings.entries()) {
    it(`is readable, ${reading.colorScheme} and ${reading.width} wide`, async () => {
      const verdict = (['pass', 'regression', 'inconclusive', 'regression'] as const)[index]!;
      const result = resultWith('a small cat on a long wooden table', verdict);
      writeFileSync(file, renderGatePage(gatePageView(result, new Map([[result.regressed[0]!.imageId, PNG]]))));
      expect(await designFlaws(browser, file, reading)).toEqual([]);
    });
  }

  it('runs nothing, asks for nothing and keeps its width with hostile texts', async () => {
    for (const [index, text] of hostileTexts.entries()) {
      writeFileSync(file, renderGatePage(gatePageView(resultWith(text), new Map())));
      expect(await designFlaws(browser, file, readings[index % readings.length]!)).toEqual([]);
    }
  });

  it('shows hostile texts of the Markdown as text', async () => {
    for (const text of hostileTexts) {
      writeFileSync(
        file,
        `<!doctype html><html lang="en"><title>x</title>${markdownOfResult(resultWith(text))}</html>`,
      );
      await visitFile(browser, { file }, async ({ page, requests, complaints, address }) => {
        expect(requests.filter((request) => request !== address)).toEqual([]);
        expect(complaints).toEqual([]);
        expect(await page.locator('script, iframe, a, img').count()).toBe(0);
        expect(await page.locator('details table tr').count()).toBe(11);
      });
    }
  });
});

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
