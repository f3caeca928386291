/** Ranks that were started differently: which one is named, and by what. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunIdentity } from '../../../harness/records/run-identity.js';
import { identityDifferences, requireAlikeStarts } from '../../../harness/run/alike-ranks.js';
import { RankError } from '../../../reference-model/ranks/ranks.js';
import { replayedRanks } from '../../reference-model/training/replayed-ranks.js';
import { tinyRun } from '../../reference-model/training/tiny-run.js';

const start = { 'vlm-bench': 'abc', 'engine numerics': 'torch-cpu', 'moments divided over ranks': 'no' };

describe('ranks that start', () => {
  test('go on where all are alike', async () => {
    expect(await replayedRanks(4, (ranks) => requireAlikeStarts(ranks, start))).toEqual(Array(4).fill(undefined));
  });

  test('all end with the same error, which names the first that differs from rank 0 and what differs', async () => {
    const names = fc.constantFrom(...Object.keys(start));
    const other = fc.record({ rank: fc.integer({ min: 1, max: 3 }), name: names });
    await fc.assert(
      fc.asyncProperty(fc.array(other, { minLength: 1, maxLength: 3 }), async (others) => {
        const ended = await replayedRanks(4, async (ranks) => {
          const own = others.filter(({ rank }) => rank === ranks.rank).map(({ name }) => [name, 'another']);
          return requireAlikeStarts(ranks, { ...start, ...Object.fromEntries(own) });
        });
        const first = Math.min(...others.map(({ rank }) => rank));
        for (const error of ended) {
          expect(error).toBeInstanceOf(RankError);
          const { rank, problem } = error as RankError;
          expect(rank).toBe(first);
          expect(problem).toEqual((ended[0] as RankError).problem);
          expect(problem.what).toMatch(new RegExp(`^rank ${first}: it was started otherwise than rank 0: with `));
          for (const { name } of others.filter((one) => one.rank === first)) {
            expect(problem.what).toContain(`${name} another`);
            expect(problem.expected).toContain(`${name} ${start[name as keyof typeof start]}`);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

test('what two runs differ in is said by name, and by the path within the configuration', () => {
  const config = tinyRun();
  const own: RunIdentity = { config, dataFingerprint: 'd', codeVersion: 'c', engineNumerics: 'n' };
  expect(identityDifferences(own, structuredClone(own))).toEqual([]);
  const [first, ...rest] = config.recipe.stages;
  const longer = { ...config, recipe: { ...config.recipe, stages: [{ ...first!, steps: 9 }, ...rest] } };
  expect(identityDifferences({ ...own, config: longer }, own)).toEqual([
    `configuration.recipe.stages.0.steps (9, not ${first!.steps})`,
  ]);
  expect(identityDifferences({ ...own, dataFingerprint: 'e', weights: 'w' }, { ...own, engineNumerics: 'm' })).toEqual([
    'content of the data sets (e, not d)',
    'content of the weights (w, not none)',
    'engine numerics (n, not m)',
  ]);
});
