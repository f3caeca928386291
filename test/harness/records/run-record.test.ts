import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { listCheckpoints, saveCheckpoint, verifyCheckpoint } from '../../../harness/records/checkpoints.js';
import { openEventLog, readEvents, rewindEvents } from '../../../harness/records/events.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { beginRun, readFinishedRun, readFinishedRunIn } from '../../../harness/records/run-record.js';
import type { Machinery } from '../../../harness/run/machinery.js';
import { performRun } from '../../../harness/run/perform-run.js';
import { openCheckpoint, writeCheckpoint } from '../../../reference-model/checkpoint/checkpoint-folder.js';
import { saveTensors } from '../../../reference-model/checkpoint/trained-weights.js';
import { writeFileAtomically } from '../../../reference-model/files/atomic-file.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
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
  const run = 'a'.repeat(20);
  /** A checkpoint whose weights are its step, in two shards. */
  const save = (folder: string, step: number, owner = { run, step }) =>
    saveCheckpoint(folder, { step, log: { bytes: 0, sha256: sha256('') } }, async (temporary) => {
      const tensor = { dtype: 'F32', shape: [1], read: () => Float32Array.of(step) } as const;
      const content = { ...owner, updates: step, weights: new Map([['w', tensor]]), moments: new Map([['m', tensor]]) };
      writeCheckpoint(temporary, content);
    });
  const weightOf = (folder: string) => openCheckpoint(folder).weights.get('w')!.read()[0];

  test('are kept two at a time, newest first, and leftovers of writes are ignored', async () => {
    const folder = temporaryFolder();
    for (const number of [50, 100, 150]) await save(folder, number);
    mkdirSync(join(folder, '.tmp-1-aa'));
    writeFileSync(join(folder, 'step-0000200-0123456789abcdef.safetensors'), 'of an earlier version');
    expect(listCheckpoints(folder).map(({ step: number }) => number)).toEqual([150, 100]);
    expect(readdirSync(folder).filter((name) => /^step-\d+-[0-9a-f]+$/.test(name))).toHaveLength(2);
    const [newest] = listCheckpoints(folder);
    verifyCheckpoint(newest!, run);
    expect(weightOf(newest!.folder)).toBe(150);
  });

  const damages: readonly (readonly [string, (folder: string) => void])[] = [
    ['a shard cut off', (folder) => truncateSync(join(folder, 'model-00001-of-00001.safetensors'), 20)],
    ['a shard missing', (folder) => rmSync(join(folder, 'optimizer-00001-of-00001.safetensors'))],
    ['another index', (folder) => appendFileSync(join(folder, 'index.json'), ' ')],
    ['no index', (folder) => rmSync(join(folder, 'index.json'))],
    ['an index that is cut off', (folder) => truncateSync(join(folder, 'index.json'), 50)],
    [
      'a shard whose last bit differs',
      (folder) => {
        const shard = join(folder, 'model-00001-of-00001.safetensors');
        const bytes = readFileSync(shard);
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(shard, bytes);
      },
    ],
  ];
  test.each(damages)('with %s are refused, with what to delete', async (_, spoil) => {
    const folder = temporaryFolder();
    const checkpoint = await save(folder, 5);
    spoil(checkpoint.folder);
    expect(() => verifyCheckpoint(checkpoint, run)).toThrow(
      [
        'error: the checkpoint is damaged: its bytes do not match their digests',
        `  where:    ${checkpoint.folder}`,
        '  fix:      delete this folder and run again; the run resumes from the checkpoint before it, or from the start',
      ].join('\n'),
    );
  });

  test.each([
    ['run', { run: 'b'.repeat(20), step: 5 }, `run ${'b'.repeat(20)}`],
    ['step', { run, step: 6 }, 'step 6'],
  ])('of another %s are refused although their digests are right', async (_, owner, whose) => {
    const checkpoint = await save(temporaryFolder(), 5, owner);
    expect(() => verifyCheckpoint(checkpoint, run)).toThrow(
      [
        `error: the checkpoint is not this run's own: it is that of ${whose}`,
        `  where:    ${checkpoint.folder}`,
        `  expected: a checkpoint of run ${run} after step 5`,
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
    for (const number of [10, 20]) await save(paths.checkpoints, number, { run: job.runId, step: number });
    mkdirSync(join(paths.checkpoints, '.tmp-1-aa'));
    const checkpoint = beginRun(paths, job.identity, job.provenance);
    expect(checkpoint?.step).toBe(10);
    expect(weightOf(checkpoint!.folder)).toBe(10);
    expect(readdirSync(paths.checkpoints).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
  });
});

test('an atomic write leaves nothing behind when it fails', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'taken'));
  expect(() => writeFileAtomically(join(folder, 'taken'), 'text')).toThrow();
  expect(readdirSync(folder)).toEqual(['taken']);
});

describe('a finished record', () => {
  async function finished(machinery: Machinery = fakeMachinery) {
    const store = temporaryFolder();
    const [first] = await fakeJobs(store, fakePlan({ smoke: true }));
    const { job } = first!;
    const signal = new AbortController().signal;
    const result = await performRun(job, { machinery, onProgress: () => {}, signal });
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
    ['config.json', 'the file was changed after the run had finished'],
    ['examples.json', 'the file was changed after the run had finished'],
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

  test('whose weights are shards is read with them, and refused when one is not as it was', async () => {
    const tensor = (value: number) =>
      ({ dtype: 'F32', shape: [2], read: () => Float32Array.of(value, value) }) as const;
    const sharded: Machinery = {
      ...fakeMachinery,
      saveWeights: (_, record) =>
        saveTensors(new Map([1, 2, 3].map((value) => [`w${value}`, tensor(value)])), record, { shardBytes: 8 }),
    };
    const { store, runId, paths, result } = await finished(sharded);
    expect(existsSync(paths.weights)).toBe(false);
    expect(result.parameters).toBe(6);
    expect(readFinishedRunIn(paths.folder).weights).toBe(join(paths.folder, 'weights'));
    const shard = join(paths.folder, 'weights', 'model-00002-of-00003.safetensors');
    const bytes = readFileSync(shard);
    for (const spoil of [() => truncateSync(shard, bytes.length - 1), () => rmSync(shard)]) {
      spoil();
      expect(() => readFinishedRun(store, runId)).toThrow(`where:    ${shard}`);
      writeFileSync(shard, bytes);
      expect(readFinishedRun(store, runId).result).toEqual(result);
    }
    rmSync(join(paths.folder, 'weights', 'model.safetensors.index.json'));
    expect(() => readFinishedRun(store, runId)).toThrow('error: the file is missing');
  });

  test('with another configuration than it was run with is refused', async () => {
    const { store, runId, paths } = await finished();
    writeFileSync(paths.config, readFileSync(paths.config, 'utf8').replace('"seed": 1', '"seed": 2'));
    expect(() => readFinishedRun(store, runId)).toThrow('the file was changed after the run had finished');
  });

  test('does not exist for a run that has not ended', () => {
    const store = temporaryFolder();
    expect(existsSync(runPaths(store, 'f'.repeat(20)).folder)).toBe(false);
    expect(() => readFinishedRun(store, 'f'.repeat(20))).toThrow(`error: run ${'f'.repeat(20)} has no result`);
  });
});
