/** Card of Flickr30k in the splits of Karpathy and Fei-Fei. */
import type { DataSetCard } from '../card.js';

const project = 'https://shannon.cs.illinois.edu/DenotationGraph/';
const splits = 'https://cs.stanford.edu/people/karpathy/deepimagesent/';
const parts = { train: ['train'], validation: ['val'], test: ['test'] } as const;

export const flickr30k = {
  name: 'flickr30k',
  description:
    'Flickr30k (Young et al., TACL 2014): 31,783 photographs with five human captions each, of which the Karpathy splits hold 31,014.',
  license: 'for non-commercial research and education; images under the Flickr terms of use',
  source: project,
  files: [
    {
      path: 'dataset_flickr30k.json',
      holds: 'captions and splits (caption_datasets.zip); instead of it flickr_annotations_30k.csv of Hugging Face',
      from: splits,
    },
    { path: 'flickr30k-images/', holds: 'images (on request)', from: project },
  ],
  splits: {
    train: { images: 29_000, captions: 145_000 },
    validation: { images: 1014, captions: 5070 },
    test: { images: 1000, captions: 5000 },
  },
  countsFrom: 'https://huggingface.co/datasets/AnyModal/flickr30k',
  layouts: ['dataset_flickr30k.json', 'flickr_annotations_30k.csv'].map(
    (file) =>
      ({
        format: 'files',
        captionStyle: 'human',
        splits: {
          train: { captions: [file], images: 'flickr30k-images', part: parts.train },
          validation: { captions: [file], images: 'flickr30k-images', part: parts.validation },
          test: { captions: [file], images: 'flickr30k-images', part: parts.test },
        },
      }) as const,
  ),
} as const satisfies DataSetCard;
