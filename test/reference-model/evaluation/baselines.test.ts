import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataSet, Question, Sample } from '../../../reference-model/data/dataset.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import { baselineAnswers } from '../../../reference-model/evaluation/baselines.js';
import type { RunConfig, Stage } from '../../../reference-model/recipe/recipe.js';
import { trainingSamples } from '../../../reference-model/training/stage-data.js';
import { tinyRun } from '../training/tiny-run.js';

type Asked = Pick<Question, 'question' | 'answer' | 'kind'>;

const dataSet = (questions: readonly Asked[]): DataSet => {
  const train = questions.map(
    (question, index): Sample => ({
      imageId: `${index}`,
      image: { width: 1, height: 1, pixels: new Uint8Array(3) },
      humanCaptions: [],
      aiCaptions: [],
      questions: [{ questionId: `${index}`, ...question }],
    }),
  );
  return { name: 'tiny-scenes', fingerprint: '', splits: { train, validation: [], test: [] } };
};
const [align, joint] = tinyRun().recipe.stages as [Stage, Stage];
const run = (...stages: readonly Stage[]): RunConfig => tinyRun({ stages });

const question = fc.record({
  question: fc.constantFrom('how many?', 'which colour?', 'is it red?'),
  answer: fc.constantFrom('1', '2', 'red', 'yes', 'no'),
  kind: fc.constantFrom('open' as const, 'yes/no' as const),
});

describe('answers without a model', () => {
  it('are right on their own training questions as often as any fixed answer can be', () => {
    fc.assert(
      fc.property(fc.array(question, { minLength: 1, maxLength: 30 }), (questions) => {
        const { answers } = baselineAnswers(questions, run(joint), { 'tiny-scenes': dataSet(questions) });
        const right = (texts: readonly string[], among: (asked: Asked) => boolean) =>
          questions.filter((asked, index) => among(asked) && asked.answer === texts[index]).length;
        const best = (among: (asked: Asked) => boolean) =>
          Math.max(
            ...questions.map(
              ({ answer }) => questions.filter((asked) => among(asked) && asked.answer === answer).length,
            ),
          );
        for (const { kind, question } of questions) {
          const sameKind = (asked: Asked) => asked.kind === kind;
          const sameWords = (asked: Asked) => asked.question === question;
          expect(right(answers.majority, sameKind)).toBe(best(sameKind));
          expect(right(answers.blind, sameWords)).toBe(best(sameWords));
        }
      }),
    );
  });

  it('do not depend on the order of the training questions', () => {
    fc.assert(
      fc.property(fc.array(question, { minLength: 1, maxLength: 12 }), (questions) => {
        const answers = (training: readonly Asked[]) =>
          baselineAnswers(questions, run(joint), { 'tiny-scenes': dataSet(training) }).answers;
        expect(answers(questions.toReversed())).toEqual(answers(questions));
      }),
    );
  });

  it('fall back: for unseen words to the kind, for an unseen kind to nothing', () => {
    const training = dataSet([{ question: 'how many?', answer: '2', kind: 'open' }]);
    const asked = [
      { question: 'which colour?', kind: 'open' },
      { question: 'is it red?', kind: 'yes/no' },
    ] as const;
    const { answers } = baselineAnswers(asked, run(joint), { 'tiny-scenes': training });
    expect(answers).toEqual({ majority: ['2', ''], blind: ['2', ''] });
  });

  it('are counted on the images that the last stage with steps may see, and on no others', () => {
    const questions = Array.from({ length: 40 }, (_, index) => ({
      question: `${index}?`,
      answer: `${index}`,
      kind: 'open' as const,
    }));
    const seen = dataSet(questions);
    const adapt: Stage = { ...joint, name: 'adapt', data: 'tiny-pathology', trainingShare: 0.25 };
    const config = run(align, adapt, { ...joint, steps: 0 });
    const { training, answers } = baselineAnswers(questions, config, {
      'tiny-scenes': dataSet([{ question: '0?', answer: 'wrong', kind: 'open' }]),
      'tiny-pathology': seen,
    });
    expect(training).toEqual({ dataSet: 'tiny-pathology', trainingShare: 0.25 });
    const drawn = trainingSamples(seen, adapt, config.seed).map(({ imageId }) => imageId);
    const known = questions.filter(({ answer }, index) => answers.blind[index] === answer).map(({ answer }) => answer);
    // Whatever was not drawn falls back to the answer of an image that was.
    expect(known).toEqual(drawn);
  });

  it('of tiny-scenes: one half of yes and no, as many are yes as no', async () => {
    const scenes = await loadDataSet({ name: 'tiny-scenes' });
    const asked = scenes.splits.test.flatMap(({ questions }) => questions).filter(({ kind }) => kind === 'yes/no');
    const { answers } = baselineAnswers(asked, run(joint), { 'tiny-scenes': scenes });
    const accuracy = asked.filter(({ answer }, index) => answers.majority[index] === answer).length / asked.length;
    // Three standard errors of a share of one half.
    expect(Math.abs(accuracy - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / asked.length));
  });
});
