/** Card of easy-VQA. */
import type { DataSetCard } from '../card.js';

const project = 'https://github.com/vzhou842/easy-VQA';

export const easyVqa = {
  name: 'easy-vqa',
  description:
    'easy-VQA: 64×64 images of one shape with yes/no and open questions, shrunk to 32×32; a tenth of its training images serves as validation split.',
  license: 'MIT',
  source: project,
  files: [
    { path: 'answers.txt', holds: 'the possible answers (easy_vqa/data of the project)', from: project },
    { path: 'train/', holds: 'questions.json and images/ of the training split', from: project },
    { path: 'test/', holds: 'questions.json and images/ of the test split', from: project },
  ],
  splits: {
    train: { images: 3600, questions: 34707 },
    validation: { images: 400, questions: 3868 },
    test: { images: 1000, questions: 9673 },
  },
  fingerprint: 'd4d69eecd498e20ce0c741b0bbde8ce80154e86324c2891816403e69a748a918',
  embedded: {
    vocabularySize: 216,
    facts: {
      imageSize: 32,
      captions: [],
      words: false,
      questionTypes: { color: ['yes/no', 'open'], shape: ['yes/no', 'open'] },
      firstQuestion: { validation: { 'yes/no': 2, open: 0 }, test: { 'yes/no': 3, open: 0 } },
      tokens: 211,
      longestText: 11,
      longestQuestion: 10,
    },
  },
} as const satisfies DataSetCard;
