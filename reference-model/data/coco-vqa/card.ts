/** Card of what a joint stage learns from: captions and questions about the same photographs of COCO. */
import type { DataSetCard } from '../card.js';

const coco = 'https://cocodataset.org/#download';
const vqa = 'https://visualqa.org/download.html';

export const cocoVqa = {
  name: 'coco-vqa',
  description:
    'The photographs of COCO 2014 with their human captions and the questions of VQA v2; train and validation are those of both projects.',
  license: 'captions, questions and answers CC BY 4.0; images under the Flickr terms of use, each with its own licence',
  source: vqa,
  files: [
    { path: 'annotations/captions_train2014.json', holds: 'captions (annotations_trainval2014.zip)', from: coco },
    { path: 'annotations/captions_val2014.json', holds: 'captions (annotations_trainval2014.zip)', from: coco },
    { path: 'v2_mscoco_train2014_annotations.json', holds: 'answers of ten people (Annotations zip)', from: vqa },
    { path: 'v2_OpenEnded_mscoco_train2014_questions.json', holds: 'questions (Questions zip)', from: vqa },
    { path: 'v2_mscoco_val2014_annotations.json', holds: 'answers of ten people (Annotations zip)', from: vqa },
    { path: 'v2_OpenEnded_mscoco_val2014_questions.json', holds: 'questions (Questions zip)', from: vqa },
    { path: 'train2014/', holds: 'images (train2014.zip, 13 GB)', from: coco },
    { path: 'val2014/', holds: 'images (val2014.zip, 6 GB)', from: coco },
  ],
  splits: {
    train: { images: 82_783, captions: 414_113, questions: 443_757 },
    validation: { images: 40_504, captions: 202_654, questions: 214_354 },
  },
  countsFrom: 'the pages of both projects, as the cards coco-2014 and vqa-v2 state them',
  layouts: [
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: {
          captions: ['annotations/captions_train2014.json'],
          questions: ['v2_mscoco_train2014_annotations.json'],
          questionTexts: ['v2_OpenEnded_mscoco_train2014_questions.json'],
          images: 'train2014',
          imageName: 'COCO_train2014_{id:12}.jpg',
        },
        validation: {
          captions: ['annotations/captions_val2014.json'],
          questions: ['v2_mscoco_val2014_annotations.json'],
          questionTexts: ['v2_OpenEnded_mscoco_val2014_questions.json'],
          images: 'val2014',
          imageName: 'COCO_val2014_{id:12}.jpg',
        },
      },
    },
  ],
} as const satisfies DataSetCard;
