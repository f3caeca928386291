/** The captions of COCO: an object with images and, if they are listed, annotations of one caption each. */
import type { CaptionLayout, ReferencedImage } from '../layouts/caption-layout.js';
import { placeIn } from '../layouts/content.js';
import {
  type Fields,
  fieldOf,
  optionalText,
  refusal,
  requireIdentifier,
  requireList,
  requireObject,
  requireText,
} from '../layouts/fields.js';
import { imageSize } from '../layouts/image-size.js';

export const cocoCaptions: CaptionLayout = {
  name: 'COCO captions',
  recognises: (content) => content.kind === 'document' && fieldOf(content.value, 'annotations') !== undefined,
  read(content) {
    if (content.kind !== 'document') throw new TypeError('COCO captions are one object');
    return readCocoCaptions(content.value, content.file);
  },
};

interface Listed extends ReferencedImage {
  readonly references: string[];
}

function readCocoCaptions(document: Fields, file: string): readonly ReferencedImage[] {
  const images = new Map<string, Listed>();
  const given = fieldOf(document, 'images');
  const listed = given === undefined ? [] : requireList(given, `${file}, images`, 'a list of images');
  listed.forEach((value, index) => {
    const where = placeIn(file, 'images', index);
    const image = requireObject(value, where);
    const id = requireIdentifier(image, ['id'], where);
    if (images.has(id)) throw refusal(`image ${id} occurs twice`, where, 'one record per image');
    const fileName = optionalText(image, 'file_name');
    const size = imageSize(image);
    images.set(id, {
      names: fileName === undefined ? { id } : { id, file_name: fileName },
      references: [],
      ...(fileName === undefined ? {} : { file: fileName }),
      ...(size === undefined ? {} : { size }),
    });
  });
  const annotations = requireList(fieldOf(document, 'annotations'), `${file}, annotations`, 'a list of captions');
  annotations.forEach((value, index) => {
    const where = placeIn(file, 'annotations', index);
    const annotation = requireObject(value, where);
    const id = requireIdentifier(annotation, ['image_id'], where);
    let image = images.get(id);
    if (image === undefined) {
      if (listed.length > 0) throw refusal(`image ${id} is not among the images`, where, 'the id of a listed image');
      image = { names: { image_id: id }, references: [] };
      images.set(id, image);
    }
    image.references.push(requireText(annotation, ['caption'], where));
  });
  return [...images.values()];
}
