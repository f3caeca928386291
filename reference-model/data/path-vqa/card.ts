/** Card of PathVQA. */
import type { DataSetCard } from '../card.js';

const copy = 'https://huggingface.co/datasets/flaviagiammarino/path-vqa';

export const pathVqa = {
  name: 'path-vqa',
  description:
    'PathVQA (He et al., arXiv 2003.10286): yes/no and open questions about pathology images, without the duplicates of the first release.',
  license:
    'MIT as its copy says; images and captions are of two textbooks and the PEIR library, with whom their copyright is',
  source: copy,
  files: [
    { path: 'data/', holds: 'train-*.parquet, validation-*.parquet and test-*.parquet, images inside', from: copy },
  ],
  splits: {
    train: { images: 2599, questions: 19_654 },
    validation: { images: 832, questions: 6259 },
    test: { images: 858, questions: 6719 },
  },
  countsFrom: copy,
  layouts: [
    {
      format: 'parquet',
      captionStyle: 'human',
      splits: {
        train: { shards: ['data/train-*.parquet'] },
        validation: { shards: ['data/validation-*.parquet'] },
        test: { shards: ['data/test-*.parquet'] },
      },
    },
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { questions: ['train.csv'], images: 'images' },
        validation: { questions: ['validation.csv'], images: 'images' },
        test: { questions: ['test.csv'], images: 'images' },
      },
    },
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { questions: ['pvqa_train.json'], images: 'images/train', imageName: '{id}.jpg' },
        validation: { questions: ['pvqa_val.json'], images: 'images/val', imageName: '{id}.jpg' },
        test: { questions: ['pvqa_test.json'], images: 'images/test', imageName: '{id}.jpg' },
      },
    },
  ],
} as const satisfies DataSetCard;
