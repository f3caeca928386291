/** What a model said is scored only if it fits the split one to one, and only numbers become scores. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatError } from '../../../harness/errors.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import type { Machinery } from '../../../harness/run/machinery.js';
import { performRun } from '../../../harness/run/perform-run.js';
import type { RunJob } from '../../../harness/run/run-job.js';
import { scorePredictions } from '../../../harness/score/score-predictions.js';
import type { DataSet } from '../../../reference-model/data/dataset.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

const { config } = fakePlan({ smoke: true }).runs[0]!;
type Predictions = Awaited<ReturnType<Machinery['predict']>>;
let data: DataSet;
let whole: Predictions;

beforeAll(async () => {
  data = await fakeMachinery.loadDataSet(config.data);
  whole = await fakeMachinery.predict({ state: [1, 2, 3, 4, 5, 6, 7, 8], bidirectional: true }, config, data);
});

function complaint(predictions: Predictions): string {
  try {
    scorePredictions(predictions, { config, dataSets: { 'tiny-scenes': data } });
  } catch (error) {
    return formatError(error);
  }
  throw new Error('the predictions were scored');
}

const mismatch = (what: string, found: string, expected: string) =>
  [
    `error: the model's predictions do not match the ${what} of the split: ${found}`,
    `  expected: ${expected}`,
    '  fix:      report this; a run must predict every sample once',
  ].join('\n');

describe('predictions', () => {
  test('that fit are scored', () => {
    expect(scorePredictions(whole, { config, dataSets: { 'tiny-scenes': data } }).predictions).toHaveLength(
      whole.captions.length + whole.answers.length,
    );
  });

  test('that lack an image are refused', () => {
    const predictions = { ...whole, captions: whole.captions.toSpliced(1, 1) };
    expect(complaint(predictions)).toBe(mismatch('images', 'prediction 1 for "test-2"', '"test-1"'));
  });

  test('that name an image twice are refused', () => {
    const predictions = { ...whole, captions: whole.captions.toSpliced(1, 0, whole.captions[0]!) };
    expect(complaint(predictions)).toBe(mismatch('images', 'prediction 1 for "test-0"', '"test-1"'));
  });

  test('about an image of another split are refused', () => {
    const stranger = { ...whole.captions[0]!, imageId: '../../etc/passwd' };
    const predictions = { ...whole, captions: whole.captions.with(0, stranger) };
    expect(complaint(predictions)).toBe(mismatch('images', 'prediction 0 for "../../etc/passwd"', '"test-0"'));
  });

  test('that answer a question twice are refused', () => {
    const predictions = { ...whole, answers: [...whole.answers, whole.answers[0]!] };
    const { length } = whole.answers;
    expect(complaint(predictions)).toBe(mismatch('questions', `${length + 1} predictions`, `${length} questions`));
  });

  test('of nothing are refused', () => {
    const wanted = `${whole.answers.length} questions`;
    expect(complaint({ ...whole, answers: [] })).toBe(mismatch('questions', '0 predictions', wanted));
  });
});

describe('a score that is not a number', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('(%d) ends the run without a result', async (loss) => {
    const { job } = (await fakeJobs(temporaryFolder(), fakePlan({ smoke: true })))[0]!;
    const diverging: Machinery = {
      ...fakeMachinery,
      train: (training) =>
        fakeMachinery.train({
          ...training,
          onEvent: (event) =>
            training.onEvent(event.type === 'validation' ? { ...event, loss: { 'ai-captions': loss } } : event),
        }),
    };
    expect(await failure(job, diverging)).toBe(
      [
        'error: the score validation-loss/ai-captions is NaN',
        '  expected: a finite number',
        '  fix:      lower the learning rates: a training that diverges ends in weights that are not numbers',
      ].join('\n'),
    );
    expect(existsSync(runPaths(job.store, job.runId).result)).toBe(false);
  });
});

async function failure(job: RunJob, machinery: Machinery): Promise<string> {
  const { signal } = new AbortController();
  return performRun(job, { machinery, onProgress: () => {}, signal }).then(
    () => 'the run ended well',
    (error: unknown) => formatError(error),
  );
}
