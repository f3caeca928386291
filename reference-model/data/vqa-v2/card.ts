/** Card of VQA v2. */
import type { DataSetCard } from '../card.js';

const project = 'https://visualqa.org/download.html';
const coco = 'https://cocodataset.org/#download';
const answers = 'answers of ten people (Annotations zip)';
const words = 'questions (Questions zip)';

export const vqaV2 = {
  name: 'vqa-v2',
  description: 'VQA v2 (Goyal et al., CVPR 2017): open questions about COCO photographs, ten answers each.',
  license: 'questions and answers CC BY 4.0; images as COCO',
  source: project,
  files: [
    { path: 'v2_mscoco_train2014_annotations.json', holds: answers, from: project },
    { path: 'v2_OpenEnded_mscoco_train2014_questions.json', holds: words, from: project },
    { path: 'v2_mscoco_val2014_annotations.json', holds: answers, from: project },
    { path: 'v2_OpenEnded_mscoco_val2014_questions.json', holds: words, from: project },
    { path: 'train2014/', holds: 'images (train2014.zip, 13 GB)', from: coco },
    { path: 'val2014/', holds: 'images (val2014.zip, 6 GB)', from: coco },
  ],
  splits: {
    train: { images: 82_783, questions: 443_757 },
    validation: { images: 40_504, questions: 214_354 },
  },
  countsFrom: project,
  layouts: [
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: {
          questions: ['v2_mscoco_train2014_annotations.json'],
          questionTexts: ['v2_OpenEnded_mscoco_train2014_questions.json'],
          images: 'train2014',
          imageName: 'COCO_train2014_{id:12}.jpg',
        },
        validation: {
          questions: ['v2_mscoco_val2014_annotations.json'],
          questionTexts: ['v2_OpenEnded_mscoco_val2014_questions.json'],
          images: 'val2014',
          imageName: 'COCO_val2014_{id:12}.jpg',
        },
      },
    },
  ],
} as const satisfies DataSetCard;
