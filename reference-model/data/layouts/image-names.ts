/** The names that a record gives its image, under whatever fields people write them. */
import { sha256 } from '../../files/hashing.js';
import type { Place } from './content.js';
import { type Fields, fieldOf, identifier, lacking } from './fields.js';

/** Name by field, the one that identifies the image first. */
export type ImageNames = Readonly<Record<string, string>>;

const IMAGE_FIELDS = [
  'image_id',
  'imageId',
  'cocoid',
  'image',
  'image_name',
  'img_name',
  'image_path',
  'file_name',
  'filename',
  'img_id',
  'imgid',
] as const;

/** Image names of a record; empty where it has none. @throws InputError for a name that is neither text nor a whole number */
export function imageNamesOf(fields: Fields, where: Place): ImageNames {
  const names: Record<string, string> = {};
  for (const field of IMAGE_FIELDS) {
    const value = fieldOf(fields, field);
    if (value !== undefined && value !== null && value !== '') names[field] = imageName(value, field, where);
  }
  return names;
}

/** As `imageNamesOf`. @throws InputError also where the record names no image, quoting the fields that it has */
export function requireImageNames(fields: Fields, where: Place): ImageNames {
  const names = imageNamesOf(fields, where);
  for (const _ in names) return names;
  const empty = IMAGE_FIELDS.find((field) => fieldOf(fields, field) !== undefined);
  if (empty !== undefined) identifier(fieldOf(fields, empty), empty, where);
  return lacking(fields, IMAGE_FIELDS, where);
}

/** The name that identifies the image. */
export function firstName(names: ImageNames): string | undefined {
  for (const field in names) return names[field];
  return undefined;
}

/** Exports of Hugging Face write an image as {bytes, path}; without a path its bytes tell it from others. */
function imageName(value: unknown, field: string, where: Place): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return identifier(value, field, where);
  const fields = value as Fields;
  for (const name of ['path', 'filename', 'file_name']) {
    const path = fieldOf(fields, name);
    if (typeof path === 'string' && path !== '') return path;
  }
  const bytes = fieldOf(fields, 'bytes');
  if (bytes === undefined || bytes === null || bytes === '') return identifier(value, field, where);
  return `sha256-${sha256(typeof bytes === 'string' ? bytes : JSON.stringify(bytes)).slice(0, 16)}`;
}
