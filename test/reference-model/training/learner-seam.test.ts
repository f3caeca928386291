/** The seam between the model and its engines holds: nobody but the learners knows how gradients are made or parameters stored. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = ['reference-model', 'harness'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name)),
);
const filesWith = (pattern: RegExp): readonly string[] =>
  sources
    .filter((file) => pattern.test(readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')))
    .map((file) => relative(root, file))
    .sort();

const learner = 'reference-model/training/tfjs-learner.ts';

test('only the tfjs learner records gradients', () => {
  expect(filesWith(/variableGrads|valueAndGrad|tf\.grads?\(/)).toEqual([learner]);
});

test('only the learners and the file that makes them reach for the variables of parameters', () => {
  expect(filesWith(/\.variable\b|\bvariable\b[^:]*}\s*(?:of|=>|:\s*Parameter)/)).toEqual([
    'reference-model/model/parameters.ts',
    learner,
    'reference-model/training/torch-learner.ts',
  ]);
});

test('the training loop and pretraining know no engine', () => {
  const loops = ['training/train.ts', 'training/learn-batch.ts', 'pretraining/optimize.ts', 'training/learner.ts'];
  for (const file of loops) {
    const imports = [
      ...readFileSync(join(root, 'reference-model', file), 'utf8').matchAll(/^import (.*) from '(.*)';$/gm),
    ];
    const values = imports.filter(([, what]) => !what!.startsWith('type ')).map(([, , from]) => from!);
    expect(
      values.filter((from) => /engines\/|tfjs/.test(from)),
      file,
    ).toEqual([]);
  }
});
