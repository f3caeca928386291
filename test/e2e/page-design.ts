/**
 * What every page must keep, light and dark, on a desk and on a phone: nothing wider than the page, text with a contrast of at least
 * 4.5, no violation that axe-core finds, no word on the console, no request but for the page's own files.
 */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { visitFile } from './chromium.js';
import { lowContrastTexts, scrollWidth } from './page-probes.js';

/** The ways in which a reader may open a page. */
export const readings = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'dark', width: 390 },
] as const;

/**
 * @param allowed whether the page may ask for an address; by default for its own file only
 * @returns what is wrong, one line each; nothing when all is well
 */
export function designFlaws(
  browser: Browser,
  file: string,
  reading: (typeof readings)[number],
  allowed: (address: string, page: string) => boolean = (address, page) => address === page,
): Promise<readonly string[]> {
  return visitFile(browser, { file, unfolded: true, ...reading }, async ({ page, requests, complaints, address }) => {
    const width = await page.evaluate(scrollWidth);
    const { texts, low } = await page.evaluate(lowContrastTexts, 4.5);
    return [
      ...(width > reading.width ? [`${width} pixels wide in a viewport of ${reading.width}`] : []),
      ...(texts === 0 ? ['no text'] : []),
      ...low.map((text) => `contrast ${text}`),
      ...(await accessibilityViolations(page)).map((violation) => `axe: ${violation}`),
      ...complaints.map((complaint) => `console: ${complaint}`),
      ...requests.filter((request) => !allowed(request, address)).map((request) => `request: ${request}`),
    ];
  });
}

/** @returns what axe-core objects to, with the first elements it means. Its rules on colour contrast are included. */
async function accessibilityViolations(page: Page): Promise<readonly string[]> {
  // Evaluated, not added as an element: the page's own policy forbids scripts.
  await page.evaluate(axe.source);
  const violations = (await page.evaluate('axe.run()')) as {
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  };
  return violations.violations.map(({ id, nodes }) => {
    const elements = nodes.slice(0, 3).map(({ html }) => html.slice(0, 120));
    return `${id} (${nodes.length}): ${elements.join(' ')}`;
  });
}
