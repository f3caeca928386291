/** Runs that share their first stages, with the real trainer: forked, they end with the bits of runs that trained every step. */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TitledJob } from '../../../harness/execution/execute-runs.js';
import { prepareJobs } from '../../../harness/experiment/prepare-jobs.js';
import { listCheckpoints } from '../../../harness/records/checkpoints.js';
import { forkOf, type RecordedEvent, readEvents } from '../../../harness/records/events.js';
import { beginsWith } from '../../../harness/records/fork.js';
import { type RunPaths, runPaths } from '../../../harness/records/run-paths.js';
import { timingOf, trainingFlops, unionSeconds } from '../../../harness/report/compute.js';
import { performRun } from '../../../harness/run/perform-run.js';
import { referenceModel } from '../../../harness/run/reference-model.js';
import type { RunJob, RunProgress } from '../../../harness/run/run-job.js';
import { indexFile } from '../../../reference-model/checkpoint/checkpoint-folder.js';
import type { RunConfig, Stage } from '../../../reference-model/recipe/recipe.js';
import type { TrainingJob } from '../../../reference-model/training/train.js';
import { tinyData, tinyRun } from '../../reference-model/training/tiny-run.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const [align, joint] = tinyRun().recipe.stages as [Stage, Stage];
const adapt = (rate: number): Stage => ({
  ...joint,
  name: 'adapt',
  steps: 3,
  learningRate: { ...joint.learningRate, language: rate },
});
const nothing = { split: 'test', captionImages: 0, questions: 0 } as const;
const run = (stages: readonly Stage[]): RunConfig =>
  tinyRun({ stages, validateEverySteps: 2, checkpointEverySteps: 2, validationExamples: 4 });

/** Shared stages within shared stages, and two runs that part after the second. */
const prefixes = [
  { title: 'shared stages align, seed 7', config: { ...run([align]), evaluation: nothing } },
  { title: 'shared stages align…joint, seed 7', config: { ...run([align, joint]), evaluation: nothing }, prefix: 0 },
];
const runs = [1e-3, 3e-3].map((rate) => ({
  title: `rate ${rate}`,
  config: run([align, joint, adapt(rate)]),
  prefix: 1,
}));

const machinery = {
  ...referenceModel,
  loadDataSet: async () => ({ ...(await tinyData()), fingerprint: 'of the tiny data' }),
  dataFingerprint: async () => 'of the tiny data',
};

async function prepared(store: string, forked: boolean): Promise<readonly RunJob[]> {
  const configs = [...prefixes, ...runs].map(
    ({ prefix, ...titled }: (typeof runs)[number] | (typeof prefixes)[number]) =>
      forked && prefix !== undefined ? { ...titled, prefix } : titled,
  );
  const { jobs } = await prepareJobs(configs, { store, engine: 'wasm', machinery, parallel: 1 });
  return jobs.map(({ job }: TitledJob) => job);
}

const perform = (job: RunJob, onProgress: (progress: RunProgress) => void = () => {}) =>
  performRun(job, { machinery, onProgress, signal: new AbortController().signal });

const pathsOf = ({ store, runId }: RunJob): RunPaths => runPaths(store, runId);
const decisive = (job: RunJob) => {
  const { result, weights, predictions } = pathsOf(job);
  return [result, weights, predictions].map((file) => readFileSync(file, 'hex'));
};
/** What the trainer told, without the clock. */
const told = (events: readonly RecordedEvent[]) =>
  events.flatMap(({ time: _, ...event }) => (event.type === 'step' || event.type === 'validation' ? [event] : []));
const eventsOf = (job: RunJob) => readEvents(pathsOf(job).events);

let alone: readonly RunJob[];
beforeAll(async () => {
  alone = (await prepared(temporaryFolder(), false)).slice(2);
  for (const job of alone) await perform(job);
});

async function forkedJobs(): Promise<readonly RunJob[]> {
  const jobs = await prepared(temporaryFolder(), true);
  for (const job of jobs.slice(0, 2)) await perform(job);
  return jobs;
}

describe('forked runs', () => {
  test('have the identity, the bytes and the history of runs that trained every step', async () => {
    const jobs = await forkedJobs();
    const progress: RunProgress[] = [];
    for (const [index, job] of jobs.slice(2).entries()) {
      await perform(job, (event) => progress.push(event));
      expect(job.runId).toBe(alone[index]!.runId);
      expect(decisive(job)).toEqual(decisive(alone[index]!));
      expect(told(eventsOf(job))).toEqual(told(eventsOf(alone[index]!)));
    }
    expect(progress.filter(({ type }) => type === 'forking')).toEqual([
      { type: 'forking', step: 7 },
      { type: 'forking', step: 7 },
    ]);
    expect(progress.filter(({ type }) => type === 'step')).toHaveLength(2 * 3);
  });

  test('do without the broken images that the shared stages did without, and say so once', async () => {
    const jobs = await prepared(temporaryFolder(), true);
    const image = { data: 'tiny-scenes', imageId: '1', where: '1.jpg', problem: 'is empty' };
    const begun: TrainingJob['leftOut'][] = [];
    const train = async (training: TrainingJob) => {
      begun.push(training.leftOut);
      if (training.leftOut?.length === 0) training.onEvent({ type: 'image-left-out', step: 1, ...image });
      return machinery.train(training);
    };
    for (const job of jobs.slice(0, 3)) {
      const surroundings = { onProgress: () => {}, signal: new AbortController().signal };
      await performRun({ ...job, place: { allowBroken: 1 } }, { machinery: { ...machinery, train }, ...surroundings });
      const events = eventsOf(job).flatMap(({ time: _, ...event }) => (event.type === 'image-left-out' ? [event] : []));
      expect(events).toEqual([{ type: 'image-left-out', step: 1, ...image }]);
    }
    expect(begun).toEqual([[], [image], [image]]);
  });

  test('leave no tensor behind for the next run of the process', async () => {
    const [job] = await prepared(temporaryFolder(), false);
    const before = tf.memory().numTensors;
    await perform(job!);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('count each step once, in time and in operations', async () => {
    const jobs = await forkedJobs();
    for (const job of jobs.slice(2)) await perform(job);
    const flops = (job: RunJob) => trainingFlops(job.identity.config, eventsOf(job));
    const [first, second, ...forks] = jobs.map(flops);
    expect(jobs.map((job) => forkOf(eventsOf(job)))).toEqual([
      undefined,
      { type: 'forked', runId: jobs[0]!.runId, step: 3, time: expect.any(Number) },
      ...[1, 2].map(() => ({ type: 'forked', runId: jobs[1]!.runId, step: 7, time: expect.any(Number) })),
    ]);
    for (const [index, fork] of forks.entries()) {
      expect(first! + second! + fork).toBeCloseTo(flops(alone[index]!), 0);
    }
    for (const job of jobs.slice(2)) {
      const { sessions, resumed } = timingOf(eventsOf(job));
      const begun = eventsOf(job).find(({ type }) => type === 'session-started')!.time;
      const ended = eventsOf(job).at(-1)!.time;
      expect(resumed).toBe(0);
      expect(unionSeconds(sessions)).toBeCloseTo((ended - begun) / 1000, 9);
    }
  });

  test('that were killed while they copied start to copy again', async () => {
    const [, shared, job] = await forkedJobs();
    const { checkpoints, events } = pathsOf(job!);
    await perform(job!);
    const history = readFileSync(events, 'utf8').split('\n');
    for (const lines of [0, 1, 5, history.indexOf(history.find((line) => line.includes('session-started'))!)]) {
      for (const withCheckpoint of [false, true]) {
        const { folder: record, result } = pathsOf(job!);
        rmSync(result);
        if (!withCheckpoint) rmSync(checkpoints, { recursive: true });
        else
          for (const { step, folder } of listCheckpoints(checkpoints))
            if (step !== 7) rmSync(folder, { recursive: true });
        writeFileSync(
          events,
          history
            .slice(0, lines)
            .map((line) => `${line}\n`)
            .join(''),
        );
        appendFileSync(events, '{"type":"st');
        await perform(job!);
        expect(decisive(job!)).toEqual(decisive(alone[0]!));
        expect(told(eventsOf(job!))).toEqual(told(eventsOf(alone[0]!)));
        expect(eventsOf(job!).filter(({ type }) => type === 'forked')).toHaveLength(1);
        expect(existsSync(record)).toBe(true);
      }
    }
    expect(forkOf(eventsOf(job!))?.runId).toBe(shared!.runId);
  });

  test('that were begun alone go on from their own checkpoint', async () => {
    const [, , job] = await forkedJobs();
    const controller = new AbortController();
    const { forkFrom: _, ...unforked } = job!;
    const begun = performRun(unforked, {
      machinery,
      onProgress: (event) => event.type === 'step' && event.step === 2 && controller.abort(),
      signal: controller.signal,
    });
    await expect(begun).rejects.toMatchObject({ name: 'TrainingInterrupted' });
    await perform(job!);
    expect(decisive(job!)).toEqual(decisive(alone[0]!));
    expect(forkOf(eventsOf(job!))).toBeUndefined();
  });
});

describe('shared stages that cannot be used', () => {
  const complaint = (job: RunJob) =>
    perform(job).then(
      () => 'the run ended well',
      (error: Error) => error.message,
    );

  test('because they were not trained are named', async () => {
    const jobs = await prepared(temporaryFolder(), true);
    expect(await complaint(jobs[2]!)).toContain(`error: run ${jobs[1]!.runId} has no result`);
  });

  test.each([
    [
      'damaged',
      (checkpoint: string) => writeFileSync(indexFile(checkpoint), readFileSync(indexFile(checkpoint)).subarray(1)),
    ],
    ['missing', (checkpoint: string) => rmSync(checkpoint, { recursive: true })],
  ])('because their checkpoint is %s leave one clear error, and the fix works', async (state, spoil) => {
    const jobs = await forkedJobs();
    const { folder, checkpoints } = pathsOf(jobs[1]!);
    spoil(listCheckpoints(checkpoints)[0]!.folder);
    expect(await complaint(jobs[2]!)).toBe(
      [
        `error: the checkpoint after step 7 of the shared stages is ${state}`,
        `  where:    ${folder}`,
        '  fix:      delete this folder and run again; the shared stages will be trained anew',
      ].join('\n'),
    );
    expect(existsSync(pathsOf(jobs[2]!).result)).toBe(false);
    rmSync(folder, { recursive: true });
    await perform(jobs[1]!);
    await perform(jobs[2]!);
    expect(decisive(jobs[2]!)).toEqual(decisive(alone[0]!));
  });

  test('because the event log, the weights or the result is damaged are refused', async () => {
    const jobs = await forkedJobs();
    const { events, weights, result } = pathsOf(jobs[1]!);
    for (const file of [events, weights, result]) {
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.subarray(0, bytes.length - 40));
      expect(await complaint(jobs[2]!)).toContain(`where:    ${file}`);
      writeFileSync(file, bytes);
    }
    await perform(jobs[2]!);
    expect(decisive(jobs[2]!)).toEqual(decisive(alone[0]!));
  });

  test('because they are not the stages of the run are refused', async () => {
    const jobs = await forkedJobs();
    const other = run([{ ...align, steps: 4 }, joint, adapt(1e-3)]);
    const stranger = await prepareJobs([{ title: 'other', config: other }], {
      store: jobs[0]!.store,
      engine: 'wasm',
      machinery,
      parallel: 1,
    });
    const { runId } = jobs[1]!;
    const job = { ...stranger.jobs[0]!.job, forkFrom: { runId, step: 7 } };
    expect(await complaint(job)).toContain(`error: the run does not begin with the stages of run ${runId}`);
  });
});

describe('whether a run begins like another', () => {
  const [prefix, whole] = [prefixes[1]!.config, runs[0]!.config];

  test('is decided by model, seed, recipe and stages, not by what is evaluated', () => {
    expect(beginsWith(whole, prefix)).toBe(true);
    expect(beginsWith({ ...whole, generation: { ...whole.generation, batchSize: 3 } }, prefix)).toBe(true);
    expect(beginsWith(prefix, whole)).toBe(false);
    expect(beginsWith({ ...whole, seed: 8 }, prefix)).toBe(false);
    expect(beginsWith({ ...whole, recipe: { ...whole.recipe, batchSize: 16 } }, prefix)).toBe(false);
    expect(beginsWith({ ...whole, model: { ...whole.model, connector: { pixelShuffle: 2 } } }, prefix)).toBe(false);
    expect(beginsWith(run([align, { ...joint, trainingShare: 0.5 }, adapt(1)]), prefix)).toBe(false);
  });

  test('looks through the data set that a stage leaves to its run', () => {
    const scenes: Stage[] = [{ ...align, data: 'tiny-scenes' }, { ...joint, data: 'tiny-scenes' }, adapt(1)];
    const elsewhere: RunConfig = { ...run(scenes), data: { name: 'tiny-pathology' } };
    expect(beginsWith(elsewhere, prefix)).toBe(true);
    expect(beginsWith({ ...run([align, joint, adapt(1)]), data: { name: 'tiny-pathology' } }, prefix)).toBe(false);
  });
});
