/**
 * What publishing costs: twenty runs of five thousand samples from nothing, the size of the first page and how soon it answers in Chromium,
 * and one new record among a thousand. Whole processes of the compiled command, on records made up for the purpose.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execaNode } from 'execa';
import { chromium } from 'playwright-core';
import type { Measurement } from './measurement.js';
import { recordSyntheticFinding, recordSyntheticImages, recordSyntheticRun } from './synthetic-records.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');

interface Cost {
  readonly seconds: number;
  readonly megabytes: number;
}

/** Of one process: the time until it has ended and the most memory it held, which it says itself as it exits. */
async function costOfPublishing(records: string, out: string): Promise<Cost> {
  const report = 'process.on("exit",()=>console.log("peak "+process.resourceUsage().maxRSS))';
  const start = performance.now();
  const { stdout } = await execaNode(cli, ['publish', records, '--out', out], {
    nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(report)}`],
  });
  const seconds = (performance.now() - start) / 1000;
  return { seconds, megabytes: Number(/peak (\d+)/.exec(stdout)![1]) / 1000 };
}

/** Seconds from opening the file to a page whose filter has answered: script run, first letter typed, rows hidden. */
async function secondsUntilInteractive(page: string): Promise<number> {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  try {
    const tab = await browser.newPage();
    await tab.goto('about:blank');
    const start = performance.now();
    await tab.goto(pathToFileURL(page).href, { waitUntil: 'load' });
    await tab.getByRole('searchbox').fill('x');
    await tab.locator('output').getByText('0 of').waitFor();
    return (performance.now() - start) / 1000;
  } finally {
    await browser.close();
  }
}

export async function benchmarkPublish(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-publish-'));
  const [large, small] = [join(folder, 'large'), join(folder, 'small')];
  const [largeSite, smallSite] = [join(folder, 'large-site'), join(folder, 'small-site')];
  try {
    const samples = { images: 5000 };
    recordSyntheticFinding(large, { seeds: Array.from({ length: 10 }, (_, index) => index + 1), samples });
    await recordSyntheticImages(large, samples);
    const first = await costOfPublishing(large, largeSite);
    const index = join(largeSite, 'index.html');
    const interactive = await secondsUntilInteractive(index);

    const few = { images: 20 };
    // Fifty systems of twenty seeds.
    for (let run = 0; run < 1000; run++) {
      recordSyntheticRun(small, { seed: 1 + Math.floor(run / 50), weightDecay: ((run % 50) + 1) / 1000 }, few);
    }
    await recordSyntheticImages(small, few);
    const thousand = await costOfPublishing(small, smallSite);
    recordSyntheticRun(small, { seed: 21, weightDecay: 0.001 }, few);
    const added = await costOfPublishing(small, smallSite);
    const manyIndex = join(smallSite, 'index.html');
    return [
      { name: 'publish 20 runs × 5,000 samples', value: first.seconds, unit: 's', ceiling: 15 },
      { name: 'the same, peak memory', value: first.megabytes, unit: 'MB', ceiling: 1000 },
      { name: 'its first page', value: statSync(index).size / 1000, unit: 'kB', ceiling: 300 },
      { name: 'its first page, interactive in Chromium', value: interactive, unit: 's', ceiling: 1 },
      { name: 'publish 1,000 records', value: thousand.seconds, unit: 's' },
      { name: 'publish again with one more', value: added.seconds, unit: 's', ceiling: 2 },
      { name: 'first page over 1,001 records', value: statSync(manyIndex).size / 1000, unit: 'kB', ceiling: 300 },
      { name: 'the same, interactive', value: await secondsUntilInteractive(manyIndex), unit: 's', ceiling: 1 },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
