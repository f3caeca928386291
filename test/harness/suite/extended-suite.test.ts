import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Problem, UserError } from '../../../harness/errors.js';
import { readExtendedSuite } from '../../../harness/suite/extended-suite.js';
import { readSuite } from '../../../harness/suite/find-suite.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-extends-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny = readFileSync(fileURLToPath(new URL('../../fixtures/suites/tiny.yaml', import.meta.url)), 'utf8');

function write(name: string, ...lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

write('base.yaml', tiny);
write('over-shipped.yaml', 'extends: finding-3', 'id: over-shipped');

function complaint(file: string): string {
  try {
    readSuite(file);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the suite was accepted');
}

function problemsOf(file: string): readonly Problem[] {
  try {
    readSuite(file);
  } catch (error) {
    return (error as UserError).problems;
  }
  return [];
}

/** `file:line:column` of the first place where a text stands in a file. */
function at(name: string, text: string): string {
  const content = readFileSync(join(folder, name), 'utf8');
  const offset = content.indexOf(text);
  expect(offset, `"${text}" in ${name}`).toBeGreaterThanOrEqual(0);
  const before = content.slice(0, offset).split('\n');
  return `${join(folder, name)}:${before.length}:${before.at(-1)!.length + 1}`;
}

describe('a suite that extends another', () => {
  test('merges maps, replaces lists and values, and removes what it sets to null', () => {
    const file = write(
      'child.yaml',
      'extends: ./base.yaml',
      'id: child',
      'title: Another',
      'seeds: [11, 12, 13, 14, 15, 16, 17]',
      'scales: { embedded: { recipe: { batchSize: 16 } } }',
      'data: { easy-vqa: null }',
    );
    const base = readSuite(join(folder, 'base.yaml'));
    const child = readSuite(file);
    expect(child).toEqual({
      ...base,
      id: 'child',
      title: 'Another',
      seeds: [11, 12, 13, 14, 15, 16, 17],
      scales: {
        embedded: { ...base.scales.embedded, recipe: { ...base.scales.embedded.recipe, batchSize: 16 } },
      },
      data: { 'tiny-scenes': base.data['tiny-scenes'] },
    });
  });

  test('may extend one that extends a third, found from the folder of each', () => {
    write('middle.yaml', 'extends: base.yaml', 'id: middle', 'caveats: [from the middle]');
    const grandchild = readSuite(write('grandchild.yaml', 'extends: middle.yaml', 'id: grandchild'));
    expect(grandchild.caveats).toEqual(['from the middle']);
    expect(grandchild.hypotheses).toEqual(readSuite(join(folder, 'base.yaml')).hypotheses);
  });

  test('finds a suite of the package by its id', () => {
    const own = ['id: mine', 'seeds: [41, 42, 43, 44, 45, 46]', 'looks: null'];
    const suite = readSuite(write('shipped.yaml', 'extends: finding-3', ...own));
    expect(suite.seeds[0]).toBe(41);
    expect(Object.keys(suite.factors)).toEqual(['alignment']);
  });

  test('keeps the order of arms and data sets of what it extends', () => {
    const file = write(
      'order.yaml',
      'extends: base.yaml',
      'id: order',
      'factors: { attention-mask: { levels: { visual-bidirectional: { label: changed } } } }',
      'data: { easy-vqa: { description: changed } }',
    );
    const suite = readSuite(file);
    expect(Object.keys(suite.factors['attention-mask']!.levels)).toEqual(['causal', 'visual-bidirectional']);
    expect(Object.keys(suite.data)).toEqual(['tiny-scenes', 'easy-vqa']);
  });

  test('is told about its own mistake where it stands in its own file', () => {
    const file = write(
      'own.yaml',
      'extends: base.yaml',
      'id: own',
      'scales: { embedded: { recipe: { batchSise: 16 } } }',
    );
    expect(complaint(file)).toBe(
      [
        'error: unknown key "batchSise" in scales.embedded.recipe',
        `  where:    ${at('own.yaml', 'batchSise')}`,
        '  expected: one of batchSize, microBatchSize, optimizer, stages, initialization, validateEverySteps, validationSplit, validationExamples, checkpointEverySteps',
        '  fix:      did you mean "batchSize"?',
      ].join('\n'),
    );
  });

  test('is told about a mistake of the other where it stands in the other file', () => {
    write('wrong-base.yaml', tiny.replace('alpha: 0.05', 'alpha: 0.7'));
    expect(complaint(write('right.yaml', 'extends: wrong-base.yaml', 'id: right'))).toContain(
      `  where:    ${at('wrong-base.yaml', '0.7')}\n`,
    );
  });

  test('owns a list that it replaces, whatever stood at the same place', () => {
    const file = write('list.yaml', 'extends: base.yaml', 'id: list', 'hypotheses:', '  - { id: only, test: paired }');
    const message = complaint(file);
    expect(message).toContain('error: hypotheses[0].alpha is missing\n');
    expect(message).not.toContain('base.yaml');
  });

  test('that breaks a rule between fields of both files is pointed at the field that breaks it', () => {
    const file = write('rule.yaml', 'extends: base.yaml', 'id: rule', 'seeds: [1, 2, 3, 4, 5, 5]');
    expect(complaint(file)).toContain(`error: seeds[5] repeats the seed 5\n  where:    ${at('rule.yaml', '5]')}\n`);
    write('renamed.yaml', tiny.replace('      visual-bidirectional:\n', '      both-ways:\n'));
    expect(complaint(write('rule-of-base.yaml', 'extends: renamed.yaml', 'id: rule-of-base'))).toContain(
      `error: hypotheses[0].treatment must name one of the arms (causal, both-ways)\n  where:    ${at('renamed.yaml', 'visual-bidirectional\n    control')}\n`,
    );
  });

  test.each([
    [
      'a shipped suite that does not exist',
      ['extends: finding-33', 'id: a'],
      'error: extends names no suite of the package: finding-33',
      'finding-33',
      'did you mean "finding-3"?',
    ],
    [
      'a file that does not exist',
      ['extends: ./nowhere.yaml', 'id: a'],
      `error: extends names a file that does not exist: ${join(folder, 'nowhere.yaml')}`,
      './nowhere.yaml',
      'correct the path',
    ],
    [
      'something to remove that is not there',
      ['extends: base.yaml', 'id: a', 'data:', '  tiny-scene: null'],
      'error: data.tiny-scene is null, but the suite that is extended has no such key',
      'tiny-scene',
      'remove the line',
    ],
    [
      'no id of its own',
      ['extends: base.yaml', 'title: A'],
      'error: id is missing: a suite that extends another needs its own',
      'extends',
      'add id',
    ],
    [
      'the id of the other',
      ['extends: base.yaml', 'id: tiny'],
      'error: id repeats the id of a suite that is extended',
      'tiny',
      'rename it',
    ],
    [
      'the id of one that the other extends',
      ['extends: over-shipped.yaml', 'id: finding-3'],
      'error: id repeats the id of a suite that is extended',
      'finding-3',
      'rename it',
    ],
    [
      'the id of a suite of the package',
      ['extends: finding-1@1', 'id: easy-vqa'],
      'error: id must not be "easy-vqa": a suite of the package has it',
      'easy-vqa',
      'rename it',
    ],
    [
      'the name of a folder of the store',
      ['extends: base.yaml', 'id: runs'],
      'error: id must not be "runs": that folder holds the runs of all suites',
      'runs',
      'rename it',
    ],
    [
      'the name of the images’ folder',
      ['extends: base.yaml', 'id: images'],
      'error: id must not be "images": that folder holds the images of all suites',
      'images',
      'rename it',
    ],
    [
      'the name of another suite’s smoke run',
      ['extends: base.yaml', 'id: mine-smoke'],
      'error: id must not end in "-smoke": so do the results of smoke runs of another suite',
      'mine-smoke',
      'rename it',
    ],
    [
      'the name of another suite’s results on a data set',
      ['extends: base.yaml', 'id: mine-easy-vqa'],
      'error: id must not end in "-easy-vqa": so do the results on that data set of another suite',
      'mine-easy-vqa',
      'rename it',
    ],
    [
      'a folder to extend',
      ['extends: .', 'id: a'],
      `error: extends names a folder: ${folder}`,
      '.\n',
      'name a file in it',
    ],
  ])('with %s is refused', (_, lines, what, where, fix) => {
    const message = complaint(write('refused.yaml', ...lines));
    expect(message).toContain(`${what}\n  where:    ${at('refused.yaml', where)}\n`);
    expect(message).toContain(`  fix:      ${fix}`);
  });

  describe('is told in its own file about what it breaks in the other', () => {
    const inherited = (name: string, place: string) =>
      `change this; ${name} is inherited from ${place} and can be overridden`;

    test('by naming other stages: once for each overlay', () => {
      const stage =
        '{ name: align, steps: 1, trainable: [connector], learningRate: { connector: 0.1 }, mixture: { questions: 1 } }';
      const file = write(
        'stages.yaml',
        'extends: base.yaml',
        'id: stages',
        `scales: { embedded: { recipe: { stages: [${stage}] } } }`,
      );
      expect(problemsOf(file)).toEqual([
        {
          code: 'suite-invalid',
          what: 'data.easy-vqa.overlay.recipe.stages names align-vision, joint, adapt, but the stages are align',
          where: at('stages.yaml', 'stages: ['),
          fix: inherited('data.easy-vqa.overlay.recipe.stages', at('base.yaml', 'stages:\n          align: {')),
        },
      ]);
    });

    test('by removing an arm', () => {
      const file = write(
        'arms.yaml',
        'extends: base.yaml',
        'id: arms',
        'factors: { attention-mask: { levels: { causal: null } } }',
      );
      expect(problemsOf(file)).toEqual([
        {
          code: 'suite-invalid',
          what: 'hypotheses[0].control must name one of the arms (visual-bidirectional)',
          where: at('arms.yaml', 'causal: null'),
          fix: inherited('hypotheses[0].control', at('base.yaml', 'causal\n\nfactors')),
        },
      ]);
    });

    test('by using a seed that is held in reserve', () => {
      const file = write('seeds.yaml', 'extends: finding-1@1', 'id: seeds', 'seeds: [1, 2, 3, 4, 5, 7]');
      const [problem, ...others] = problemsOf(file);
      expect(others).toEqual([]);
      expect(problem).toMatchObject({ what: 'reserveSeeds[0] repeats the seed 7', where: at('seeds.yaml', '7]') });
      expect(problem!.fix).toMatch(/^change this; reserveSeeds\[0\] is inherited from .*finding-1@1\.yaml:\d+:16 and/);
    });

    test('by removing the value of a level', () => {
      const file = write(
        'values.yaml',
        'extends: finding-3',
        'id: values',
        'factors: { alignment: { levels: { quarter: { value: null } } } }',
      );
      expect(problemsOf(file)).toEqual([
        expect.objectContaining({
          what: 'factors.alignment.levels.quarter.value must be given for every level of the factor, or for none',
          where: at('values.yaml', 'value: null'),
        }),
      ]);
    });

    test('and else that it can override what is wrong there', () => {
      const fix = 'correct the value, or override it in';
      expect(complaint(write('over-wrong.yaml', 'extends: wrong-base.yaml', 'id: over-wrong'))).toContain(
        `${fix} ${join(folder, 'over-wrong.yaml')}`,
      );
    });
  });

  test.each([
    ['a stage', 'smoke: { overlay: { recipe: { stages: { jiont: { steps: 1 } } } } }', 'joint'],
    ['a hypothesis', 'data: { easy-vqa: { hypotheses: { beter-captions: { margin: 0.1 } } } }', 'better-captions'],
    ['a test', 'hypotheses: [{ id: a, test: paird }]', 'paired'],
    ['a table', 'published: [caption-cidr]', 'caption-cider'],
  ])('that misspells %s is told what was meant', (_, line, meant) => {
    expect(complaint(write('misspelt.yaml', 'extends: finding-1@1', 'id: misspelt', line))).toContain(
      `did you mean "${meant}"?`,
    );
  });

  test('that misspells a factor of a trend is told so once', () => {
    const trend =
      '{ id: a, statement: s, metric: accuracy, direction: greater, margin: 0, alpha: 0.05, test: trend, factor: share, within: { strat: staged } }';
    const file = write('within.yaml', 'extends: finding-4', 'id: within', `hypotheses: [${trend}]`);
    expect(problemsOf(file).filter(({ what }) => what.startsWith('hypotheses'))).toEqual([
      expect.objectContaining({ where: at('within.yaml', 'staged'), fix: 'did you mean "start"?' }),
    ]);
  });

  test('in a circle is refused with the way around', () => {
    write('first.yaml', 'extends: second.yaml', 'id: first');
    write('second.yaml', 'extends: ./first.yaml', 'id: second');
    const path = (name: string) => join(folder, name);
    expect(complaint(path('first.yaml'))).toContain(
      `error: extends leads in a circle: ${path('first.yaml')} → ${path('second.yaml')} → ${path('first.yaml')}`,
    );
    expect(complaint(write('self.yaml', 'extends: self.yaml', 'id: self'))).toContain('leads in a circle');
  });

  test('reads every file with its own syntax errors', () => {
    write('broken.yaml', 'id: broken', 'id: again');
    expect(complaint(write('over-broken.yaml', 'extends: broken.yaml', 'id: b'))).toContain(
      `error: duplicate key "id"\n  where:    ${join(folder, 'broken.yaml')}:2:1\n`,
    );
  });

  test('leaves no trace of `extends`', () => {
    const { value } = readExtendedSuite(write('trace.yaml', 'extends: base.yaml', 'id: trace'));
    expect(value).not.toHaveProperty('extends');
  });
});
