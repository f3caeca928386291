/** Evaluations in a site: found in a results folder, rendered once, listed, and refused where they are damaged. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandAnswerer } from '../../../harness/answerers/command/command-answerer.js';
import { evaluate } from '../../../harness/answers/evaluate.js';
import { publishSite } from '../../../harness/publish/publish-site.js';
import { writeEvaluationPage } from '../../../harness/report/evaluation/write-evaluation-page.js';
import { readBenchmark } from '../../../harness/suite/benchmark/find-benchmark.js';
import { captionData, commandOf } from '../answers/small-data.js';
import { newFolder } from '../systems/system-files.js';

async function evaluated(out: string, name: string): Promise<string> {
  const dataRoot = await captionData(newFolder(), 4);
  return evaluate(
    { benchmark: readBenchmark('flickr8k-caption'), variant: 'default', dataRoot, out },
    async () => ({ answerer: commandAnswerer(commandOf(), { name }) }),
    async (evaluation) => {
      await writeEvaluationPage(evaluation);
      return evaluation.folder;
    },
  );
}

test('evaluations are published with their page, record and scores', async () => {
  const store = newFolder();
  const folder = await evaluated(store, 'model <one>');
  await evaluated(store, 'model two');
  const out = join(newFolder(), 'site');
  expect(await publishSite([store], { out })).toMatchObject({ evaluations: 2, runs: 0, comparisons: 0 });
  const index = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8'));
  expect(index.evaluations.map(({ title }: { title: string }) => title)).toEqual([
    'Flickr8k captions, variant default: model <one>',
    'Flickr8k captions, variant default: model two',
  ]);
  const [{ page, json, status }] = index.evaluations;
  expect(status).toBe('complete');
  const html = readFileSync(join(out, page), 'utf8');
  expect(html).toContain('model &lt;one&gt;');
  expect(html).toContain('href="../../index.html"');
  expect(readFileSync(join(out, json))).toEqual(readFileSync(join(folder, 'evaluation.json')));
  const first = readFileSync(join(out, 'index.html'), 'utf8');
  expect(first).toContain(`href="${page}"`);
  // Nothing changed, and the one named twice is one.
  expect(await publishSite([store, folder], { out })).toMatchObject({ evaluations: 2, kept: 2, rendered: 1 });
  const view = join(folder, 'page.json');
  writeFileSync(view, readFileSync(view, 'utf8').replace('"warnings"', '"warning"'));
  await expect(publishSite([store], { out })).rejects.toThrow(/what the page of the evaluation shows is damaged/);
});
