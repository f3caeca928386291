/** Reference captions as plain records, of one image with a list of captions or with one caption each; the Flickr30k CSV is one of them. */
import type { CaptionLayout, ReferencedImage } from './caption-layout.js';
import type { Content, Place } from './content.js';
import { type Fields, fieldOf, lacking, optionalText, refusal, requireObject, text } from './fields.js';
import { firstName, type ImageNames, requireImageNames } from './image-names.js';
import { captionsIn, printedList, textList } from './text-list.js';

/** Fields that hold all captions of an image; in a table as a printed list. */
const LISTS = ['references', 'raw', 'captions', 'sentences'];
/** Fields that hold one caption or, in JSON, a list of them. */
const SINGLES = ['caption', 'reference', 'comment', 'sentence'];

export const captionRecords: CaptionLayout = {
  name: 'records of captions',
  recognises: (content) => content.kind === 'records',
  read: (content) =>
    collectImages(content, ({ fields, where }) => ({ names: namesIn(fields, where), ...captionsOf(fields, where) })),
};

export interface CaptionRecordValues {
  readonly names: ImageNames;
  readonly captions: readonly string[];
  /** Whether these are all captions of the image, so that it cannot occur again. */
  readonly isWhole: boolean;
}

/** The images of records in their order; records with one caption each are put together. @throws InputError for an image that occurs again */
export function collectImages(
  content: Content,
  valuesOf: (record: { readonly fields: Fields; readonly where: Place }) => CaptionRecordValues,
): readonly ReferencedImage[] {
  if (content.kind !== 'records') throw new TypeError('records are read from records');
  const images = new Map<string, { names: ImageNames; references: string[]; isWhole: boolean; split?: string }>();
  for (const { value, where } of content.records) {
    const fields = requireObject(value, where);
    const { names, captions, isWhole } = valuesOf({ fields, where });
    const id = firstName(names)!;
    const known = images.get(id);
    if (known === undefined) {
      const split = optionalText(fields, 'split');
      images.set(id, { names, references: [...captions], isWhole, ...(split === undefined ? {} : { split }) });
    } else if (isWhole || known.isWhole) throw refusal(`image ${id} occurs twice`, where, 'one record per image');
    else known.references.push(...captions);
  }
  if (images.size === 0) throw refusal('the file holds no image', content.file, 'at least one record');
  return [...images.values()];
}

/** The Flickr30k CSV numbers its images beside their file names; the name identifies them everywhere. */
function namesIn(fields: Fields, where: Place): ImageNames {
  const names = requireImageNames(fields, where);
  const { filename, ...others } = names;
  return filename !== undefined && fieldOf(fields, 'raw') !== undefined ? { filename, ...others } : names;
}

function captionsOf(fields: Fields, where: Place): Omit<CaptionRecordValues, 'names'> {
  for (const field of LISTS) {
    const value = fieldOf(fields, field);
    if (value === undefined) continue;
    const isCell = typeof value === 'string';
    if (isCell && (field === 'captions' || field === 'sentences')) {
      return { captions: captionsIn(fields, field, where), isWhole: false };
    }
    const captions = isCell ? printedList(value, field, where) : textList(value, ['raw', 'caption'], field, where);
    return { captions, isWhole: true };
  }
  for (const field of SINGLES) {
    const value = fieldOf(fields, field);
    if (value === undefined) continue;
    if (Array.isArray(value)) return { captions: textList(value, ['raw', 'caption'], field, where), isWhole: true };
    return { captions: [text(value, field, where)], isWhole: false };
  }
  return lacking(fields, ['caption', ...SINGLES.slice(1), ...LISTS], where);
}
