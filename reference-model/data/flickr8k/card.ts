/** Card of Flickr8k in its own splits. */
import type { DataSetCard } from '../card.js';
import type { DataDeclaration } from '../declared/declaration.js';

const project = 'https://hockenmaier.cs.illinois.edu/8k-pictures.html';

/** Captions without splits, and lists that say which image is in which. */
const withLists = (captions: string): DataDeclaration => {
  const split = (list: string) => ({ captions: [captions], images: 'Images', list: `Flickr_8k.${list}Images.txt` });
  return {
    format: 'files',
    captionStyle: 'human',
    splits: { train: split('train'), validation: split('dev'), test: split('test') },
  };
};

export const flickr8k = {
  name: 'flickr8k',
  description: 'Flickr8k (Hodosh et al., JAIR 2013): photographs with five human captions each.',
  license: 'for non-commercial research and education; images under the Flickr terms of use',
  source: project,
  files: [
    {
      path: 'Flickr8k.token.txt',
      holds:
        'captions (Flickr8k_text.zip); instead of it captions.txt, or dataset_flickr8k.json, which has the splits too',
      from: project,
    },
    { path: 'Flickr_8k.trainImages.txt', holds: 'list of the training split (Flickr8k_text.zip)', from: project },
    { path: 'Flickr_8k.devImages.txt', holds: 'list of the validation split (Flickr8k_text.zip)', from: project },
    { path: 'Flickr_8k.testImages.txt', holds: 'list of the test split (Flickr8k_text.zip)', from: project },
    { path: 'Images/', holds: 'images (Flickr8k_Dataset.zip, 1 GB)', from: project },
  ],
  splits: {
    train: { images: 6000, captions: 30_000 },
    validation: { images: 1000, captions: 5000 },
    test: { images: 1000, captions: 5000 },
  },
  countsFrom: 'https://huggingface.co/datasets/jxie/flickr8k',
  layouts: [
    withLists('Flickr8k.token.txt'),
    withLists('captions.txt'),
    {
      format: 'files',
      captionStyle: 'human',
      splits: {
        train: { captions: ['dataset_flickr8k.json'], images: 'Images', part: ['train'] },
        validation: { captions: ['dataset_flickr8k.json'], images: 'Images', part: ['val'] },
        test: { captions: ['dataset_flickr8k.json'], images: 'Images', part: ['test'] },
      },
    },
  ],
} as const satisfies DataSetCard;
