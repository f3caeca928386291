import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { type Problem, UserError } from '../../../harness/errors.js';
import { readSuite } from '../../../harness/suite/find-suite.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { checkYaml } from '../../../harness/suite/read-yaml.js';
import { suiteSchema } from '../../../harness/suite/schema.js';
import { yamlSource } from '../../../harness/suite/yaml-source.js';
import { firstVersion } from '../../fixtures/first-version.js';

const source = readFileSync(new URL('../../fixtures/suites/tiny.yaml', import.meta.url), 'utf8');

/** The complaint about the suite with one piece of its text replaced; positions are looked up in the changed text. */
function complaintAbout(original: string, replacement: string): { message: string; at: (text: string) => string } {
  expect(source).toContain(original);
  const changed = source.replace(original, replacement);
  const at = (text: string) => {
    const offset = changed.indexOf(text);
    expect(offset, `"${text}" in the changed suite`).toBeGreaterThanOrEqual(0);
    const before = changed.slice(0, offset).split('\n');
    return `suite.yaml:${before.length}:${before.at(-1)!.length + 1}`;
  };
  try {
    const suite = yamlSource(changed, 'suite.yaml');
    checkYaml(suite.value, { sources: [suite], schema: suiteSchema, code: 'suite-invalid' });
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return { message: (error as UserError).message, at };
  }
  throw new Error('the changed suite was accepted');
}

const lines = (...text: readonly string[]) => text.join('\n');

describe('a suite file', () => {
  test('that ships with the package is valid', () => {
    const suite = firstVersion('finding-1');
    expect(suite!.seeds.length).toBeGreaterThanOrEqual(6);
    expect(suite!.hypotheses[0]).toMatchObject({
      metric: 'CIDEr-D/ai-captions',
      treatment: 'visual-bidirectional',
      control: 'causal',
    });
  });

  test('with an unknown key says which was meant', () => {
    const { message, at } = complaintAbout('\nseeds: [', '\nsedes: [1]\nseeds: [');
    expect(message).toBe(
      lines(
        'error: unknown key "sedes"',
        `  where:    ${at('sedes')}`,
        '  expected: one of schemaVersion, extends, id, version, title, claim, source, scope, hypotheses, combine, factors, seeds, looks, reserveSeeds, scales, data, compareTexts, published, smoke, caveats',
        '  fix:      did you mean "seeds"?',
      ),
    );
  });

  test('with an unknown key deep inside says where', () => {
    const { message, at } = complaintAbout('      batchSize: 8\n', '      batchSize: 8\n      banana: 1\n');
    expect(message).toBe(
      lines(
        'error: unknown key "banana" in scales.embedded.recipe',
        `  where:    ${at('banana')}`,
        '  expected: one of batchSize, microBatchSize, optimizer, stages, initialization, validateEverySteps, validationSplit, validationExamples, checkpointEverySteps',
        '  fix:      remove it',
      ),
    );
  });

  test('with a duplicate key points at the second', () => {
    const { message, at } = complaintAbout(
      '  direction: greater\n',
      '  direction: greater\n    # again\n    margin: 0.2\n',
    );
    expect(message).toBe(
      lines(
        'error: duplicate key "margin"',
        `  where:    ${at('margin: 0.1')}`,
        '  expected: each key once',
        '  fix:      remove or rename one of the two',
      ),
    );
  });

  test.each([
    [
      'text for a number',
      'alpha: 0.05',
      'alpha: five',
      'hypotheses[0].alpha is the text "five"',
      'five',
      'a finite number',
    ],
    [
      'not a number',
      'margin: 0.1',
      'margin: .nan',
      'hypotheses[0].margin is not a number (.nan)',
      '.nan',
      'a finite number',
    ],
    ['infinity', 'margin: 0.1', 'margin: .inf', 'hypotheses[0].margin is Infinity', '.inf', 'a finite number'],
    ['a value out of range', 'alpha: 0.05', 'alpha: 0.7', 'hypotheses[0].alpha is 0.7', '0.7', 'a number, below 0.5'],
    [
      'a fraction of a pixel',
      'patchSize: 8',
      'patchSize: 8.5',
      'scales.embedded.model.vision.patchSize is 8.5',
      '8.5',
      'a whole number',
    ],
    [
      'an unknown choice',
      'direction: greater',
      'direction: higher',
      'hypotheses[0].direction is the text "higher"',
      'higher',
      'one of greater, less',
    ],
    ['an empty value', 'title: No attention', 'title: # No', 'title is empty', 'title:', 'text'],
  ])('with %s says what was expected there', (_, original, replacement, what, position, expected) => {
    const { message, at } = complaintAbout(original, replacement);
    const where = at(replacement.includes(position) ? replacement : position);
    const column = Number(where.split(':').at(-1)) + Math.max(0, replacement.indexOf(position));
    expect(message).toBe(
      lines(
        `error: ${what}`,
        `  where:    ${where.replace(/\d+$/, String(column))}`,
        `  expected: ${expected}`,
        '  fix:      correct the value',
      ),
    );
  });

  test('with a missing key names it and points at the block that lacks it', () => {
    const { message, at } = complaintAbout('    alpha: 0.05\n', '');
    expect(message).toBe(
      lines(
        'error: hypotheses[0].alpha is missing',
        `  where:    ${at('id: better-captions')}`,
        '  expected: a finite number',
        '  fix:      add hypotheses[0].alpha',
      ),
    );
  });

  test('with too few seeds says how many there must be', () => {
    const { message } = complaintAbout('seeds: [1, 2, 3, 4, 5, 6]', 'seeds: [1, 2, 3]');
    expect(message).toContain('error: seeds must list at least 6');
  });

  test.each([
    [
      'treatment: visual-bidirectional',
      'treatment: none',
      'hypotheses[0].treatment must name one of the arms (causal, visual-bidirectional)',
    ],
    ['seeds: [1, 2, 3, 4, 5, 6]', 'seeds: [1, 2, 3, 4, 5, 1]', 'seeds[5] repeats the seed 1'],
    [
      '          joint: { mixture: { questions: 1 } }',
      '          jiont: { mixture: { questions: 1 } }',
      'data.easy-vqa.overlay.recipe.stages.jiont must name one of the stages (align, align-vision, joint, adapt)',
    ],
    ['test: paired\n', 'test: paird\n', 'hypotheses[0].test is the text "paird"'],
    [
      '        label: causal mask everywhere',
      '        value: 1\n        label: causal mask everywhere',
      'factors.attention-mask.levels.visual-bidirectional.value must be given for every level of the factor, or for none',
    ],
    [
      '    test: paired\n    treatment: visual-bidirectional\n    control: causal',
      '    test: trend\n    factor: attention-mask',
      'hypotheses[0].factor must name a factor with a value for each of two or more levels',
    ],
    [
      '    test: paired\n    treatment: visual-bidirectional\n    control: causal',
      '    test: trend\n    factor: attention',
      'hypotheses[0].factor must name one of the factors (attention-mask)',
    ],
    ['control: causal', 'control: visual-bidirectional', 'hypotheses[0].control must differ from the treatment'],
    ['smoke:\n  seeds: 2', 'smoke:\n  seeds: 7', 'smoke.seeds must not exceed the number of seeds (6)'],
    [
      'seeds: [1, 2, 3, 4, 5, 6]',
      'reserveSeeds: [7, 3]\nseeds: [1, 2, 3, 4, 5, 6]',
      'reserveSeeds[1] repeats the seed 3',
    ],
    [
      '      better-captions:\n        metric: accuracy',
      '      worse-captions:\n        metric: accuracy',
      'data.easy-vqa.hypotheses.worse-captions must name one of the hypotheses (better-captions)',
    ],
    [
      'claim: The causal attention mask should not be applied to visual inputs.\n',
      '',
      'claim must be stated where there are hypotheses',
    ],
  ])('that contradicts itself is refused: %s → %s', (original, replacement, what) => {
    expect(complaintAbout(original, replacement).message).toContain(`error: ${what}\n`);
  });

  test('that names something almost right says what was meant', () => {
    expect(complaintAbout('control: causal', 'control: casual').message).toContain('did you mean "causal"?');
    expect(complaintAbout('split: test', 'split: tset').message).toContain('did you mean "test"?');
  });

  test('without hypotheses is a benchmark: it needs no claim and may have one seed', () => {
    const from = source.indexOf('hypotheses:\n');
    const to = source.indexOf('factors:\n');
    const benchmark = `${source.slice(0, from)}${source.slice(to)}`
      .replace(/^claim: .*\n/m, '')
      .replace(/^source:\n(?: {2}.*\n)+/m, '')
      .replace('seeds: [1, 2, 3, 4, 5, 6]', 'seeds: [1]')
      .replace('smoke:\n  seeds: 2', 'smoke:\n  seeds: 1')
      .replace(/^ {4}hypotheses:\n(?: {6}.*\n)+/m, '');
    const text = yamlSource(benchmark, 'benchmark.yaml');
    const suite = checkYaml(text.value, { sources: [text], schema: suiteSchema, code: 'suite-invalid' });
    expect(suite.hypotheses).toEqual([]);
    expect(planSuite(suite).runs.map(({ arm, seed }) => `${arm} ${seed}`)).toEqual([
      'causal 1',
      'visual-bidirectional 1',
    ]);
  });

  test('with several mistakes reports all of them', () => {
    const { message } = complaintAbout('alpha: 0.05', 'alpha: five\n    beta: 1');
    expect(message.match(/^error: /gm)).toHaveLength(2);
  });

  test('that is no YAML says where it breaks', () => {
    const { message, at } = complaintAbout('seeds: [1, 2', 'seeds: [1, 2}');
    expect(message).toMatch(/^error: the YAML is malformed: /);
    expect(message.match(/^error: /gm)).toHaveLength(1);
    expect(message).toContain(`  where:    ${at('seeds: [1, 2}').replace(/1$/, '13')}
`);
  });

  test.each([
    [
      'an alias without an anchor',
      ['id: x', 'seeds: *lost'],
      'the alias *lost has no anchor before it',
      '*lost',
      'write &lost before the value that is meant, or write the value here',
    ],
    [
      'an alias inside its own anchor',
      ['id: x', 'scales: &loop { again: *loop }'],
      'the alias *loop stands inside its own anchor',
      '*loop',
      'write the value out',
    ],
    [
      'aliases that multiply',
      ['a: &a [x, x, x]', 'b: &b [*a, *a, *a, *a]', 'c: &c [*b, *b, *b, *b]', 'd: &d [*c, *c, *c, *c]', 'e: [*d, *d]'],
      'aliases of aliases multiply to more than can be read',
      '*d]',
      'write the values out',
    ],
    ['a list as key', ['id: x', '? [a, b]', ': 3'], 'a key is a list, a map or an alias', '[a', 'write the key out'],
    ['an alias as key', ['id: &i x', '*i : 3'], 'a key is a list, a map or an alias', '*i', 'write the key out'],
    [
      'a second document',
      ['id: x', '---', 'id: y'],
      'a second document begins in the file',
      '---',
      'remove the line "---", or put what follows into a file of its own',
    ],
  ])('with %s is refused where that stands', (_, written, what, position, fix) => {
    const text = written.join('\n');
    const before = text.slice(0, text.indexOf(position)).split('\n');
    const warned = vi.spyOn(process, 'emitWarning');
    let problems: readonly Problem[] = [];
    try {
      yamlSource(text, 'odd.yaml');
    } catch (error) {
      problems = (error as UserError).problems;
    }
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'suite-syntax',
        what,
        where: `odd.yaml:${before.length}:${before.at(-1)!.length + 1}`,
        fix,
      }),
    ]);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  test('may use an alias for what stands further up', () => {
    expect(yamlSource('a: &a [1, 2]\nb: *a\n', 'alias.yaml').value).toEqual({ a: [1, 2], b: [1, 2] });
  });

  test('that is empty says so', () => {
    const text = yamlSource('# nothing\n', 'empty.yaml');
    expect(() => checkYaml(text.value, { sources: [text], schema: suiteSchema, code: 'suite-invalid' })).toThrow(
      lines('error: the file is empty', '  where:    empty.yaml', '  expected: a map', '  fix:      fill it'),
    );
  });

  test('that does not exist is one clear error', () => {
    expect(() => readSuite('no-such-suite.yaml')).toThrow(
      lines(
        'error: there is no file no-such-suite.yaml',
        '  where:    no-such-suite.yaml',
        '  fix:      check the path and that the file may be read',
      ),
    );
  });
});
