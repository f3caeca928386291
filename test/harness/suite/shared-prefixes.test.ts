import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../harness/files/canonical-json.js';
import { readSuite } from '../../../harness/suite/find-suite.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { type SharedWork, shareStages, stepCounts, totalSteps } from '../../../harness/suite/shared-prefixes.js';
import type { RunConfig } from '../../../reference-model/recipe/recipe.js';
import { tinySuite } from '../../e2e/command.js';

const tiny = planSuite(readSuite(tinySuite)).runs[0]!.config;

/** A run whose stages are named by letters, each with so many steps; equal letters and steps are equal stages. */
function run(stages: readonly (readonly [name: string, steps: number])[], changes: Partial<RunConfig> = {}): RunConfig {
  const [first] = tiny.recipe.stages;
  return {
    ...tiny,
    recipe: { ...tiny.recipe, stages: stages.map(([name, steps]) => ({ ...first!, name, steps })) },
    ...changes,
  };
}

const stagesOf = ({ recipe }: RunConfig) => recipe.stages.map((stage) => canonicalJson(stage));

function planOf(configs: readonly RunConfig[]): SharedWork & Parameters<typeof stepCounts>[0] {
  const work = shareStages(configs);
  const runs = configs.map((config, index) => {
    const prefix = work.prefixOf[index];
    return prefix === undefined ? { config } : { config, prefix };
  });
  return { ...work, runs };
}

const configs = fc.array(
  fc
    .record({
      stages: fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 2 })), {
        minLength: 1,
        maxLength: 4,
      }),
      seed: fc.integer({ min: 1, max: 2 }),
      questions: fc.integer({ min: 0, max: 1 }),
    })
    .map(({ stages, seed, questions }) =>
      run(
        stages.map(([name, steps], index) => [`${name}${index}`, steps] as const),
        { seed, evaluation: { ...tiny.evaluation, questions } },
      ),
    ),
  { minLength: 1, maxLength: 12 },
);

describe('shared stages', () => {
  test('stand at the beginning of everything that forks from them, with the same seed, model and recipe', () => {
    fc.assert(
      fc.property(configs, (all) => {
        const { prefixes, prefixOf } = shareStages(all);
        const forks = [
          ...all.map((config, index) => ({ config, prefix: prefixOf[index] })),
          ...prefixes.map(({ config, prefix }) => ({ config, prefix })),
        ];
        for (const { config, prefix } of forks) {
          if (prefix === undefined) continue;
          const shared = prefixes[prefix]!;
          const stages = stagesOf(shared.config);
          expect(stagesOf(config).slice(0, stages.length)).toEqual(stages);
          expect({ ...config.recipe, stages: [] }).toEqual({ ...shared.config.recipe, stages: [] });
          expect([config.seed, config.model, config.data]).toEqual([
            shared.config.seed,
            shared.config.model,
            shared.config.data,
          ]);
        }
      }),
    );
  });

  test('are shared by at least two different runs, and are trained before what forks from them', () => {
    fc.assert(
      fc.property(configs, (all) => {
        const { prefixes, prefixOf } = shareStages(all);
        prefixes.forEach((prefix, index) => {
          const users = new Set(
            all
              .filter((config) => config.seed === prefix.config.seed)
              .filter((config) => stagesOf(prefix.config).every((stage, at) => stagesOf(config)[at] === stage))
              .map(canonicalJson),
          );
          expect(users.size).toBe(prefix.sharedBy);
          expect(prefix.sharedBy).toBeGreaterThanOrEqual(2);
          expect(prefix.steps).toBe(totalSteps(prefix.config));
          expect(prefix.prefix ?? -1).toBeLessThan(index);
          // Somebody forks there directly: it is no detour.
          const forks = [...prefixOf, ...prefixes.map((other) => other.prefix)].filter((other) => other === index);
          expect(forks.length).toBeGreaterThanOrEqual(2);
        });
      }),
    );
  });

  test('never cost steps, and save exactly what a brute-force count of equal beginnings says', () => {
    fc.assert(
      fc.property(configs, (all) => {
        const distinct = [...new Map(all.map((config) => [canonicalJson(config), config])).values()];
        const { alone, shared } = stepCounts(planOf(distinct));
        // Each different beginning of stages has to be trained once, and its last stage costs its steps.
        const beginnings = new Map<string, number>();
        for (const { seed, recipe } of distinct) {
          recipe.stages.forEach(({ steps }, index) => {
            beginnings.set(canonicalJson({ seed, stages: recipe.stages.slice(0, index + 1) }), steps);
          });
        }
        expect(shared).toBe([...beginnings.values()].reduce((sum, steps) => sum + steps, 0));
        expect(shared).toBeLessThanOrEqual(alone);
      }),
    );
  });

  test('nest', () => {
    const { prefixes, prefixOf } = shareStages([
      run([
        ['a', 5],
        ['b', 3],
        ['c', 1],
      ]),
      run([
        ['a', 5],
        ['b', 3],
        ['c', 2],
      ]),
      run([
        ['a', 5],
        ['b', 4],
        ['c', 1],
      ]),
      run([['z', 1]]),
    ]);
    expect(prefixes.map(({ stages, steps, sharedBy, prefix }) => ({ stages, steps, sharedBy, prefix }))).toEqual([
      { stages: 1, steps: 5, sharedBy: 3, prefix: undefined },
      { stages: 2, steps: 8, sharedBy: 2, prefix: 0 },
    ]);
    expect(prefixOf).toEqual([1, 1, 0, undefined]);
  });

  test('are not worth a run of their own when they have no steps', () => {
    const { prefixes } = shareStages([
      run([
        ['a', 0],
        ['b', 1],
      ]),
      run([
        ['a', 0],
        ['b', 2],
      ]),
    ]);
    expect(prefixes).toEqual([]);
  });

  test('end at the last stage for runs that differ only in what is done with the trained model', () => {
    const beam = { ...tiny.generation, strategy: 'beam' as const, beamWidth: 4 };
    const { prefixes, prefixOf } = shareStages([run([['a', 3]]), run([['a', 3]], { generation: beam })]);
    expect(prefixes.map(({ steps, sharedBy }) => [steps, sharedBy])).toEqual([[3, 2]]);
    expect(prefixOf).toEqual([0, 0]);
  });

  test('are the same training for every data set that is evaluated afterwards, where stages name their own data', () => {
    const own = (name: 'easy-vqa' | 'tiny-pathology') => {
      const config = run(
        [
          ['a', 3],
          ['b', 2],
        ],
        { data: { name } },
      );
      const [a, b] = config.recipe.stages;
      const shares = [0.5, 1].map((trainingShare) => ({ ...b!, trainingShare }));
      const stages = shares.map((last) => [{ ...a!, data: 'tiny-scenes' as const }, last]);
      const generation = { ...config.generation, maximumNewTokens: name === 'easy-vqa' ? 8 : 9 };
      return shareStages(stages.map((each) => ({ ...config, generation, recipe: { ...config.recipe, stages: each } })));
    };
    expect(own('easy-vqa').prefixes[0]!.config.data.name).toBe('tiny-scenes');
    expect(own('easy-vqa')).toEqual(own('tiny-pathology'));
  });

  test('on different data are different stages', () => {
    const stages = [['a', 3]] as const;
    const { prefixes } = shareStages([
      run(stages, { data: { name: 'easy-vqa' } }),
      run(stages, { data: { name: 'tiny-scenes' } }),
    ]);
    expect(prefixes).toEqual([]);
  });
});
