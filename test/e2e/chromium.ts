/** A real headless Chromium that opens reports from disk and notes what they ask for and complain about. */
import { accessSync, constants } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { unfold } from './page-probes.js';

const EXECUTABLE = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const browserMissing = !isExecutable(EXECUTABLE);
/** To be shown in the names of tests that are skipped without a browser. */
export const skipReason = browserMissing ? ` (SKIPPED: no browser at ${EXECUTABLE}; set CHROMIUM_PATH)` : '';

export interface Visit {
  readonly page: Page;
  /** Every address that the page asked for, but data: URLs. */
  readonly requests: readonly string[];
  /** Console messages of level error or warning, and uncaught errors. */
  readonly complaints: readonly string[];
  readonly address: string;
}

export interface VisitOptions {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** Opens every `<details>`. */
  readonly unfolded?: boolean;
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
}

export async function visitFile<T>(
  browser: Browser,
  { file, width = 1280, colorScheme = 'light', unfolded = false }: VisitOptions & { readonly file: string },
  look: (visit: Visit) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    const address = pathToFileURL(file).href;
    await page.goto(address, { waitUntil: 'load' });
    if (unfolded) await page.evaluate(unfold);
    return await look({ page, requests, complaints, address });
  } finally {
    await context.close();
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
