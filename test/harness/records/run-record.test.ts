import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { listCheckpoints, readCheckpoint, saveCheckpoint } from '../../../harness/records/checkpoints.js';
import { openEventLog, readEvents, rewindEvents } from '../../../harness/records/events.js';
import { beginRun, readFinishedRun, runPaths } from '../../../harness/records/run-record.js';
import { performRun } from '../../../harness/run/perform-run.js';
import { writeFileAtomically } from '../../../reference-model/files/atomic-file.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

const step = (number: number) =>
  ({
    type: 'step',
    stage: 'joint',
    step: number,
    totalSteps: 9,
    loss: 1,
    learningRate: {},
    gradientNorm: 1,
    tokens: 1,
    answerTokens: 1,
  }) as const;

describe('the event log', () => {
  test('drops a torn last line, whatever is left of it', () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    const log = openEventLog(file);
    log.append(step(1));
    log.append(step(2));
    log.close();
    const whole = readFileSync(file, 'utf8');
    const last = whole.trimEnd().split('\n').at(-1)!;
    for (let kept = 0; kept <= last.length; kept++) {
      writeFileSync(file, whole + last.slice(0, kept));
      expect(readEvents(file).map((event) => event.type === 'step' && event.step)).toEqual([1, 2]);
    }
  });

  test('refuses a damaged line before the last, with its number', () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    writeFileSync(
      file,
      '{"type":"checkpoint","step":1,"time":1}\n{"type":"chec\n{"type":"checkpoint","step":2,"time":2}\n',
    );
    expect(() => readEvents(file)).toThrow(`where:    ${file}:2`);
  });

  test('is cut back to the step of a checkpoint, sessions kept', () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    const log = openEventLog(file);
    log.append({ type: 'session-started', resumedFromStep: 0, jobs: 1 });
    for (const number of [1, 2, 3]) log.append(step(number));
    log.append({ type: 'validation', stage: 'joint', step: 3, loss: {} });
    log.append({ type: 'training-finished' });
    log.close();
    appendFileSync(file, '{"type":"st');
    rewindEvents(file, 2);
    expect(readEvents(file).map((event) => ('step' in event ? event.step : event.type))).toEqual([
      'session-started',
      1,
      2,
    ]);
  });
});

describe('checkpoints', () => {
  test('are kept two at a time, newest first, and leftovers of writes are ignored', () => {
    const folder = temporaryFolder();
    for (const number of [50, 100, 150]) saveCheckpoint(folder, { bytes: Uint8Array.of(number), step: number });
    writeFileSync(join(folder, 'step-0000200-0123456789abcdef.safetensors.tmp-1-aa'), 'half');
    expect(listCheckpoints(folder).map(({ step: number }) => number)).toEqual([150, 100]);
    expect(readCheckpoint(listCheckpoints(folder)[0]!)).toEqual(Buffer.from([150]));
  });

  test('that were damaged are refused, with what to delete', () => {
    const folder = temporaryFolder();
    saveCheckpoint(folder, { bytes: Uint8Array.of(1, 2, 3), step: 5 });
    const [checkpoint] = listCheckpoints(folder);
    writeFileSync(checkpoint!.file, Uint8Array.of(1, 2));
    expect(() => readCheckpoint(checkpoint!)).toThrow(
      [
        'error: the checkpoint is damaged: its bytes do not match the digest in its name',
        `  where:    ${checkpoint!.file}`,
        '  fix:     delete this file and run again; the run resumes from the checkpoint before it, or from the start',
      ].join('\n'),
    );
  });

  test('newer than the event log are passed over', async () => {
    const { job } = (await fakeJobs(temporaryFolder(), fakePlan({ smoke: true })))[0]!;
    const paths = runPaths(job.store, job.runId);
    mkdirSync(paths.folder, { recursive: true });
    const log = openEventLog(paths.events);
    for (let number = 1; number <= 10; number++) log.append(step(number));
    log.close();
    saveCheckpoint(paths.checkpoints, { bytes: Uint8Array.of(10), step: 10 });
    saveCheckpoint(paths.checkpoints, { bytes: Uint8Array.of(20), step: 20 });
    expect(beginRun(paths, job.identity, job.provenance)).toEqual({ step: 10, bytes: Buffer.from([10]) });
  });
});

test('an atomic write leaves nothing behind when it fails', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'taken'));
  expect(() => writeFileAtomically(join(folder, 'taken'), 'text')).toThrow();
  expect(readdirSync(folder)).toEqual(['taken']);
});

describe('a finished record', () => {
  async function finished() {
    const store = temporaryFolder();
    const [first] = await fakeJobs(store, fakePlan({ smoke: true }));
    const { job } = first!;
    const signal = new AbortController().signal;
    const result = await performRun(job, { machinery: fakeMachinery, onProgress: () => {}, signal });
    return { store, runId: job.runId, paths: runPaths(store, job.runId), result };
  }

  test('holds all that later steps need', async () => {
    const { store, runId, result, paths } = await finished();
    const record = readFinishedRun(store, runId);
    expect(record.result).toEqual(result);
    expect(record.predictions).toHaveLength(60);
    expect(record.examples).toHaveLength(8);
    expect(record.events.filter(({ type }) => type === 'step')).toHaveLength(result.steps);
    expect(readdirSync(paths.lock)).toEqual([]);
  });

  test('keeps times and paths out of the result', async () => {
    const { paths, store, result } = await finished();
    const text = readFileSync(paths.result, 'utf8');
    expect(text).not.toContain(store);
    expect(text).not.toMatch(/time|seconds|\/tmp|20\d\d-/);
    expect(result.scores['CIDEr-D/human-captions']!.signature).toContain('tok:');
  });

  test.each([
    ['result.json', 'the result of a finished run is damaged: its content does not match its checksum'],
    ['weights.safetensors', 'the file was changed after the run had finished'],
    ['predictions.jsonl', 'the file was changed after the run had finished'],
    ['config.json', 'the file is missing or damaged'],
    ['examples.json', 'the file is missing or damaged'],
  ])('with a damaged %s is one clear error', async (name, what) => {
    const { store, runId, paths } = await finished();
    const file = join(paths.folder, name);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 9));
    try {
      readFinishedRun(store, runId);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      const [problem] = (error as UserError).problems;
      expect(problem).toMatchObject({ code: 'record-corrupt', what, where: file });
      expect(problem!.fix).toContain('delete the folder of this run');
    }
  });

  test('with another configuration than it was run with is refused', async () => {
    const { store, runId, paths } = await finished();
    writeFileSync(paths.config, readFileSync(paths.config, 'utf8').replace('"seed": 1', '"seed": 2'));
    expect(() => readFinishedRun(store, runId)).toThrow(
      'the configuration of this record is not the one that it was run with',
    );
  });

  test('does not exist for a run that has not ended', () => {
    const store = temporaryFolder();
    expect(existsSync(runPaths(store, 'f'.repeat(20)).folder)).toBe(false);
    expect(() => readFinishedRun(store, 'f'.repeat(20))).toThrow(`error: run ${'f'.repeat(20)} has no result`);
  });
});
