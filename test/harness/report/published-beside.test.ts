/** Published numbers beside an evaluation: comparable only where everything is known to be the same, and said what is not. */
import { expect, test } from 'vitest';
import type { EvaluationRecord } from '../../../harness/records/evaluation-record.js';
import { publishedBeside } from '../../../harness/report/evaluation/published-beside.js';
import { readBenchmark } from '../../../harness/suite/benchmark/find-benchmark.js';
import { readPublishedTables } from '../../../harness/suite/published.js';

const coco = readBenchmark('coco-caption');

const evaluation = (changes: Partial<EvaluationRecord> = {}): EvaluationRecord => ({
  format: 'vlm-bench evaluation 1',
  status: 'complete',
  benchmark: {
    ...{ id: 'coco-caption', version: 1, variant: 'default', title: 'COCO captions', task: 'captions' },
    ...{ prompt: coco.prompt, maximumTokens: 64, cutAnswers: 'failure', postProcessing: ['trim'] },
  },
  data: { name: 'coco-karpathy', split: 'test', fingerprint: 'f' },
  model: { label: 'm', kind: 'command', name: 'm' },
  items: { total: 5000, chosen: 5000 },
  outcomes: { text: 5000, cut: 0, refused: 0, filtered: 0, failed: 0 },
  emptyTexts: 0,
  unscored: 0,
  allowedShare: 0,
  failures: [],
  scores: [],
  overlap: { known: 'unknown', why: '' },
  log: 'logs/x.jsonl',
  ...changes,
});

test('every number of the table stands there with its source, and says what is not known to be the same', () => {
  const rows = publishedBeside(coco, evaluation());
  const [table] = readPublishedTables(['caption-cider']);
  expect(rows.map(({ value }) => value)).toEqual(table!.rows.flatMap(({ values }) => values.COCO ?? []));
  for (const { comparable, source } of rows) {
    expect(comparable).toContain('its source states no prompt; its source states no length of answers');
    expect(source.address).toMatch(/^https:/);
  }
});

test('another split, and a part alone, are named as well', () => {
  const [row] = publishedBeside(
    coco,
    evaluation({
      data: { name: 'coco-2014', split: 'validation', fingerprint: 'f' },
      items: { total: 40_504, chosen: 100, limitSeed: 1 },
    }),
  );
  expect(row!.comparable).toMatch(/^no: it is of coco-karpathy, test; .*only a part was scored here$/);
});

test('a benchmark without published numbers has none', () => {
  expect(publishedBeside(readBenchmark('easy-vqa'), evaluation())).toEqual([]);
});
