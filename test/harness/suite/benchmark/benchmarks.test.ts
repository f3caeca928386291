/** The shipped benchmarks, and what is refused in a benchmark's file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readBenchmark, settingsOf, shippedBenchmarkIds } from '../../../../harness/suite/benchmark/find-benchmark.js';
import { benchmarkJsonSchema } from '../../../../harness/suite/json-schema.js';
import { cardOf } from '../../../../reference-model/data/registry.js';
import { newFolder } from '../../systems/system-files.js';
import { violations } from '../json-schema-checker.js';

const ids = shippedBenchmarkIds();
const folder = newFolder();
const tiny = readFileSync('suites/benchmarks/tiny-scenes.yaml', 'utf8');

function refusalOf(change: (text: string) => string): string {
  const file = join(folder, 'changed.yaml');
  writeFileSync(file, change(tiny));
  try {
    readBenchmark(file);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

test('the benchmarks that people report on are shipped', () => {
  expect(ids).toEqual([
    'coco-caption',
    'easy-vqa',
    'flickr30k-caption',
    'flickr8k-caption',
    'nocaps-val',
    'pathvqa',
    'tiny-scenes',
    'vqa-rad',
    'vqav2-val',
  ]);
  expect(() => readBenchmark('coco-captions')).toThrow('did you mean coco-caption?');
});

describe.each(ids)('%s', (id) => {
  const benchmark = readBenchmark(id);

  test('is valid by its JSON Schema as well, and asks about splits that its data sets have', () => {
    expect(violations(benchmarkJsonSchema(), parse(readFileSync(`suites/benchmarks/${id}.yaml`, 'utf8')))).toEqual([]);
    for (const variant of Object.keys(benchmark.variants)) {
      const { data } = settingsOf(benchmark, variant);
      expect(Object.keys(cardOf(data.name).splits)).toContain(data.split);
    }
  });

  test('takes the settings of peers from a file of theirs at a commit, or says nothing of them', () => {
    for (const [name, { source }] of Object.entries(benchmark.variants)) {
      if (name === 'default' || id === 'tiny-scenes') continue;
      expect(source?.url).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+\/blob\/[0-9a-f]{40}\//);
    }
  });
});

describe('variants', () => {
  test('equal the settings of the peers letter by letter', () => {
    const coco = readBenchmark('coco-caption');
    expect(settingsOf(coco, 'lmms-eval')).toMatchObject({
      data: { name: 'coco-2014', split: 'validation' },
      prompt: 'Provide a one-sentence caption for the provided image.',
      decoding: { strategy: 'greedy', maximumTokens: 64 },
      cutAnswers: 'scored',
    });
    expect(settingsOf(coco, 'helm')).toMatchObject({
      prompt:
        'Generate a caption for the following image. The caption should be short and does not need to be a complete sentence.',
      decoding: { maximumTokens: 20 },
    });
    expect(settingsOf(readBenchmark('flickr30k-caption'), 'helm').decoding.maximumTokens).toBe(30);
    // A blank at the end belongs to the prompt.
    expect(settingsOf(readBenchmark('pathvqa'), 'vlmevalkit').prompt).toBe(
      '{question}\nPlease directly provide a short answer to the question. ',
    );
    expect(settingsOf(coco, 'vlmevalkit').prompt).toMatch(/^Please describe .*"This image depicts"\. $/);
    expect(settingsOf(readBenchmark('vqav2-val'), 'llava').prompt).toBe(
      '{question}\nAnswer the question using a single word or phrase.',
    );
  });

  test('that do not exist are refused with those that do', () => {
    expect(() => settingsOf(readBenchmark('coco-caption'), 'lmms')).toThrow(/one of default, lmms-eval/);
  });
});

describe('refused, with the place', () => {
  test.each([
    [
      'another kind',
      (text: string) => text.replace('kind: benchmark', 'kind: finding'),
      /kind is the text "finding"[\s\S]*:4:7/,
    ],
    [
      'an unknown key',
      (text: string) => text.replace('prompt:', 'promt:'),
      /unknown key "promt"[\s\S]*did you mean "prompt"/,
    ],
    ['a data set that is none', (text: string) => text.replace('name: tiny-scenes', 'name: tiny-scene'), /data\.name/],
    ['a metric of questions', (text: string) => text.replace('[CIDEr-D,', '[accuracy,'), /is no metric of captions/],
    [
      'a question where none is asked',
      (text: string) => text.replace('this image.', '{question}'),
      /must not hold \{question\}/,
    ],
    ['no default', (text: string) => text.replace('  default:', '  other:'), /must have a variant `default`/],
    [
      'a published table that is none',
      (text: string) => `${text}\npublished: { table: none, columns: [COCO] }\n`,
      /published\.table must name one of caption-cider/,
    ],
  ])('%s', (_, change, message) => {
    expect(refusalOf(change)).toMatch(message);
  });
});
