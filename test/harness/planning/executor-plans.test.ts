import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { executorSettingsSchema } from '../../../harness/execution/executor-settings.js';
import { executorPlans } from '../../../harness/planning/executor-plans.js';
import { executorText } from '../../../harness/planning/executor-text.js';
import type { RunGraph } from '../../../harness/planning/run-graph.js';

const hour = 3600;
const calibration = { startSeconds: 0, training: {}, validation: 1, generation: 1, processorShare: 1 };

/** Nodes that take so many seconds, each behind the one that it forks from. */
function graphOf(list: readonly { readonly seconds: number; readonly from?: number }[]): RunGraph {
  const nodes = list.map(({ seconds }, index) => ({
    title: `run ${index}`,
    stages: [],
    validationFlops: seconds,
    responseFlops: 0,
  }));
  const trainings = list.map(({ from }) => (from === undefined ? {} : { from }));
  return { nodes, trainings, edges: [], runNodes: [] } as unknown as RunGraph;
}

const plansOf = (list: Parameters<typeof graphOf>[0], options: object = {}, recorded = list.map(() => false)) => {
  const settings = executorSettingsSchema.parse(options);
  const [local, slurm] = executorPlans(graphOf(list), { settings, recorded, jobs: 1, calibration });
  return { local: local!, slurm: slurm! };
};

const twoSeeds = [
  { seconds: hour },
  { seconds: 5 * hour, from: 0 },
  { seconds: 5 * hour, from: 0 },
  { seconds: 2 * hour },
  { seconds: 5 * hour, from: 3 },
];

describe('a plan by executor', () => {
  test('counts jobs, waves and hours, and says when the budget is passed', () => {
    const { local, slurm } = plansOf(twoSeeds, { executor: 'slurm', slurm: { devices: 4 } });
    expect(slurm).toMatchObject({
      chosen: true,
      jobs: 5,
      waves: [
        ['run 0', 'run 3'],
        ['run 1', 'run 2', 'run 4'],
      ],
      atOnce: null,
      time: { wallHours: 7, deviceHours: 18 * 4, overBudgetFrom: null },
    });
    expect(local).toMatchObject({ chosen: false, jobs: 5, atOnce: 1, time: { wallHours: 18, deviceHours: 18 } });
    // One after the other: 1, 6, 11, 13 and 18 hours.
    expect(local.time!.overBudgetFrom).toBe('run 3');
    expect(executorText(local)).toBe(
      '5 jobs, 1 at once, about 18 h 0 min, 18.00 processor-hours, over 12 h from “run 3” on',
    );
    expect(executorText(slurm)).toMatch(
      /^chosen: 5 jobs in 2 waves of 2 and 3, as many at once as the scheduler starts, about 7 h 0 min, 72\.00 GPU-hours, within 12 h \(devices 4, /,
    );
  });

  test('leaves out what has a result, and shared stages that nobody needs any more', () => {
    const { slurm } = plansOf(twoSeeds, {}, [false, true, true, false, false]);
    expect(slurm).toMatchObject({ jobs: 2, waves: [['run 3'], ['run 4']] });
    expect(
      plansOf(
        twoSeeds,
        {},
        twoSeeds.map(() => true),
      ).slurm,
    ).toMatchObject({ jobs: 0, waves: [] });
  });

  test('never takes longer with more at once', () => {
    const lists = fc.array(
      fc.record({ seconds: fc.integer({ min: 0, max: 9 }), pick: fc.double({ min: 0, max: 1, noNaN: true }) }),
      {
        minLength: 1,
        maxLength: 10,
      },
    );
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 6 }), (drawn, atOnce) => {
        const list = drawn.map(({ seconds, pick }, index) => {
          const from = Math.floor(pick * 2 * index) - index;
          return { seconds, ...(from >= 0 && from < index ? { from } : {}) };
        });
        const wall = (places?: number) =>
          plansOf(list, { slurm: places === undefined ? {} : { atOnce: places } }).slurm.time!.wallHours;
        expect(wall(atOnce + 1)).toBeLessThanOrEqual(wall(atOnce));
        expect(wall()).toBeLessThanOrEqual(wall(atOnce + 1));
      }),
    );
  });
});
