/** The original files of Flickr8k and Flickr30k: lines of `image.jpg#number`, a tab and a caption, without a header. */
import type { CaptionLayout } from '../layouts/caption-layout.js';
import { collectImages } from '../layouts/caption-records.js';
import { requireText } from '../layouts/fields.js';

export const tokenCaptions: CaptionLayout = {
  name: 'Flickr token captions',
  recognises: (content) => content.kind === 'records' && content.format === 'token',
  read: (content) =>
    collectImages(content, ({ fields, where }) => ({
      names: { image: requireText(fields, ['image'], where) },
      captions: [requireText(fields, ['caption'], where)],
      isWhole: false,
    })),
};
