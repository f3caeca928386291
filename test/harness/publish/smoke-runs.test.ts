import { expect, test } from 'vitest';
import { prepareJobs } from '../../../harness/experiment/prepare-jobs.js';
import { isSmokeRun } from '../../../harness/publish/run-facts.js';
import { readFinishedRun } from '../../../harness/records/run-record.js';
import { performRun } from '../../../harness/run/perform-run.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakePlan, temporaryFolder } from '../fake/fake-runs.js';

test('a record says itself whether it is a smoke run', async () => {
  const [{ arm, config }] = fakePlan({ smoke: true }).runs as [ReturnType<typeof fakePlan>['runs'][number]];
  for (const smoke of [true, false]) {
    const store = temporaryFolder();
    const surroundings = { store, engine: 'auto', machinery: fakeMachinery, parallel: 1, smoke } as const;
    const { jobs } = await prepareJobs([{ title: arm, config }], surroundings);
    const signal = new AbortController().signal;
    const { runId } = await performRun(jobs[0]!.job, { machinery: fakeMachinery, onProgress: () => {}, signal });
    expect(readFinishedRun(store, runId).provenance.smoke).toBe(smoke ? true : undefined);
  }
});

test('a run sorts as its reproductions say, and one without any as its record says', () => {
  expect(isSmokeRun({ smoke: true }, [])).toBe(true);
  expect(isSmokeRun({ smoke: false }, [])).toBe(false);
  expect(isSmokeRun({ smoke: true }, [{ smoke: true }, { smoke: false }])).toBe(false);
  expect(isSmokeRun({ smoke: false }, [{ smoke: true }])).toBe(true);
});
