/** A loss counts as a run's own only where it was measured after the last step. */
import { expect, test } from 'vitest';
import type { Machinery } from '../../../harness/run/machinery.js';
import { performRun } from '../../../harness/run/perform-run.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

const validatedAt = (isWanted: (step: number, last: number) => boolean): Machinery => ({
  ...fakeMachinery,
  train: (training) =>
    fakeMachinery.train({
      ...training,
      onEvent: (event) => {
        if (event.type === 'validation') return;
        training.onEvent(event);
        if (event.type !== 'step' || !isWanted(event.step, event.totalSteps)) return;
        const loss = { questions: event.step };
        training.onEvent({ type: 'validation', stage: event.stage, step: event.step, loss });
      },
    }),
});

test.each([
  ['after every step', () => true, true],
  ['after the last step alone', (step: number, last: number) => step === last, true],
  ['never', () => false, false],
  ['until just before the last step', (step: number, last: number) => step < last, false],
])('validated %s', async (_, isWanted, hasLoss) => {
  const { job } = (await fakeJobs(temporaryFolder(), fakePlan({ smoke: true })))[0]!;
  const { signal } = new AbortController();
  const { scores, steps } = await performRun(job, {
    machinery: validatedAt(isWanted),
    onProgress: () => {},
    signal,
  });
  expect(scores['validation-loss/questions']?.value).toBe(hasLoss ? steps : undefined);
});
