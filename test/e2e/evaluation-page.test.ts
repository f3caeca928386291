/** The page of an evaluation, and the metrics on a page of somebody else, in a real Chromium. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreCaptions } from '../../metrics/index.js';
import { renderEvaluationPage } from '../../reports/evaluation/evaluation-page.js';
import type { EvaluationPageView } from '../../reports/evaluation/evaluation-view.js';
import { hostileTexts } from '../harness/gate/results.js';
import { browserMissing, launchChromium, skipReason, visitFile } from './chromium.js';
import { designFlaws, readings } from './page-design.js';

const viewWith = (text: string, status: EvaluationPageView['status'] = 'complete'): EvaluationPageView => ({
  title: `COCO captions, variant ${text}`,
  model: text,
  status,
  sentence: `${text} on COCO captions: CIDEr-D 0.9100.`,
  warnings: [text],
  scores: [{ name: 'CIDEr-D', score: '0.9100', interval: '[0.8800, 0.9400]', questions: '' }],
  facts: [
    { label: 'Prompt', value: text },
    { label: 'Model', value: `http: ${text}` },
  ],
  failures: [{ reason: text, times: '3' }],
  signatures: [`CIDEr-D|version:1|prompt:${text}`],
  samples: [{ itemId: text, picture: PNG, prompt: text, references: [text, 'a cat'], said: text, note: 'score 0.100' }],
  published: [
    {
      ...{
        model: `the model ${text}`,
        setting: text,
        column: 'COCO, CIDEr × 100',
        value: '144.8',
        comparable: `no: ${text}`,
        caveat: text,
      },
      source: { citation: text, address: text },
    },
  ],
});

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe.skipIf(browserMissing)(`in Chromium${skipReason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'evaluation-page-'));
  const file = join(folder, 'index.html');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [index, reading] of readings.entries()) {
    it(`the page is readable, ${reading.colorScheme} and ${reading.width} wide`, async () => {
      const status = (['complete', 'failures-allowed', 'incomplete', 'complete'] as const)[index]!;
      writeFileSync(file, renderEvaluationPage(viewWith('a small cat on a long wooden table', status)));
      expect(await designFlaws(browser, file, reading)).toEqual([]);
    });
  }

  it('the page runs nothing and asks for nothing with hostile texts', async () => {
    for (const [index, text] of hostileTexts.entries()) {
      writeFileSync(file, renderEvaluationPage(viewWith(text)));
      expect(await designFlaws(browser, file, readings[index % readings.length]!)).toEqual([]);
    }
  });

  it('the metrics give a page the same scores as Node, from their entry point alone', async () => {
    const records = [
      { imageId: '1', candidate: 'a man is speaking', references: ['a man speaks.', 'someone speaks.'] },
      { imageId: '2', candidate: 'rain falls', references: ['rain is falling hard on a surface'] },
    ];
    const script = await bundled(`
      import { scoreCaptions } from ${JSON.stringify(new URL('../../metrics/index.ts', import.meta.url).pathname)};
      const { metrics } = scoreCaptions(${JSON.stringify(records)}, { bootstrap: { resamples: 200, seed: 1 } });
      document.body.textContent = JSON.stringify(Object.entries(metrics).map(([name, { score, ci95, signature }]) => [name, score, ci95, signature]));`);
    const closed = script.replaceAll('</script', '<\\/script');
    writeFileSync(
      file,
      `<!doctype html><html lang="en"><title>m</title><body></body><script>${closed}</script></html>`,
    );
    await visitFile(browser, { file }, async ({ page, complaints, requests, address }) => {
      const shown = JSON.parse((await page.textContent('body'))!.split('<script')[0]!);
      const { metrics } = scoreCaptions(records, { bootstrap: { resamples: 200, seed: 1 } });
      expect(shown).toEqual(
        Object.entries(metrics).map(([name, { score, ci95, signature }]) => [name, score, ci95, signature]),
      );
      expect([complaints, requests.filter((request) => request !== address)]).toEqual([[], []]);
    });
  });
});

/** One script for a page, as its author's bundler makes it. */
async function bundled(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      ...{ write: false, minify: false },
      rollupOptions: { input: 'virtual:entry', output: { format: 'iife', inlineDynamicImports: true } },
    },
    plugins: [
      {
        name: 'entry',
        resolveId: (id: string) => (id === 'virtual:entry' ? '\0entry' : undefined),
        load: (id: string) => (id === '\0entry' ? entry : undefined),
      },
    ],
  });
  const [output] = [result].flat();
  const chunk = 'output' in output! ? output.output[0] : undefined;
  return chunk!.code;
}
