/** Every kind of damage that a finished record can take, with the exact text that its reader gets. */
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatError } from '../../../harness/errors.js';
import type { TitledJob } from '../../../harness/execution/execute-runs.js';
import { listCheckpoints } from '../../../harness/records/checkpoints.js';
import { earlierReproduction } from '../../../harness/records/registration.js';
import { readReproduction, reproductionOf, writeReproduction } from '../../../harness/records/reproduction.js';
import { type RunResult, resultText } from '../../../harness/records/result.js';
import { runPaths, runPathsIn } from '../../../harness/records/run-paths.js';
import { beginRun, readFinishedRun, readFinishedRunIn } from '../../../harness/records/run-record.js';
import { verifyRecords } from '../../../harness/records/verify-records.js';
import { performRun } from '../../../harness/run/perform-run.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

const plan = fakePlan({ smoke: true });
const whole = temporaryFolder();
const store = temporaryFolder();
let runId: string;
let result: RunResult;

beforeAll(async () => {
  const { job } = (await fakeJobs(whole, plan))[0]!;
  runId = job.runId;
  const signal = new AbortController().signal;
  result = await performRun(job, { machinery: fakeMachinery, onProgress: () => {}, signal });
});

beforeEach(() => {
  rmSync(store, { recursive: true });
  cpSync(whole, store, { recursive: true });
});

const fileOf = (name: string) => join(store, 'runs', runId, name);

function complaint(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return formatError(error);
  }
  throw new Error('the damage went unnoticed');
}

/** The record as the version before digests wrote it. */
function unseal(folder = runPaths(store, runId).folder): void {
  const { digests, result: file } = runPathsIn(folder);
  const { checksum: _, ...sealed } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, resultText({ ...sealed, schemaVersion: 1 }));
  rmSync(digests);
}

const text = (...lines: readonly string[]) => lines.join('\n');
const edit = (name: string, change: (content: string) => string) =>
  writeFileSync(fileOf(name), change(readFileSync(fileOf(name), 'utf8')));
const afresh = 'delete the folder of this run and run again; it will be trained anew';
const restore = `restore the file, or ${afresh}`;

describe('a finished record', () => {
  test.each([
    ['is cut off', (content: string) => content.slice(0, -20)],
    ['holds another score', (content: string) => content.replace(/"value": [\d.]+/, '"value": 9')],
    ['holds a score that is not a number', (content: string) => content.replace(/"value": [\d.]+/, '"value": NaN')],
    ['holds a score that is null', (content: string) => content.replace(/"value": [\d.]+/, '"value": null')],
    ['is empty', () => ''],
  ])('whose result.json %s is refused', (_, change) => {
    edit('result.json', change);
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the result of a finished run is damaged: its content does not match its checksum',
        `  where:    ${fileOf('result.json')}`,
        `  fix:      ${afresh}`,
      ),
    );
  });

  test.each([
    ['truncated weights', 'weights.safetensors', 'weights'],
    ['no prediction at all', 'predictions.jsonl', 'predictions'],
  ] as const)('with %s is refused', (_, name, digest) => {
    truncateSync(fileOf(name), name === 'predictions.jsonl' ? 0 : 50);
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the file was changed after the run had finished',
        `  where:    ${fileOf(name)}`,
        `  expected: SHA-256 ${result[digest]}`,
        `  fix:      ${restore}`,
      ),
    );
  });

  test('without its weights is refused', () => {
    rmSync(fileOf('weights.safetensors'));
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the file is missing',
        `  where:    ${fileOf('weights.safetensors')}`,
        `  expected: SHA-256 ${result.weights}`,
        `  fix:      ${restore}`,
      ),
    );
  });

  test.each([
    ['config.json', (content: string) => content.slice(0, -20)],
    ['config.json', (content: string) => content.replace('"seed"', '"sede"')],
    ['provenance.json', () => '[]'],
    ['examples.json', (content: string) => content.replace('"width":2', '"width":"2"')],
  ])('of an earlier version with a damaged %s is refused', (name, change) => {
    unseal();
    edit(name, change);
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the file is missing or damaged',
        `  where:    ${fileOf(name)}`,
        '  fix:      restore the file, or delete the folder of this run and run again',
      ),
    );
  });

  test('of an earlier version with another seed in its config.json is refused', () => {
    unseal();
    edit('config.json', (content) => content.replace('"seed": 1', '"seed": 2'));
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the configuration of this record is not the one that it was run with',
        `  where:    ${fileOf('config.json')}`,
        `  expected: a configuration whose hash is ${runId}`,
        '  fix:      restore the file, or delete the folder of this run and run again',
      ),
    );
  });

  test('of an earlier version with a line in events.jsonl that is no event is refused', () => {
    unseal();
    edit('events.jsonl', (content) => content.replace('"type":"step"', '"typo":"step"'));
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the event log holds a line that is not an event',
        `  where:    ${fileOf('events.jsonl')}:2`,
        '  expected: one JSON object with a type and a time',
        `  fix:      ${afresh}`,
      ),
    );
  });

  test.each([
    ['nothing', () => ''],
    ['nothing after some step', (content: string) => `${content.split('\n').slice(0, 9).join('\n')}\n`],
    ['all but one step', (content: string) => content.replace(/^.*"type":"step".*\n/m, '')],
    ['all but its end', (content: string) => content.replace(/^.*"type":"finished".*\n/m, '')],
  ])('of an earlier version whose events.jsonl holds %s is refused', (_, change) => {
    unseal();
    edit('events.jsonl', change);
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the event log is incomplete',
        `  where:    ${fileOf('events.jsonl')}`,
        `  expected: steps 1 to ${result.steps} and the end of the run`,
        `  fix:      ${restore}`,
      ),
    );
  });

  test('is read wherever it lies, and a folder that is none says what one is', () => {
    const { folder } = runPaths(store, runId);
    expect(readFinishedRunIn(folder)).toMatchObject({ result, weights: fileOf('weights.safetensors') });
    const moved = join(store, 'moved');
    cpSync(folder, moved, { recursive: true });
    expect(readFinishedRunIn(moved)).toMatchObject({ result, weights: join(moved, 'weights.safetensors') });
    expect(complaint(() => readFinishedRunIn(store))).toBe(
      text(
        'error: there is no finished run here',
        `  where:    ${store}`,
        '  expected: the folder of a run: <results>/runs/<run id>, with result.json in it',
        '  fix:      name the folder of a finished run, or finish this one by the command that trains it',
      ),
    );
  });
});

const moveAway =
  'restore the file, or move it away and run the command that writes it again; what was decided here before is then not known';

describe('reproduction.json', () => {
  const write = (folder: string) => {
    const runIds = plan.runs.map(() => runId);
    writeReproduction(folder, reproductionOf(plan, { runIds, prefixIds: [], fingerprint: 'f', command: 'c' }));
    return join(folder, 'reproduction.json');
  };

  test.each([
    ['is cut off', (content: string) => content.slice(0, -20)],
    ['names a run by a path', (content: string) => content.replace(runId, '../../../../etc')],
    ['names its suite by a path', (content: string) => content.replace('"id": "finding-1"', '"id": "../../finding-1"')],
    ['has an unknown key', (content: string) => content.replace('"smoke"', '"smoke": true, "and"')],
  ])('that %s is refused', (_, change) => {
    const file = write(store);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect(complaint(() => readReproduction(store))).toBe(
      text('error: the file is damaged', `  where:    ${file}`, `  fix:      ${moveAway}`),
    );
  });

  test.each([
    [1, 'run the command that writes it again, in another folder'],
    [4, 'use that version or a newer one; to begin anew without its history, move the file away'],
  ])('of schema %i says which, and what to do', (version, fix) => {
    const file = write(store);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"schemaVersion": 3', `"schemaVersion": ${version}`));
    const expected = text(
      `error: the file is of another version of vlm-bench (schema ${version})`,
      `  where:    ${file}`,
      `  fix:      ${fix}`,
    );
    expect(complaint(() => readReproduction(store))).toBe(expected);
    // Nor is it written over, history and all.
    expect(complaint(() => earlierReproduction(store))).toBe(expected);
    write(store);
  });

  test('of the version before checksums is read', () => {
    const file = write(store);
    const { checksum: _, ...content } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...content, schemaVersion: 2 }));
    expect(readReproduction(store)).toEqual({ ...content, schemaVersion: 3 });
  });

  test('that is not there is one clear error', () => {
    expect(complaint(() => readReproduction(store))).toBe(
      text(
        'error: there is no reproduction here',
        `  where:    ${join(store, 'reproduction.json')}`,
        '  fix:      run the command that writes it again',
      ),
    );
  });
});

describe('one flipped bit', () => {
  const flip = (file: string, bit: number) => {
    const bytes = readFileSync(file);
    bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
    writeFileSync(file, bytes);
  };

  const files = [
    'config.json',
    'provenance.json',
    'events.jsonl',
    'predictions.jsonl',
    'examples.json',
    'weights.safetensors',
    'digests.json',
    'result.json',
  ];
  test.each(files)('in %s is never read as what was recorded', (name) => {
    fc.assert(
      fc.property(fc.nat(2 ** 20), (bit) => {
        const intact = readFileSync(fileOf(name));
        flip(fileOf(name), bit);
        let message = '';
        try {
          // Records whose schema says that they are of an earlier version carry no digests, so the flag itself must be safe too.
          readFinishedRun(store, runId);
        } catch (error) {
          message = formatError(error);
        }
        writeFileSync(fileOf(name), intact);
        expect(message).toMatch(/^error: the (file was changed|result of a finished run|digests of a finished run)/);
      }),
      { numRuns: 25 },
    );
  });

  test('in a checkpoint, or in the event log before it, keeps a run from being resumed', async () => {
    const [{ job }] = (await fakeJobs(temporaryFolder(), plan)) as [TitledJob];
    const paths = runPaths(job.store, job.runId);
    const stop = new AbortController();
    const interrupted = performRun(job, {
      machinery: fakeMachinery,
      onProgress: (event) => event.type === 'checkpoint' && stop.abort(),
      signal: stop.signal,
    });
    await expect(interrupted).rejects.toThrow();
    const [checkpoint] = listCheckpoints(paths.checkpoints);
    const resume = () => beginRun(paths, job.identity, job.provenance);
    const all = [paths.events, ...readdirSync(checkpoint!.folder).map((name) => join(checkpoint!.folder, name))];
    for (const file of all) {
      const intact = readFileSync(file);
      flip(file, 8 * 40 + 1);
      expect(complaint(resume), file).toMatch(/^error: the (event log|checkpoint is damaged)/);
      writeFileSync(file, intact);
    }
    expect(resume()?.step).toBe(checkpoint!.step);
  });

  test('in a reproduction or in the list of evaluated images is refused', () => {
    const runIds = plan.runs.map(() => runId);
    writeReproduction(store, reproductionOf(plan, { runIds, prefixIds: [], fingerprint: 'f', command: 'c' }));
    const file = join(store, 'reproduction.json');
    const intact = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(8 * intact.length - 1), (bit) => {
        flip(file, bit);
        let read: unknown;
        try {
          read = readReproduction(store);
        } catch (error) {
          expect(formatError(error)).toMatch(/^error: the file is (damaged|of another version)/);
        }
        writeFileSync(file, intact);
        // White space around values says nothing.
        if (read !== undefined) expect(read).toEqual(readReproduction(store));
      }),
      { numRuns: 100 },
    );
  });
});

describe('vlm-bench verify', () => {
  test('reads every file once, and tells records of earlier versions apart', async () => {
    expect(await verifyRecords([store])).toEqual([
      { folder: runPaths(store, runId).folder, kind: 'run', complete: true },
    ]);
    unseal();
    expect(await verifyRecords([runPaths(store, runId).folder])).toMatchObject([{ complete: false }]);
    edit('predictions.jsonl', (content) => content.slice(1));
    await expect(verifyRecords([store])).rejects.toThrow('the file was changed after the run had finished');
    await expect(verifyRecords([temporaryFolder()])).rejects.toThrow('there is no finished record here');
  });
});
