import { describe, expect, test } from 'vitest';
import { intervalOverImages, intervalOverSeeds, sampleScores } from '../../../harness/publish/sample-scores.js';
import type { Prediction } from '../../../harness/records/predictions.js';

const answer = (imageId: string, kind: 'open' | 'yes/no', correct: boolean): Prediction => ({
  type: 'answer',
  questionId: 'q',
  imageId,
  kind,
  question: 'what?',
  expected: 'a',
  text: 'b',
  correct,
});

test('scores are summed per image, in the order in which images first occur', () => {
  const predictions = [answer('b', 'open', true), answer('a', 'yes/no', false), answer('b', 'yes/no', true)];
  expect(sampleScores(predictions)).toEqual({
    accuracy: { imageIds: ['b', 'a'], sums: [2, 0], counts: [2, 1] },
    'accuracy/open': { imageIds: ['b'], sums: [1], counts: [1] },
    'accuracy/yes-no': { imageIds: ['a', 'b'], sums: [0, 1], counts: [1, 1] },
  });
});

test('what was given to the model counts in every group that it belongs to', () => {
  const given = (imageId: string, exact: boolean, loss: number, questionType?: string): Prediction => ({
    type: 'teacher-forced',
    source: questionType === undefined ? 'ai-captions' : 'questions',
    imageId,
    prompt: 'what?',
    expected: 'a',
    exact,
    loss,
    tokens: 2,
    ...(questionType === undefined ? {} : { kind: 'open', questionId: imageId, questionType }),
  });
  const scores = sampleScores([given('a', true, 0.5), given('b', false, 2, 'stain'), given('b', true, 1, 'shape')]);
  const answers = { imageIds: ['b'], sums: [1], counts: [2] };
  const losses = { imageIds: ['b'], sums: [3], counts: [2] };
  expect(scores).toEqual({
    'exact-match/ai-captions': { imageIds: ['a'], sums: [1], counts: [1] },
    'answer-loss/ai-captions': { imageIds: ['a'], sums: [0.5], counts: [1] },
    'exact-match/questions': answers,
    'answer-loss/questions': losses,
    'exact-match/questions/open': answers,
    'answer-loss/questions/open': losses,
    'exact-match/questions/stain': { imageIds: ['b'], sums: [0], counts: [1] },
    'answer-loss/questions/stain': { imageIds: ['b'], sums: [2], counts: [1] },
    'exact-match/questions/shape': { imageIds: ['b'], sums: [1], counts: [1] },
    'answer-loss/questions/shape': { imageIds: ['b'], sums: [1], counts: [1] },
  });
});

describe('the interval over images', () => {
  test('of single scores is the t interval of their mean', () => {
    // Mean 3, standard deviation √2.5, t(0.975, 4) = 2.776445 (any table).
    const interval = intervalOverImages({ imageIds: [], sums: [1, 2, 3, 4, 5], counts: [1, 1, 1, 1, 1] })!;
    const half = (2.776445 * Math.sqrt(2.5)) / Math.sqrt(5);
    expect(interval.low).toBeCloseTo(3 - half, 5);
    expect(interval.high).toBeCloseTo(3 + half, 5);
    expect(intervalOverSeeds([1, 2, 3, 4, 5])!.high).toBeCloseTo(3 + half, 5);
  });

  test('does not exist for one image or one seed', () => {
    expect(intervalOverImages({ imageIds: [], sums: [1], counts: [1] })).toBeUndefined();
    expect(intervalOverSeeds([1])).toBeUndefined();
  });

  test('covers the true accuracy in about 95 % of simulations when the questions of an image go together', () => {
    let state = 1;
    const draw = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const simulations = 1500;
    let covered = 0;
    for (let simulation = 0; simulation < simulations; simulation++) {
      const counts = Array.from({ length: 80 }, () => 1 + Math.floor(draw() * 6));
      // An image is easy or hard, so that its answers are alike: accuracy 0.5 on the whole.
      const sums = counts.map((count) => {
        const ease = draw() < 0.5 ? 0.9 : 0.1;
        let right = 0;
        for (let question = 0; question < count; question++) if (draw() < ease) right += 1;
        return right;
      });
      const { low, high } = intervalOverImages({ imageIds: [], sums, counts })!;
      if (low <= 0.5 && 0.5 <= high) covered += 1;
    }
    // Three Monte-Carlo standard errors (0.0056) around 0.95, and a percent for the linearisation.
    expect(covered / simulations).toBeGreaterThan(0.923);
    expect(covered / simulations).toBeLessThan(0.977);
  });
});
