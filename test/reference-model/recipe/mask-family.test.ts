import { expect, test } from 'vitest';
import { readNamedSuite } from '../../../harness/suite/find-suite.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { maskFamily } from '../../../reference-model/recipe/mask-family.js';
import type { Recipe } from '../../../reference-model/recipe/recipe.js';

const recipesOf = (suite: string): readonly Recipe[] =>
  planSuite(readNamedSuite(suite)).runs.map(({ config }) => config.recipe);

test('a suite that compares masks has a mixed family, whichever arm is asked for', () => {
  expect(maskFamily(recipesOf('finding-1'))).toBe('mixed');
});

test('one causal mask is a causal family, until texts share an image', () => {
  const [recipe] = recipesOf('finding-1').filter(({ stages }) =>
    stages.every((stage) => stage.kind === 'words' || stage.attentionMask === 'causal'),
  );
  const { stages } = recipe!;
  const withShared = (count: number | undefined) =>
    stages.map((stage) => {
      if (stage.kind === 'words') return stage;
      const { questionsPerImage: _, captionsPerImage: __, ...plain } = stage;
      return { ...plain, ...(count === undefined ? {} : { questionsPerImage: count }) };
    });
  expect(maskFamily([{ stages: withShared(undefined) }])).toBe('causal');
  expect(maskFamily([{ stages: withShared(1) }])).toBe('causal');
  expect(maskFamily([{ stages: withShared(undefined) }, { stages: withShared(4) }])).toBe('mixed');
});
