import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../harness/files/canonical-json.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { sha256 } from '../../../reference-model/files/hashing.js';
import { firstVersion } from '../../fixtures/first-version.js';
import { textStage } from '../../reference-model/recipe/text-stage.js';

const suite = firstVersion('finding-1');

describe('a plan', () => {
  test('pairs the arms seed by seed, and they differ by their masks only', () => {
    const { runs, seeds } = planSuite(suite!);
    expect(runs.map(({ arm, seed }) => [arm, seed])).toEqual(
      seeds.flatMap((seed) => [
        ['causal', seed],
        ['visual-bidirectional', seed],
      ]),
    );
    for (let pair = 0; pair < runs.length; pair += 2) {
      const [control, treatment] = [runs[pair]!.config, runs[pair + 1]!.config];
      expect(new Set(control.recipe.stages.map((stage) => textStage(stage).attentionMask))).toEqual(
        new Set(['causal']),
      );
      const masked = control.recipe.stages.map((stage) => ({ ...stage, attentionMask: 'visual-bidirectional' }));
      expect(treatment).toEqual({ ...control, recipe: { ...control.recipe, stages: masked } });
    }
  });

  // SHA-256 of the canonical configurations with which the verdicts in the README were obtained.
  test.each([
    ['tiny-scenes', '7027318d990453388c75df872f8ef2688274844cf0c2e07009de149c8656916f'],
    ['easy-vqa', '291eee342cb28715b0fb4b6cc989412936fbf98c14cfa2c35a92fe6fd3029b55'],
  ] as const)('of finding 1 on %s is the one whose verdict was published', (dataSet, hash) => {
    const { runs } = planSuite(suite!, { dataSet });
    const { config } = runs.find(({ arm, seed }) => arm === 'causal' && seed === 1)!;
    expect(sha256(canonicalJson(config))).toBe(hash);
  });

  test('is the same every time', () => {
    expect(planSuite(suite!, { smoke: true })).toEqual(planSuite(suite!, { smoke: true }));
  });

  test('takes seeds from the front of the fixed list', () => {
    expect(planSuite(suite!, { seeds: 3 }).seeds).toEqual(suite!.seeds.slice(0, 3));
    expect(planSuite(suite!, { seeds: 1 }).seeds).toEqual(suite!.seeds.slice(0, 1));
    expect(() => planSuite(suite!, { seeds: 0 })).toThrow('--seeds 0 is not possible');
    expect(() => planSuite(suite!, { seeds: 7 })).toThrow('--seeds 7 is not possible');
  });

  test('for easy-vqa learns from questions alone and is judged by accuracy', () => {
    const { hypotheses, runs } = planSuite(suite!, { dataSet: 'easy-vqa' });
    expect(hypotheses.map(({ metric }) => metric)).toEqual(['accuracy']);
    for (const { config } of runs) {
      expect(config.data.name).toBe('easy-vqa');
      expect(config.evaluation.captionImages).toBe(0);
      for (const { mixture } of config.recipe.stages.map(textStage)) expect(mixture).toEqual({ questions: 1 });
    }
  });

  test('for a smoke run is short and keeps the arms apart', () => {
    const { runs } = planSuite(suite!, { smoke: true });
    expect(runs).toHaveLength(4);
    for (const { config, arm } of runs) {
      expect(config.recipe.stages.reduce((sum, { steps }) => sum + steps, 0)).toBeLessThan(100);
      expect(textStage(config.recipe.stages[0]).attentionMask).toBe(arm);
    }
  });

  test('for a smoke run on easy-vqa asks for no captions either', () => {
    const { runs } = planSuite(suite!, { dataSet: 'easy-vqa', smoke: true });
    for (const { config } of runs) expect(config.evaluation).toMatchObject({ captionImages: 0, questions: 16 });
  });

  test('of the paper scale trains what the scale states, and is refused where it states too little', () => {
    const { paper } = suite!.scales;
    const { runs, dataSet } = planSuite(suite!, { scale: 'paper', seeds: 2 });
    expect(dataSet).toBe('coco-karpathy');
    for (const { config, arm } of runs) {
      expect(config.tokenizer).toBe('pretrained');
      expect(config.recipe.stages.map(({ steps }) => steps)).toEqual(paper!.recipe.stages.map(({ steps }) => steps));
      for (const stage of config.recipe.stages) expect(textStage(stage).attentionMask).toBe(arm);
    }
    const { optimizer: _, ...recipe } = paper!.recipe;
    const less = { ...suite!, scales: { ...suite!.scales, paper: { ...paper!, recipe } } };
    expect(() => planSuite(less, { scale: 'paper' })).toThrow(
      'the paper scale of finding-1 can be planned and not trained: recipe.optimizer is missing or wrong',
    );
    expect(() => planSuite(suite!, { scale: 'paper', smoke: true })).toThrow('has no smoke runs');
  });

  test('of several factors has an arm for every combination of levels, the last factor varying fastest', () => {
    const finding4 = firstVersion('finding-4');
    const { arms, runs } = planSuite(finding4!, { seeds: 2 });
    expect(arms.map(({ id }) => id)).toEqual(
      ['staged', 'unaligned', 'scratch'].flatMap((start) =>
        ['share-5', 'share-20', 'share-100'].map((share) => `${start}.${share}`),
      ),
    );
    expect(arms[4]).toMatchObject({
      label: 'without alignment, 20 % of the training images',
      levels: { start: 'unaligned', share: 'share-20' },
    });
    expect(runs.map(({ arm, seed }) => `${arm} ${seed}`)).toEqual(
      [1, 2].flatMap((seed) => arms.map(({ id }) => `${id} ${seed}`)),
    );
  });

  test('adds reserve seeds behind the others', () => {
    expect(planSuite(suite!, { reserveSeeds: 2 }).seeds).toEqual([...suite!.seeds, ...suite!.reserveSeeds.slice(0, 2)]);
  });

  test('on a data set that the suite does not know says which it knows', () => {
    const finding2 = firstVersion('finding-2');
    expect(() => planSuite(finding2!, { dataSet: 'easy-vqa' })).toThrow(
      'finding-2 has no settings for the data set easy-vqa\n  expected: one of tiny-scenes',
    );
  });
});
