import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planSuite } from '../../../harness/suite/plan.js';
import { readRunConfig } from '../../../harness/suite/read-run-config.js';
import type { RunConfig } from '../../../reference-model/recipe/recipe.js';
import { firstVersion } from '../../fixtures/first-version.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const { config } = planSuite(firstVersion('finding-1')).runs[0]!;

function written(changed: RunConfig): string {
  const file = join(temporaryFolder(), 'config.yaml');
  // JSON is YAML, one field a line.
  writeFileSync(file, JSON.stringify(changed, null, 2));
  return file;
}

test('a configuration that a suite would plan is read as it is', () => {
  expect(readRunConfig(written(config))).toEqual(config);
});

test.each<[string, RunConfig, string]>([
  [
    'sizes other than those of the pretrained weights',
    { ...config, model: { ...config.model, vision: { ...config.model.vision, layers: 5 } } },
    'model.vision.layers is 5, but the pretrained vision backbone of the package has',
  ],
  [
    'answers without room',
    { ...config, generation: { ...config.generation, maximumNewTokens: 4000 } },
    'generation.maximumNewTokens must be at most',
  ],
])('%s are refused where they stand, before anything is trained', (_, changed, complaint) => {
  const file = written(changed);
  expect(() => readRunConfig(file)).toThrow(complaint);
  expect(() => readRunConfig(file)).toThrow(new RegExp(`${file}:\\d+:\\d+`));
});
