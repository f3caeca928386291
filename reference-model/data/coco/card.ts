/** Cards of COCO: the captions of 2014 and 2017 in their own splits, and in those of Karpathy and Fei-Fei (CVPR 2015). */
import type { DataSetCard } from '../card.js';

const project = 'https://cocodataset.org/#download';
const license = 'captions CC BY 4.0; images under the Flickr terms of use, each with its own licence';

/** States the images; the captions of 2014, of 2017 and of these splits all add up to 616,767. */
const splits = 'https://www.tensorflow.org/datasets/catalog/coco_captions';

export const coco2014 = {
  name: 'coco-2014',
  description: 'COCO captions of 2014 (Chen et al., arXiv 1504.00325): five human captions for each photograph.',
  license,
  source: project,
  files: [
    { path: 'annotations/captions_train2014.json', holds: 'captions (annotations_trainval2014.zip)', from: project },
    { path: 'annotations/captions_val2014.json', holds: 'captions (annotations_trainval2014.zip)', from: project },
    { path: 'train2014/', holds: 'images (train2014.zip, 13 GB)', from: project },
    { path: 'val2014/', holds: 'images (val2014.zip, 6 GB)', from: project },
  ],
  splits: {
    train: { images: 82_783, captions: 414_113 },
    validation: { images: 40_504, captions: 202_654 },
  },
  countsFrom: splits,
  layouts: [
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { captions: ['annotations/captions_train2014.json'], images: 'train2014' },
        validation: { captions: ['annotations/captions_val2014.json'], images: 'val2014' },
      },
    },
  ],
} as const satisfies DataSetCard;

export const coco2017 = {
  name: 'coco-2017',
  description: 'COCO captions of 2017: the captions of 2014 over a larger training split.',
  license,
  source: project,
  files: [
    { path: 'annotations/captions_train2017.json', holds: 'captions (annotations_trainval2017.zip)', from: project },
    { path: 'annotations/captions_val2017.json', holds: 'captions (annotations_trainval2017.zip)', from: project },
    { path: 'train2017/', holds: 'images (train2017.zip, 18 GB)', from: project },
    { path: 'val2017/', holds: 'images (val2017.zip, 1 GB)', from: project },
  ],
  splits: {
    train: { images: 118_287, captions: 591_753 },
    validation: { images: 5000, captions: 25_014 },
  },
  countsFrom: 'counts of the public files; their captions add up to those of 2014',
  layouts: [
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { captions: ['annotations/captions_train2017.json'], images: 'train2017' },
        validation: { captions: ['annotations/captions_val2017.json'], images: 'val2017' },
      },
    },
  ],
} as const satisfies DataSetCard;

const parts = {
  train: { part: ['train', 'restval'] },
  validation: { part: ['val'] },
  test: { part: ['test'] },
} as const;

export const cocoKarpathy = {
  name: 'coco-karpathy',
  description:
    'COCO captions of 2014 in the splits that captioning papers report on; its restval part counts as training, as it does there.',
  license,
  source: 'https://cs.stanford.edu/people/karpathy/deepimagesent/',
  files: [
    {
      path: 'dataset_coco.json',
      holds: 'captions and splits (caption_datasets.zip), or the JSON Lines of a copy on Hugging Face',
      from: 'https://cs.stanford.edu/people/karpathy/deepimagesent/',
    },
    { path: 'train2014/', holds: 'images (train2014.zip, 13 GB)', from: project },
    { path: 'val2014/', holds: 'images (val2014.zip, 6 GB)', from: project },
  ],
  splits: {
    train: { images: 113_287, captions: 566_747 },
    validation: { images: 5000, captions: 25_010 },
    test: { images: 5000, captions: 25_010 },
  },
  countsFrom: splits,
  layouts: [
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { captions: ['dataset_coco.json'], images: '.', ...parts.train },
        validation: { captions: ['dataset_coco.json'], images: '.', ...parts.validation },
        test: { captions: ['dataset_coco.json'], images: '.', ...parts.test },
      },
    },
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { captions: ['coco_karpathy_train.jsonl'], images: '.' },
        validation: { captions: ['coco_karpathy_val.jsonl'], images: '.' },
        test: { captions: ['coco_karpathy_test.jsonl'], images: '.' },
      },
    },
  ],
} as const satisfies DataSetCard;
