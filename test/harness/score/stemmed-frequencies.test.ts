/** Frozen document frequencies of stemmed words: the same as counting them on the same references, and usable for one image. */
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CANDIDATES, REFERENCES } from './golden-captions.js';
import { runScore, writeFiles } from './score-command.js';

const annotations = REFERENCES.flatMap((captions, index) => captions.map((caption) => ({ image_id: index, caption })));
const predictions = CANDIDATES.map((caption, image_id) => ({ image_id, caption }));

async function prepared() {
  const paths = writeFiles({
    'r.json': { annotations },
    'p.json': predictions,
    'one.json': { annotations: annotations.slice(0, 3) },
    'first.json': predictions.slice(0, 1),
  });
  const folder = dirname(paths['r.json']!);
  const plain = join(folder, 'plain.df');
  const stemmed = join(folder, 'stemmed.df');
  await runScore('df', '--references', paths['r.json']!, '--out', plain);
  await runScore('df', '--references', paths['r.json']!, '--stem', '--out', stemmed);
  const score = async (references: string, given: string, ...options: readonly string[]) => {
    const files = ['--references', paths[references]!, '--predictions', paths[given]!];
    const { stdout, error } = await runScore('captions', ...files, '--json', '--resamples', '0', ...options);
    return { error, metrics: stdout === '' ? undefined : JSON.parse(stdout).metrics };
  };
  return { plain, stemmed, score };
}

describe('score df --stem', () => {
  it('freezes CIDEr-stemmed', async () => {
    const { stemmed, score } = await prepared();
    const counted = (await score('r.json', 'p.json', '--metrics', 'CIDEr-stemmed')).metrics['CIDEr-stemmed'];
    const frozen = (await score('r.json', 'p.json', '--metrics', 'CIDEr-stemmed', '--df', stemmed)).metrics[
      'CIDEr-stemmed'
    ];
    expect(frozen.score).toBeCloseTo(counted.score, 12);
    expect(frozen.signature).toBe(counted.signature.replace('idf:corpus-2', 'idf:frozen-2'));
    const alone = (await score('one.json', 'first.json', '--metrics', 'CIDEr-stemmed', '--df', stemmed)).metrics[
      'CIDEr-stemmed'
    ];
    expect(alone.score).toBeGreaterThan(0);
    expect((await score('one.json', 'first.json', '--metrics', 'CIDEr-stemmed')).metrics['CIDEr-stemmed'].score).toBe(
      0,
    );
  });

  it('goes beside the frequencies of words, each for its own metric', async () => {
    const { plain, stemmed, score } = await prepared();
    const metrics = 'CIDEr-D,CIDEr-stemmed';
    const both = await score('r.json', 'p.json', '--metrics', metrics, '--df', stemmed, '--df', plain);
    expect(both.metrics['CIDEr-D'].signature).toContain('idf:frozen-2');
    expect(both.metrics['CIDEr-stemmed'].signature).toContain('idf:frozen-2');
    expect((await score('r.json', 'p.json', '--metrics', metrics, '--df', plain)).error).toContain(
      '`vlm-bench score df --stem`',
    );
    expect((await score('r.json', 'p.json', '--df', stemmed)).error).toContain(
      'the document frequencies are of stemmed words',
    );
    expect((await score('r.json', 'p.json', '--df', plain, '--df', plain)).error).toContain('the same kind of words');
  });
});
