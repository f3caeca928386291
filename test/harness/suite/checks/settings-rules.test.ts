/** A suite that cannot be trained or scored is refused when it is read, at the line that makes it so. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Problem, UserError } from '../../../../harness/errors.js';
import { readSuite } from '../../../../harness/suite/find-suite.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'mine.yaml');

/** The problems of a suite that extends another, and where a text stands in it. */
function refused(base: string, ...written: readonly string[]) {
  writeFileSync(file, [`extends: ${base}`, 'id: mine', ...written, ''].join('\n'));
  const at = (text: string) => {
    const before = readFileSync(file, 'utf8').split(text)[0]!.split('\n');
    return `${file}:${before.length}:${before.at(-1)!.length + 1}`;
  };
  let problems: readonly Problem[] = [];
  try {
    readSuite(file);
  } catch (error) {
    problems = (error as UserError).problems;
  }
  return { problems, at };
}

const inScale = (text: string) => `scales: { embedded: { ${text} } }`;
const inCausal = (text: string) => `factors: { attention-mask: { levels: { causal: { overlay: { ${text} } } } } }`;

describe('a suite is refused', () => {
  test.each([
    [
      'for a metric that no run has',
      inScale('evaluation: { captionImages: 0 }'),
      '0 }',
      'hypotheses[0].metric is CIDEr-D/ai-captions, which is not measured: no image is captioned (on tiny-scenes)',
    ],
    [
      'for a metric that smoke runs lack',
      'smoke: { overlay: { evaluation: { captionImages: 0 } } }',
      '0 }',
      'hypotheses[0].metric is CIDEr-D/ai-captions, which is not measured: no image is captioned (on tiny-scenes, with --smoke)',
    ],
    [
      'for a topic that no question is about',
      inCausal('recipe: { stages: { joint: { questionTypes: [colr] } } }'),
      'colr',
      'factors.attention-mask.levels.causal.overlay.recipe.stages.joint.questionTypes[0] must name something that tiny-scenes has questions about (arm causal)',
    ],
    [
      'for a model without room for a text',
      inScale('model: { language: { maximumPositions: 20 } }'),
      '20 }',
      'scales.embedded.model.language.maximumPositions must be at least 53: 16 visual tokens, and 37 for the longest text of tiny-scenes',
    ],
    [
      'for sizes other than those of the weights that it starts from',
      inScale('model: { language: { hiddenSize: 128 } }'),
      '128 }',
      'scales.embedded.model.language.hiddenSize is 128, but the pretrained language backbone of the package has 64',
    ],
    [
      'for numbers that do not fit together',
      inScale('recipe: { batchSize: 33 }'),
      '33 }',
      'scales.embedded.recipe.microBatchSize must divide batchSize (33 is not a multiple of 16)',
    ],
    [
      'for numbers of a stage that do not fit together',
      inCausal('recipe: { stages: { joint: { batchSize: 24 } } }'),
      '24 }',
      'factors.attention-mask.levels.causal.overlay.recipe.stages.joint.batchSize must be a multiple of microBatchSize (16), or the stage state its own (arm causal)',
    ],
    [
      'for losses that are not measured where the metric reads them',
      'hypotheses: [{ id: better-captions, statement: s, metric: validation-loss/ai-captions, direction: less, margin: 0.1, alpha: 0.05, test: paired, treatment: visual-bidirectional, control: causal }]\n' +
        inScale('recipe: { validateEverySteps: 40 }') +
        '\nsmoke: { overlay: { recipe: { stages: { adapt: { validation: { atEnds: false } } } } } }',
      'validation-loss',
      'hypotheses[0].metric is validation-loss/ai-captions, which is not measured: nothing is validated after the last step of the stage adapt (on tiny-scenes, with --smoke)',
    ],
    [
      'for learning rates of other parts than an overlay trains',
      inCausal('recipe: { stages: { joint: { trainable: [language] } } }'),
      'trainable',
      'scales.embedded.recipe.stages[2].learningRate must not give one for connector and vision: the stage trains language (arm causal)',
    ],
    [
      'for arms that are the same',
      inCausal('attentionMask: visual-bidirectional'),
      'overlay',
      'hypotheses[0].control is causal, which amounts to the same configuration as the treatment visual-bidirectional',
    ],
    [
      'for arms that are compared on different images',
      inCausal('evaluation: { split: validation }'),
      'validation }',
      'factors.attention-mask.levels.causal.overlay.evaluation.split must be the same in all arms that better-captions compares: it is validation in causal and test in visual-bidirectional',
    ],
    [
      'for more steps than anyone trains',
      inCausal('recipe: { stages: { joint: { steps: 1000000000000 } } }'),
      '1000000000000',
      'factors.attention-mask.levels.causal.overlay.recipe.stages.joint.steps is 1000000000000',
    ],
    [
      'for batches that fill the memory',
      inScale('recipe: { batchSize: 1000000000 }'),
      '1000000000',
      'scales.embedded.recipe.batchSize is 1000000000',
    ],
  ])('%s', (_, written, where, what) => {
    const { problems, at } = refused('finding-1@1', written);
    expect(problems[0]).toMatchObject({ code: 'suite-invalid', what, where: at(where) });
    expect(problems).toHaveLength(1);
  });

  test('for a data set that lacks what its stages ask for, at the data set', () => {
    const { problems, at } = refused(
      'finding-1@1',
      'data: { tiny-scenes: null, easy-vqa: null, tiny-pathology: { description: d } }',
    );
    expect(problems[0]).toMatchObject({
      what: 'scales.embedded.recipe.stages[0].mixture.ai-captions asks for what tiny-pathology does not have',
      where: at('tiny-pathology'),
      expected: 'one of questions, open-questions',
    });
    expect(problems[0]!.fix).toMatch(/is inherited from .*base\.yaml:\d+:\d+ and can be overridden$/);
    expect(problems.map(({ what }) => what)).toContain(
      'scales.embedded.evaluation.captionImages must be 0: tiny-pathology has no captions to score against',
    );
  });

  test('for a stage that no one gives a mask', () => {
    const { problems } = refused(
      'easy-vqa',
      'scales:',
      '  embedded:',
      '    recipe:',
      '      stages:',
      '        - name: only',
      '          steps: 1',
      '          trainable: [connector]',
      '          learningRate: { connector: 0.1 }',
      '          mixture: { questions: 1 }',
    );
    expect(problems).toEqual([
      {
        code: 'suite-invalid',
        what: 'scales.embedded.recipe.stages[0].attentionMask is missing',
        where: `${file}:7:11`,
        expected: 'one of causal, visual-bidirectional, prefix-bidirectional',
        fix: 'state it in the stage, or in the overlay of every arm',
      },
    ]);
  });
});
