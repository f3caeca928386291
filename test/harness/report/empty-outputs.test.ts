import { expect, test } from 'vitest';
import type { Prediction } from '../../../harness/records/predictions.js';
import { countOutputs, emptyOutputCaveats } from '../../../harness/report/empty-outputs.js';

const caption = (text: string, style: 'ai-captions' | 'human-captions' = 'ai-captions'): Prediction => ({
  type: 'caption',
  style,
  imageId: 'i',
  prompt: 'describe',
  text,
  references: ['a red disc'],
  score: 0,
});
const answer = (text: string): Prediction => ({
  type: 'answer',
  questionId: 'q',
  imageId: 'i',
  kind: 'yes/no',
  question: 'is it red?',
  expected: 'yes',
  text,
  correct: false,
});
const times = (count: number, prediction: Prediction) => Array.from({ length: count }, () => prediction);

const caveatsOf = (runs: readonly { readonly arm: string; readonly predictions: readonly Prediction[] }[]) =>
  emptyOutputCaveats(runs.map(({ arm, predictions }) => ({ arm, counts: countOutputs(predictions) })));

test('empty outputs are told for each arm and kind, over all its seeds', () => {
  const human = [...times(300, caption('')), ...times(200, caption('  ')), ...times(524, caption('a disc'))];
  const runs = [
    { arm: 'human', predictions: [...human, ...times(10, caption('a disc', 'human-captions'))] },
    { arm: 'human', predictions: times(512, caption('', 'ai-captions')) },
    { arm: 'AI', predictions: [...times(2, answer('')), ...times(48, answer('no'))] },
  ];
  expect(caveatsOf(runs)).toEqual([
    'Some outputs are empty, and an empty one scores 0: 66 % of the detailed captions by the arm “human” (1,012 of 1,536); 4.0 % of the answers to yes/no questions by the arm “AI” (2 of 50).',
  ]);
});

test('single empty outputs among many, and none, are not worth a caveat', () => {
  expect(caveatsOf([{ arm: 'a', predictions: [caption(''), ...times(200, caption('a disc'))] }])).toEqual([]);
  expect(caveatsOf([{ arm: 'a', predictions: [] }])).toEqual([]);
});
