/** Card of nocaps, of which only the validation split has captions that can be had. */
import type { DataSetCard } from '../card.js';

const project = 'https://nocaps.org/download';

export const nocaps = {
  name: 'nocaps',
  description:
    'nocaps (Agrawal et al., ICCV 2019): photographs of objects that COCO lacks, with ten human captions each.',
  license:
    'images of Open Images, each with the licence that it is listed with there; the terms of the captions are those of the project',
  source: project,
  files: [
    { path: 'nocaps_val_4500_captions.json', holds: 'captions of the validation split', from: project },
    { path: 'images/', holds: 'its images, under their file names (Open Images, validation)', from: project },
  ],
  splits: { validation: { images: 4500, captions: 45_000 } },
  countsFrom: project,
  layouts: [
    {
      format: 'files',
      captionStyle: 'human',
      splits: { validation: { captions: ['nocaps_val_4500_captions.json'], images: 'images' } },
    },
  ],
} as const satisfies DataSetCard;
