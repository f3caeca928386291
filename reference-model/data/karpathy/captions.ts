/** The splits of Karpathy and Fei-Fei (CVPR 2015) over COCO, Flickr30k and Flickr8k: images with sentences and their split. */
import type { CaptionLayout, ReferencedImage } from '../layouts/caption-layout.js';
import { firstFields, placeIn } from '../layouts/content.js';
import {
  type Fields,
  fieldOf,
  optionalIdentifier,
  optionalText,
  requireIdentifier,
  requireList,
  requireObject,
} from '../layouts/fields.js';
import { textList } from '../layouts/text-list.js';

export const karpathySplit: CaptionLayout = {
  name: 'a Karpathy split',
  recognises: (content) => content.kind === 'document' && fieldOf(content.value, 'images') !== undefined,
  read(content) {
    if (content.kind !== 'document') throw new TypeError('a Karpathy split is one object');
    const { file, value } = content;
    const images = requireList(fieldOf(value, 'images'), `${file}, images`, 'a list of images');
    return images.map((image, index) => readImage(image, placeIn(file, 'images', index)));
  },
};

/** The same records without the object around them, as the copies on Hugging Face have them. */
export const karpathyRecords: CaptionLayout = {
  name: 'records of a Karpathy split',
  recognises(content) {
    const fields = firstFields(content);
    return (
      fields !== undefined &&
      ['sentences', 'sentids', 'filename'].every((name) => Object.hasOwn(fields, name)) &&
      Array.isArray(fields.sentences)
    );
  },
  read(content) {
    if (content.kind !== 'records') throw new TypeError('records are read from records');
    return content.records.map(({ value, where }) => readImage(value, where));
  },
};

function readImage(value: unknown, where: { toString(): string }): ReferencedImage {
  const image = requireObject(value, where);
  const split = optionalText(image, 'split');
  return {
    names: namesOf(image, where),
    references: textList(fieldOf(image, 'sentences'), ['raw'], 'sentences', where),
    ...(split === undefined ? {} : { split }),
    ...fileOf(image),
  };
}

/** COCO's images lie in one folder a year, which `filepath` names. */
function fileOf(image: Fields): { readonly file?: string } {
  const [folder, name] = [optionalText(image, 'filepath'), optionalText(image, 'filename')];
  if (name === undefined) return {};
  return { file: folder === undefined ? name : `${folder}/${name}` };
}

/** `imgid` is the position in the file, which says least of an image. */
function namesOf(image: Fields, where: { toString(): string }): Readonly<Record<string, string>> {
  const names: Record<string, string> = {};
  for (const field of ['cocoid', 'filename', 'imgid']) {
    const name = optionalIdentifier(image, [field], where);
    if (name !== undefined) names[field] = name;
  }
  if (Object.keys(names).length === 0) requireIdentifier(image, ['cocoid', 'imgid', 'filename'], where);
  return names;
}
