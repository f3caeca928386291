/** `results.csv` of the Flickr30k data set on Kaggle: image_name, comment_number and comment between vertical bars and blanks. */
import type { CaptionLayout } from '../layouts/caption-layout.js';
import { collectImages } from '../layouts/caption-records.js';
import { firstFields } from '../layouts/content.js';
import { requireText } from '../layouts/fields.js';

export const kaggleCaptions: CaptionLayout = {
  name: 'Flickr30k results.csv',
  recognises(content) {
    const fields = firstFields(content);
    return (
      fields !== undefined && ['image_name', 'comment_number', 'comment'].every((name) => Object.hasOwn(fields, name))
    );
  },
  read: (content) =>
    collectImages(content, ({ fields, where }) => ({
      names: { image_name: requireText(fields, ['image_name'], where).trim() },
      captions: [requireText(fields, ['comment'], where).trim()],
      isWhole: false,
    })),
};
