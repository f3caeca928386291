/** The VQA scores against cases worked by hand from the published rules, and against the table of contractions' own rules. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type AnsweredQuestion,
  answerKind,
  normaliseAnswer,
  questionType,
  scoreAnswers,
  scoreConsensus,
  scoreTokenOverlap,
} from '../../metrics/index.js';

describe('normaliseAnswer', () => {
  it.each([
    ['  Yes.\n', 'yes'],
    ['The  Two\tdogs', '2 dogs'],
    ['none', '0'],
    ['a an the', ''],
    ['dont', "don't"],
    ["couldn'tve", "couldn't've"],
    ['couldntve', 'couldntve'],
    ["Id've", "id've"],
    ["somebody'd", 'somebodyd'],
    ['black/white', 'black white'],
    ['black / white', 'black white'],
    ['x-ray', 'x ray'],
    ["it's 10:30", "it's 10:30"],
    ['3.5', '3.5'],
    ['st. louis', 'st louis'],
    // One comma between digits turns every mark into a deletion.
    ['1,000', '1000'],
    ['1,000/day', '1000day'],
    ['day/night', 'day night'],
    ['.'.repeat(40), '.'.repeat(8)],
  ])('%j becomes %j', (answer, expected) => {
    expect(normaliseAnswer(answer)).toBe(expected);
  });
});

describe('the public VQA v2 evaluation', () => {
  const { answers, accuracies } = JSON.parse(
    readFileSync(new URL('../fixtures/vqa/official-normalisation.json', import.meta.url), 'utf8'),
  ) as { answers: [string, string][]; accuracies: [string[], string, number][] };

  it('normalises every observed answer to the same', () => {
    expect(answers.filter(([answer, expected]) => normaliseAnswer(answer) !== expected)).toEqual([]);
  });

  it('gives every observed set of annotators the same accuracy', () => {
    for (const [given, prediction, expected] of accuracies) {
      const question = { questionId: '1', imageId: '1', answers: given, prediction };
      expect(scoreConsensus([question]).overall.score).toBeCloseTo(expected, 12);
    }
  });
});

describe('scoreConsensus', () => {
  const question = (answers: readonly string[], prediction: string) => ({
    questionId: '1',
    imageId: '1',
    answers,
    prediction,
  });
  const accuracy = (answers: readonly string[], prediction: string) =>
    scoreConsensus([question(answers, prediction)]).overall.score!;
  const annotators = (right: number) => [
    ...Array(right).fill('cat'),
    ...Array(10 - right)
      .fill('dog')
      .map((dog, i) => dog + i),
  ];

  it('averages min(1, matches / 3) over leaving each annotator out', () => {
    // With m of 10 matching: m leave-outs see m − 1 matches, the other 10 − m see m.
    for (let m = 0; m <= 10; m++) {
      const expected = (m * Math.min(1, (m - 1) / 3) + (10 - m) * Math.min(1, m / 3)) / 10;
      expect(accuracy(annotators(m), 'cat')).toBeCloseTo(m === 0 ? 0 : expected, 12);
    }
    expect(accuracy(annotators(1), 'cat')).toBeCloseTo(0.3, 12);
    expect(accuracy(annotators(3), 'cat')).toBeCloseTo(0.9, 12);
  });

  it('normalises only if the annotators disagree', () => {
    const agreeing = Array(10).fill('The cat');
    expect(accuracy(agreeing, 'cat')).toBe(0);
    expect(accuracy(agreeing, 'The cat\n')).toBe(1);
    expect(accuracy([...Array(9).fill('The cat'), 'dog'], 'cat')).toBe(1);
  });

  it('breaks down by the types of the data set', () => {
    const { byAnswerType, overall, perQuestion } = scoreConsensus([
      { ...question(annotators(10), 'cat'), answerType: 'other' },
      { ...question(annotators(0), 'cat'), questionId: '2', answerType: 'number' },
    ]);
    expect(byAnswerType.other!.score).toBe(1);
    expect(byAnswerType.number!).toMatchObject({ score: 0, questions: 1 });
    expect(overall.score).toBe(0.5);
    expect([...perQuestion]).toEqual([1, 0]);
    expect(overall.signature).toContain('normalise:official');
  });

  it('refuses a question without annotators', () => {
    expect(() => accuracy(['cat'], 'cat')).toThrow('question 1, answers: question 1 has 1 answers');
  });
});

const questions: AnsweredQuestion[] = [
  { questionId: '1', imageId: 'a', kind: 'yes/no', answer: 'yes', prediction: 'Yes.', question: 'Is it benign?' },
  { questionId: '2', imageId: 'a', kind: 'yes/no', answer: 'no', prediction: 'normal', question: 'is this a liver?' },
  {
    questionId: '3',
    imageId: 'b',
    kind: 'open',
    answer: 'in the left lung',
    prediction: 'left lung',
    question: 'Where?',
  },
  { questionId: '4', imageId: 'b', kind: 'open', answer: 'two', prediction: '2', question: 'how many nodules?' },
];

describe('scoreAnswers', () => {
  it('matches whole answers and counts every one', () => {
    const { overall, open, byQuestionType, perQuestion, ...kinds } = scoreAnswers(questions);
    expect(kinds['yes/no']).toMatchObject({ score: 0.5, questions: 2 });
    expect(open).toMatchObject({ score: 0.5, questions: 2 });
    expect(overall).toMatchObject({ score: 0.5, questions: 4 });
    expect([...perQuestion]).toEqual([1, 0, 0, 1]);
    expect(Object.entries(byQuestionType).map(([type, { score, questions }]) => [type, score, questions])).toEqual([
      ['how', 1, 1],
      ['is', 0.5, 2],
      ['where', 0, 1],
    ]);
    expect(overall.signature).toMatch(
      /^accuracy-overall\|version:1\|match:exact\|normalise:vqa-v2\|images:2\|questions:4@[0-9a-f]{16}\|split:all$/,
    );
  });

  it('has no score for a kind without questions', () => {
    expect(scoreAnswers(questions.slice(0, 2)).open).toMatchObject({ score: undefined, questions: 0 });
  });

  it('resamples images, not questions', () => {
    // Within an image all answers are alike: intervals of 8 images, not of 800 questions.
    const clustered = Array.from({ length: 800 }, (_, index): AnsweredQuestion => {
      const imageId = String(index % 8);
      return { questionId: String(index), imageId, kind: 'open', answer: 'x', prediction: index % 8 < 4 ? 'x' : 'y' };
    });
    const { ci95 } = scoreAnswers(clustered, { bootstrap: { resamples: 2000, method: 'percentile' } }).overall;
    // A mean of 8 fair coins has a standard deviation of .177; of 800 it would be .018.
    expect(ci95![1] - ci95![0]).toBeGreaterThan(0.5);
  });

  it.each([
    [[], 'there is no question to score'],
    [[questions[0]!, questions[0]!], 'question 1: question 1 occurs twice'],
    [
      [{ ...questions[0]!, prediction: 5 as unknown as string }],
      'question 1, prediction: the prediction is a number, not text',
    ],
    [[{ ...questions[0]!, kind: 'maybe' as 'open' }], 'question 1, kind: the kind is "maybe"'],
  ])('%#: one exact error', (records, message) => {
    expect(() => scoreAnswers(records)).toThrow(message);
  });

  it('tells yes/no from open by the whole answer', () => {
    expect(['Yes', 'no.', 'normal', 'none', 'nodule'].map(answerKind)).toEqual([
      'yes/no',
      'yes/no',
      'open',
      'open',
      'open',
    ]);
    expect(['What is it?', 'are there', '', 'Name it'].map(questionType)).toEqual(['what', 'are', 'other', 'other']);
  });
});

describe('scoreTokenOverlap', () => {
  it('follows the definitions on cases worked by hand', () => {
    const scores = scoreTokenOverlap(questions);
    // Question 3: words "in left lung" (the article goes) against "left lung": precision 1, recall 2/3, F1 .8.
    expect(scores['token-F1'].score).toBeCloseTo((1 + 0 + 0.8 + 1) / 4, 12);
    expect(scores['token-recall-open']).toMatchObject({ questions: 2 });
    expect(scores['token-recall-open'].score).toBeCloseTo((2 / 3 + 1) / 2, 12);
    expect(scores['BLEU-1'].score).toBeCloseTo((1 + 0 + Math.exp(1 - 3 / 2) + 1) / 4, 12);
  });

  it('clips repeated words', () => {
    const repeated = { ...questions[2]!, answer: 'lung', prediction: 'lung lung lung' };
    expect(scoreTokenOverlap([repeated])['token-F1'].score).toBeCloseTo(0.5, 12);
  });
});
