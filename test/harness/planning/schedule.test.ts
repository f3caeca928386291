import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bestPlaces,
  remainingTasks,
  scheduleSeconds,
  type Task,
  taskEnds,
} from '../../../harness/planning/schedule.js';

/** Whole seconds, and forerunners earlier in the list. */
const tasks = fc
  .array(fc.record({ seconds: fc.integer({ min: 0, max: 9 }), pick: fc.double({ min: 0, max: 1, noNaN: true }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((drawn) =>
    drawn.map(({ seconds, pick }, index): Task => {
      const after = Math.floor(pick * 2 * index) - index;
      return { seconds, ...(after >= 0 && after < index ? { after } : {}) };
    }),
  );
const jobs = fc.integer({ min: 1, max: 5 });

/** One tick at a time: the rule of the execution, written as slowly as possible. */
function tickByTick(list: readonly Task[], places: number): number {
  const left = list.map(({ seconds }) => seconds);
  const started = list.map(() => false);
  const isDone = (index: number) => started[index]! && left[index] === 0;
  for (let now = 0; ; now++) {
    for (let changed = true; changed; ) {
      changed = false;
      const busy = list.filter((_, index) => started[index] && left[index]! > 0).length;
      const next = list.findIndex(({ after }, index) => !started[index] && (after === undefined || isDone(after)));
      if (next >= 0 && busy < places) {
        started[next] = true;
        changed = true;
      }
    }
    if (list.every((_, index) => isDone(index))) return now;
    list.forEach((_, index) => {
      if (started[index] && left[index]! > 0) left[index]! -= 1;
    });
  }
}

const longestChain = (list: readonly Task[]): number => {
  const ends: number[] = [];
  for (const { seconds, after } of list) ends.push(seconds + (after === undefined ? 0 : ends[after]!));
  return Math.max(...ends);
};
const work = (list: readonly Task[]): number => list.reduce((sum, { seconds }) => sum + seconds, 0);

describe('the time of a schedule', () => {
  test('is that of a simulation second by second', () => {
    fc.assert(fc.property(tasks, jobs, (list, places) => scheduleSeconds(list, places) === tickByTick(list, places)));
  });

  test('is the work with one job, and the longest chain with as many as there are trainings', () => {
    fc.assert(
      fc.property(tasks, (list) => {
        expect(scheduleSeconds(list, 1)).toBe(work(list));
        expect(scheduleSeconds(list, list.length)).toBe(longestChain(list));
      }),
    );
  });

  test('stays within the bounds of list scheduling', () => {
    fc.assert(
      fc.property(tasks, jobs, (list, places) => {
        const seconds = scheduleSeconds(list, places);
        const chain = longestChain(list);
        expect(seconds).toBeGreaterThanOrEqual(Math.max(chain, work(list) / places));
        expect(seconds).toBeLessThanOrEqual(work(list) / places + (1 - 1 / places) * chain + 1e-9);
      }),
    );
  });

  test('never grows with more jobs where nothing is shared', () => {
    fc.assert(
      fc.property(tasks, jobs, (list, places) => {
        const apart = list.map(({ seconds }) => ({ seconds }));
        expect(scheduleSeconds(apart, places + 1)).toBeLessThanOrEqual(scheduleSeconds(apart, places));
      }),
    );
  });

  test('never grows with more jobs where every seed shares the same beginning and its forks are alike', () => {
    const sharing = fc.record({
      seeds: fc.integer({ min: 1, max: 6 }),
      forks: fc.integer({ min: 1, max: 4 }),
      beginning: fc.integer({ min: 1, max: 9 }),
      rest: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(sharing, jobs, ({ seeds, forks, beginning, rest }, places) => {
        const list = Array.from({ length: seeds }, (_, seed): Task[] => [
          { seconds: beginning },
          ...Array.from({ length: forks }, () => ({ seconds: rest, after: seed * (forks + 1) })),
        ]).flat();
        expect(scheduleSeconds(list, places + 1)).toBeLessThanOrEqual(scheduleSeconds(list, places));
      }),
    );
  });

  // Graham's anomaly, kept here so that nobody claims the property above for every list.
  test('can grow where the third job lets short trainings go before a long one', () => {
    const list = [
      { seconds: 3 },
      { seconds: 3 },
      { seconds: 3 },
      { seconds: 6, after: 2 },
      { seconds: 6, after: 2 },
      { seconds: 6, after: 2 },
      { seconds: 30 },
    ];
    expect([scheduleSeconds(list, 2), scheduleSeconds(list, 3)]).toEqual([33, 39]);
  });
});

describe('the places that are best taken', () => {
  test('never take longer where there are more of them, whatever the list', () => {
    fc.assert(
      fc.property(tasks, jobs, (list, places) => {
        const [fewer, more] = [bestPlaces(list, places), bestPlaces(list, places + 1)];
        expect(more.seconds).toBeLessThanOrEqual(fewer.seconds);
        expect(more.places).toBeLessThanOrEqual(places + 1);
        expect(more.seconds).toBe(scheduleSeconds(list, more.places));
        expect(more.seconds).toBeLessThanOrEqual(scheduleSeconds(list, places + 1));
      }),
    );
  });

  test('end every task behind the one before it, and the last when all is done', () => {
    fc.assert(
      fc.property(tasks, jobs, (list, places) => {
        const ends = taskEnds(list, places);
        expect(Math.max(...ends)).toBe(scheduleSeconds(list, places));
        for (const [index, { after, seconds }] of list.entries()) {
          expect(ends[index]!).toBeGreaterThanOrEqual(seconds + (after === undefined ? 0 : ends[after]!));
        }
      }),
    );
  });
});

describe('what is left to do', () => {
  const list = [{ seconds: 5 }, { seconds: 3, after: 0 }, { seconds: 3, after: 0 }, { seconds: 2 }];
  const left = (...finished: number[]) =>
    remainingTasks(list, (index) => finished.includes(index)).map(({ seconds }) => seconds);

  test('is everything at first', () => expect(left()).toEqual([5, 3, 3, 2]));
  test('is no longer the shared beginning once all of its forks have a result', () => {
    expect(left(1)).toEqual([5, 0, 3, 2]);
    expect(left(1, 2)).toEqual([0, 0, 0, 2]);
    expect(left(0, 1)).toEqual([0, 0, 3, 2]);
    expect(left(0, 1, 2, 3)).toEqual([0, 0, 0, 0]);
  });
});
