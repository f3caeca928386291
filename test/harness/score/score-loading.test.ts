/** `natural` and its WordNet are loaded by the metrics that stem or look up synonyms, and by no other. */
import { beforeEach, expect, it, vi } from 'vitest';
import { runScore, writeFiles } from './score-command.js';

const loaded = vi.hoisted((): string[] => []);

vi.mock('natural/lib/natural/stemmers/porter_stemmer.js', async (original) => {
  loaded.push('stemmer');
  return await original();
});
vi.mock('natural/lib/natural/wordnet/wordnet.js', async (original) => {
  loaded.push('WordNet');
  return await original();
});

beforeEach(() => {
  loaded.length = 0;
  vi.resetModules();
});

async function score(...options: readonly string[]) {
  const paths = writeFiles({
    'r.json': { annotations: [{ image_id: 1, caption: 'two cars stop' }] },
    'p.json': [{ image_id: 1, caption: 'two automobiles stop' }],
  });
  const files = ['--references', paths['r.json']!, '--predictions', paths['p.json']!, '--resamples', '0', '--json'];
  const { stdout, error } = await runScore('captions', ...files, ...options);
  expect(error).toBeUndefined();
  return JSON.parse(stdout).metrics;
}

it('is not loaded by the default metrics, nor by plain CIDEr', async () => {
  await score();
  await score('--metrics', 'CIDEr,CIDEr-D');
  expect(loaded).toEqual([]);
});

it('gives its stemmer to CIDEr-stemmed', async () => {
  await score('--metrics', 'CIDEr-stemmed');
  expect(loaded).toEqual(['stemmer']);
});

it('gives stems and synonyms to METEOR: cars and automobiles are one', async () => {
  const { METEOR } = await score('--metrics', 'METEOR');
  expect(loaded).toContain('WordNet');
  // Three matches of weight 1, .8 and 1 in one chunk that covers both captions: the mean of equal precision and recall.
  expect(METEOR.score).toBeCloseTo(2.8 / 3, 12);
});
