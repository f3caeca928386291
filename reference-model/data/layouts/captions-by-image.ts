/** Captions as one object from image to caption or captions: the form that the scorers of pycocoevalcap take. */
import type { CaptionLayout } from './caption-layout.js';
import type { Content } from './content.js';
import { refusal } from './fields.js';
import { textList } from './text-list.js';

/** Keys under which files put all their records. */
const WRAPPERS = new Set(['results', 'annotations', 'predictions', 'data', 'records']);

/** Name of an image that is known by nothing but the key. */
const KEY = 'image';

export const captionsByImage: CaptionLayout = {
  name: 'captions by image',
  recognises: isByImage,
  read: (content) => [...imagesOf(content)].map(([image, references]) => ({ names: { [KEY]: image }, references })),
};

/** Whether an object maps to captions, by its first entry. */
export function isByImage(content: Content): boolean {
  if (content.kind !== 'document') return false;
  for (const key in content.value) {
    const value = content.value[key];
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string') return true;
    const isCaption = typeof first === 'object' && first !== null && Object.hasOwn(first, 'caption');
    return Array.isArray(value) && isCaption && !WRAPPERS.has(key);
  }
  return false;
}

/** Captions by image. @throws InputError for an entry that is neither a caption nor a list of captions */
export function imagesOf(content: Content): ReadonlyMap<string, readonly string[]> {
  if (content.kind !== 'document') throw new TypeError('captions by image are read from an object');
  const { file, value } = content;
  return new Map(
    Object.entries(value).map(([image, captions]) => {
      const key = JSON.stringify(image);
      if (image === '') throw refusal('the name of an image is empty', `${file}, ${key}`, 'the name of an image');
      if (typeof captions === 'string') return [image, [captions]];
      return [image, textList(captions, ['caption'], key, file)];
    }),
  );
}
