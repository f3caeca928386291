import { describe, expect, test } from 'vitest';
import { readFindings, readNamedSuite } from '../../../harness/suite/find-suite.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { stepCounts, totalSteps } from '../../../harness/suite/shared-prefixes.js';
import { cardOf, DATA_SET_NAMES } from '../../../reference-model/data/registry.js';
import { loadEmbeddedTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { loadDataSet } from '../../../reference-model/index.js';
import { visualTokensPerImage } from '../../../reference-model/model/config.js';
import { planBatches } from '../../../reference-model/training/examples.js';
import { dataSetNames } from '../../../reference-model/training/stage-data.js';
import { textStage } from '../../reference-model/recipe/text-stage.js';

const newest = readFindings('all', { full: true });
const first = ['finding-1@1', 'finding-2@1', 'finding-3@1', 'finding-3-fixed-budget@1', 'finding-4@1'].map(
  readNamedSuite,
);
const findings = [...newest, ...first];

const [finding2] = readFindings('2');
const [finding3, fixedBudget] = readFindings('3', { full: true });
const [finding4] = readFindings('4');

describe('the shipped findings', () => {
  test('are found by number; --full adds the further ones', () => {
    expect(readFindings('all').map(({ id }) => id)).toEqual(['finding-1', 'finding-2', 'finding-3', 'finding-4']);
    expect(newest.map(({ id }) => id)).toEqual([
      'finding-1',
      'finding-1-speed',
      'finding-2',
      'finding-3',
      'finding-3-fixed-budget',
      'finding-4',
    ]);
    expect(() => readFindings('7')).toThrow('there is no suite for finding 7');
  });

  test('are found by id as well, unless a file has that name', () => {
    expect(readNamedSuite('finding-3-fixed-budget').id).toBe('finding-3-fixed-budget');
    expect(readNamedSuite('suites/easy-vqa.yaml')).toEqual(readNamedSuite('easy-vqa'));
    expect(() => readNamedSuite('esy-vqa')).toThrow('did you mean easy-vqa?');
    expect(() => readNamedSuite('base')).toThrow('the package has no suite of that name');
    expect(() => readNamedSuite('my/suite.yaml')).toThrow('there is no suite file my/suite.yaml');
  });

  test.each(findings.map((suite) => [suite.id, suite] as const))(
    '%s fixes its seeds and claims what the paper claims',
    (_, suite) => {
      const seeds = [...suite.seeds, ...suite.reserveSeeds];
      expect(seeds).toEqual(seeds.map((_, index) => index + 1));
      if (suite.id.endsWith('@1')) expect([suite.seeds.length, suite.reserveSeeds.length]).toEqual([6, 6]);
      expect(suite.source?.url).toBe('https://arxiv.org/abs/2503.19508');
      expect(suite.claim).toBeTruthy();
      expect(suite.scope).toMatch(
        /^Tested [^.]* a quarter of a million parameters [^.]*not with the paper's 900 million[^.]*\.$/,
      );
      expect(suite.hypotheses.length).toBeGreaterThan(0);
      expect(suite.scales.embedded.evaluation.split).toBe('test');
    },
  );

  test.each(findings.flatMap((suite) => Object.keys(suite.data).map((name) => [suite.id, name, suite] as const)))(
    '%s plans on %s, also as a smoke run, whose arms still differ',
    (_, name, suite) => {
      const dataSet = name as keyof typeof suite.data;
      for (const smoke of [false, true]) {
        const plan = planSuite(suite, { dataSet, smoke });
        expect(plan.runs).toHaveLength(plan.arms.length * plan.seeds.length);
        expect(new Set(plan.runs.map(({ config }) => JSON.stringify(config))).size).toBe(plan.runs.length);
      }
      const smoke = planSuite(suite, { dataSet, smoke: true });
      expect(stepCounts(smoke).shared).toBeLessThan(600);
    },
  );

  test.each(newest.filter(({ version }) => version === 2).map((suite) => [suite.id, suite] as const))(
    '%s is a second version, whose curves are of a split that no pilot sees',
    (_, suite) => {
      expect(suite.version).toBe(2);
      // The claim about speed was not made before.
      if (suite.id !== 'finding-1-speed') expect(readNamedSuite(`${suite.id}@1`).version).toBeUndefined();
      const curves = suite.hypotheses.filter(({ metric }) => metric.startsWith('validation-area/'));
      for (const { config } of curves.length > 0 ? planSuite(suite).runs : []) {
        expect(config.recipe.validationSplit).toBe('probe');
      }
    },
  );

  test('say what was held fixed where the verdict is quoted', () => {
    expect(finding3?.scope).toContain('later stage fixed');
    expect(fixedBudget?.scope).toContain('number of training steps fixed');
    expect(readNamedSuite('easy-vqa').scope).not.toContain('paper');
  });

  test('give the model every word that their data sets need', () => {
    for (const suite of findings) {
      for (const name of Object.keys(suite.data) as (keyof typeof suite.data)[]) {
        const { vocabularySize } = cardOf(name).embedded!;
        for (const { config } of planSuite(suite, { dataSet: name }).runs) {
          expect(config.model.language.vocabularySize).toBeGreaterThanOrEqual(vocabularySize);
        }
      }
    }
  });

  test.each(newest.map((suite) => [suite.id, suite] as const))(
    '%s can be trained at the paper scale, with arms that differ, on sets that the package reads',
    (_, suite) => {
      const plan = planSuite(suite, { scale: 'paper', seeds: 2 });
      expect(plan.runs).toHaveLength(plan.arms.length * 2);
      expect(new Set(plan.runs.map(({ config }) => JSON.stringify(config))).size).toBe(plan.runs.length);
      for (const { config } of plan.runs) {
        for (const name of dataSetNames(config)) expect(DATA_SET_NAMES).toContain(name);
        expect(config.model).toEqual(suite.scales.paper!.model);
        for (const stage of config.recipe.stages) expect(stage.kind).toBeUndefined();
      }
      for (const { metric } of plan.hypotheses) expect(metric).not.toContain('ai-captions');
    },
  );

  test('have a paper scale of about 0.9 billion parameters with a length of visual tokens that fits', () => {
    for (const { scales } of readFindings('all')) {
      expect(visualTokensPerImage(scales.paper!.model)).toBe(81);
      expect(scales.paper!.recipe.note).toContain('Our choice');
      expect(scales.paper!.hardware.note).toContain('Our choice');
    }
  });
});

describe('finding 2', () => {
  test('gives every arm the same budget of answer tokens within 1 %', async () => {
    const data = await loadDataSet({ name: 'tiny-scenes-2' });
    const tokenizer = loadEmbeddedTokenizer();
    const budgetOf = (arm: string, seed: number): number => {
      const { config } = planSuite(finding2!).runs.find((run) => run.arm === arm && run.seed === seed)!;
      const joint = textStage(config.recipe.stages.find(({ name }) => name === 'joint'));
      const batches = planBatches(data.splits.train, joint, config.recipe.batchSize, seed);
      let tokens = 0;
      for (let step = 0; step < joint.steps; step++) {
        // The end of an answer is learned as well.
        for (const { answer } of batches.batch(step)) tokens += tokenizer.encode(answer).length + 1;
      }
      return tokens;
    };
    const budgets = ['human', 'ai', 'mixture'].map((arm) => budgetOf(arm, 1));
    expect(Math.max(...budgets) / Math.min(...budgets)).toBeLessThan(1.01);
  });

  test('keeps the learning rate constant after the warm-up, and shares the alignment of a seed', () => {
    const { runs, prefixes, seeds } = planSuite(finding2!);
    for (const { config } of runs) expect(config.recipe.optimizer.finalShare).toBe(1);
    expect(prefixes.map(({ stages, sharedBy }) => [stages, sharedBy])).toEqual(seeds.map(() => [1, 3]));
  });
});

describe('finding 3', () => {
  const aligns = ({ name }: { readonly name: string }): boolean => name === 'words' || name.startsWith('align');

  test.each([
    ['with later stages fixed', finding3!],
    ['with the total fixed', fixedBudget!],
  ])('%s states the share of steps that each arm really spends on alignment', (_, suite) => {
    const { runs, arms } = planSuite(suite);
    for (const { id, levels } of arms) {
      const { config } = runs.find(({ arm }) => arm === id)!;
      const aligned = config.recipe.stages.filter(aligns);
      const share = aligned.reduce((sum, { steps }) => sum + steps, 0) / totalSteps(config);
      expect(share).toBeCloseTo(suite.factors.alignment!.levels[levels.alignment!]!.value!, 10);
    }
  });

  test('holds fixed what it says is fixed', () => {
    const stepsOf = (suite: typeof finding3) =>
      planSuite(suite!).runs.map(({ config }) => [
        totalSteps(config),
        ...config.recipe.stages.filter((stage) => !aligns(stage)).map(({ steps }) => steps),
      ]);
    expect(new Set(stepsOf(finding3).map(([, ...later]) => later.join())).size).toBe(1);
    expect(new Set(stepsOf(fixedBudget).map(([total]) => total)).size).toBe(1);
  });
});

describe('finding 4', () => {
  test('adapts every arm for the same steps on the share that it states, on the evaluated data', () => {
    const planned = [
      [finding4!, 'tiny-pathology-2'],
      [readNamedSuite('finding-4@1'), 'tiny-pathology'],
      [readNamedSuite('finding-4@1'), 'easy-vqa'],
    ] as const;
    for (const [suite, dataSet] of planned) {
      const { runs, arms } = planSuite(suite, { dataSet });
      for (const { arm, config } of runs) {
        const { levels } = arms.find(({ id }) => id === arm)!;
        const adapt = config.recipe.stages.at(-1)!;
        expect(adapt.trainingShare).toBe(suite.factors.share!.levels[levels.share!]!.value);
        expect(adapt.data).toBeUndefined();
        expect(config.data.name).toBe(dataSet);
        expect(adapt.steps).toBe(runs[0]!.config.recipe.stages.at(-1)!.steps);
      }
    }
  });

  test('trains from scratch without any stage before, on random weights', () => {
    for (const { arm, config } of planSuite(finding4!).runs) {
      const before = config.recipe.stages.slice(0, -1).map(({ steps }) => steps);
      const start = arm.split('.')[0];
      expect(before.map((steps) => steps > 0)).toEqual(
        { staged: [true, true], unaligned: [false, true], scratch: [false, false] }[start!],
      );
      const weights = start === 'scratch' ? 'random' : 'pretrained';
      expect(config.recipe.initialization).toEqual({ vision: weights, language: weights });
    }
  });

  test('trains each start once per seed for all shares', () => {
    const { prefixes, seeds } = planSuite(finding4!);
    expect(prefixes).toHaveLength(2 * seeds.length);
    for (const { sharedBy, config } of prefixes) {
      expect(sharedBy).toBe(3);
      expect(config.data.name).toBe('tiny-scenes-2');
    }
  });
});
