/** Every kind of damage that a finished record can take, with the exact text that its reader gets. */
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatError } from '../../../harness/errors.js';
import { readReproduction, reproductionOf, writeReproduction } from '../../../harness/records/reproduction.js';
import type { RunResult } from '../../../harness/records/result.js';
import { readFinishedRun, readFinishedRunIn, runPaths } from '../../../harness/records/run-record.js';
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
        `  fix:     ${afresh}`,
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
        `  fix:     ${restore}`,
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
        `  fix:     ${restore}`,
      ),
    );
  });

  test.each([
    ['config.json', (content: string) => content.slice(0, -20)],
    ['config.json', (content: string) => content.replace('"seed"', '"sede"')],
    ['provenance.json', () => '[]'],
    ['examples.json', (content: string) => content.replace('"width":2', '"width":"2"')],
  ])('with a damaged %s is refused', (name, change) => {
    edit(name, change);
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the file is missing or damaged',
        `  where:    ${fileOf(name)}`,
        '  fix:     restore the file, or delete the folder of this run and run again',
      ),
    );
  });

  test('with another seed in its config.json is refused', () => {
    edit('config.json', (content) => content.replace('"seed": 1', '"seed": 2'));
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the configuration of this record is not the one that it was run with',
        `  where:    ${fileOf('config.json')}`,
        `  expected: a configuration whose hash is ${runId}`,
        '  fix:     restore the file, or delete the folder of this run and run again',
      ),
    );
  });

  test('with a line in events.jsonl that is no event is refused', () => {
    edit('events.jsonl', (content) => content.replace('"type":"step"', '"typo":"step"'));
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the event log holds a line that is not an event',
        `  where:    ${fileOf('events.jsonl')}:2`,
        '  expected: one JSON object with a type and a time',
        `  fix:     ${afresh}`,
      ),
    );
  });

  test.each([
    ['nothing', () => ''],
    ['nothing after some step', (content: string) => `${content.split('\n').slice(0, 9).join('\n')}\n`],
    ['all but one step', (content: string) => content.replace(/^.*"type":"step".*\n/m, '')],
    ['all but its end', (content: string) => content.replace(/^.*"type":"finished".*\n/m, '')],
  ])('whose events.jsonl holds %s is refused', (_, change) => {
    edit('events.jsonl', change);
    expect(complaint(() => readFinishedRun(store, runId))).toBe(
      text(
        'error: the event log is incomplete',
        `  where:    ${fileOf('events.jsonl')}`,
        `  expected: steps 1 to ${result.steps} and the end of the run`,
        `  fix:     ${restore}`,
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
        '  fix:     name the folder of a finished run, or finish this one by the command that trains it',
      ),
    );
  });
});

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
      text('error: the file is damaged', `  where:    ${file}`, '  fix:     run the command that writes it again'),
    );
  });

  test('of another version says which', () => {
    const file = write(store);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"schemaVersion": 2', '"schemaVersion": 1'));
    expect(complaint(() => readReproduction(store))).toBe(
      text(
        'error: the file is of another version of vlm-bench (schema 1)',
        `  where:    ${file}`,
        '  fix:     run the command that writes it again',
      ),
    );
    write(store);
  });

  test('that is not there is one clear error', () => {
    expect(complaint(() => readReproduction(store))).toBe(
      text(
        'error: there is no reproduction here',
        `  where:    ${join(store, 'reproduction.json')}`,
        '  fix:     run the command that writes it again',
      ),
    );
  });
});
