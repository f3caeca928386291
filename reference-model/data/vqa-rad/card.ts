/** Card of VQA-RAD. */
import type { DataSetCard } from '../card.js';

const project = 'https://osf.io/89kps/';

export const vqaRad = {
  name: 'vqa-rad',
  description:
    'VQA-RAD (Lau et al., Scientific Data 2018): yes/no and open questions about radiology images. Most images of its test split are in its training split as well.',
  license: 'CC0 1.0',
  source: project,
  files: [
    { path: 'trainset.json', holds: 'questions of the training split', from: project },
    { path: 'testset.json', holds: 'questions of the test split', from: project },
    { path: 'images/', holds: '315 images (VQA_RAD Image Folder)', from: project },
  ],
  splits: { train: { images: 314, questions: 3064 }, test: { images: 203, questions: 451 } },
  layouts: [
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { questions: ['trainset.json'], images: 'images' },
        test: { questions: ['testset.json'], images: 'images' },
      },
    },
  ],
} as const satisfies DataSetCard;
