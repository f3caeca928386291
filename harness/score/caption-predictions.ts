/**
 * Predicted captions in the layouts that people have: records (COCO results among them), one object from image to caption, samples of
 * lmms-eval and tables of VLMEvalKit. The first layout that recognises a file's content reads it.
 */
import { imagesOf, isByImage } from '../../reference-model/data/layouts/captions-by-image.js';
import { type Content, type Place, unwrapped } from '../../reference-model/data/layouts/content.js';
import {
  type Fields,
  fieldOf,
  lacking,
  refusal,
  requireObject,
  text,
} from '../../reference-model/data/layouts/fields.js';
import { type ImageNames, requireImageNames } from '../../reference-model/data/layouts/image-names.js';
import { unknownLayout } from '../../reference-model/data/layouts/reference-layouts.js';
import { textList } from '../../reference-model/data/layouts/text-list.js';
import { isLmmsSamples, sampleNames } from '../../reference-model/data/lmms-eval/samples.js';
import { isVlmEvalTable, rowNames } from '../../reference-model/data/vlmevalkit/table.js';
import { strictly } from '../files/read-input.js';
import { readContent } from './read-content.js';
import type { Reading } from './rows.js';

export interface PredictedCaption {
  readonly names: ImageNames;
  readonly caption: string;
  readonly where: Place;
}

export interface PredictedCaptions {
  /** As messages call it. */
  readonly layout: string;
  readonly predictions: readonly PredictedCaption[];
}

interface PredictionLayout {
  readonly name: string;
  recognises(content: Content): boolean;
  read(content: Content): readonly PredictedCaption[];
}

/** Lists that stand in an object of their own. */
const WRAPPERS = ['results', 'annotations', 'predictions', 'data'];
/** A file that also holds the references says `prediction`. */
const CAPTION_FIELDS = ['prediction', 'candidate', 'caption', 'captions'];

const layouts: readonly PredictionLayout[] = [
  {
    name: 'samples of lmms-eval',
    recognises: isLmmsSamples,
    read: (content) =>
      eachRecord(content, (fields, where) => ({
        names: sampleNames(fields, where),
        caption: responseOf(fields, where),
      })),
  },
  {
    name: 'a table of VLMEvalKit',
    recognises: isVlmEvalTable,
    read: (content) =>
      eachRecord(content, (fields, where) => ({
        names: rowNames(fields, where),
        caption: captionOf(fields, ['prediction'], where),
      })),
  },
  {
    name: 'records of captions',
    recognises: (content) => content.kind === 'records',
    read: (content) =>
      eachRecord(content, (fields, where) => ({
        names: requireImageNames(fields, where),
        caption: captionOf(fields, CAPTION_FIELDS, where),
      })),
  },
  {
    name: 'captions by image',
    recognises: isByImage,
    read: (content) =>
      [...imagesOf(content)].map(([image, captions]) => {
        const where = `${content.file}, ${JSON.stringify(image)}`;
        return { names: { image }, caption: onlyOne(captions, 'the image', where), where };
      }),
  },
];

/** @throws UserError or InputError naming file, record and field */
export async function readCaptionPredictions(file: string, reading: Reading = {}): Promise<PredictedCaptions> {
  const given = await readContent(file, reading);
  return strictly(() => {
    for (const content of [given, unwrapped(given, WRAPPERS)]) {
      const layout = layouts.find((one) => one.recognises(content));
      if (layout === undefined) continue;
      const predictions = layout.read(content);
      if (predictions.length === 0) throw refusal('the file holds no prediction', file, 'at least one prediction');
      return { layout: layout.name, predictions };
    }
    throw unknownLayout(
      given,
      'predictions',
      layouts.map(({ name }) => name),
    );
  });
}

function eachRecord(
  content: Content,
  read: (fields: Fields, where: Place) => Omit<PredictedCaption, 'where'>,
): readonly PredictedCaption[] {
  if (content.kind !== 'records') throw new TypeError('records are read from records');
  return content.records.map(({ value, where }) => ({ ...read(requireObject(value, where), where), where }));
}

function captionOf(fields: Fields, names: readonly string[], where: Place): string {
  for (const name of names) {
    const value = fieldOf(fields, name);
    if (typeof value === 'string') return value;
    if (value === undefined) continue;
    if (!Array.isArray(value)) return text(value, name, where);
    return onlyOne(textList(value, ['caption'], name, where), name, where);
  }
  return lacking(
    fields,
    names.includes('caption') ? ['caption', ...names.filter((name) => name !== 'caption')] : names,
    where,
  );
}

function onlyOne(captions: readonly string[], subject: string, where: Place): string {
  if (captions.length === 1) return captions[0]!;
  throw refusal(`${subject} holds ${captions.length} captions`, where, 'one caption for each image');
}

/** The response after the task's filters, else as it was generated; lists may stand in each other. */
export function responseOf(fields: Fields, where: Place): string {
  for (const name of ['filtered_resps', 'resps']) {
    let value = fieldOf(fields, name);
    if (value === undefined) continue;
    while (Array.isArray(value)) {
      if (value.length !== 1)
        throw refusal(`${name} holds ${value.length} responses`, `${where}, ${name}`, 'one response');
      value = value[0] as unknown;
    }
    return text(value, name, where);
  }
  return lacking(fields, ['filtered_resps', 'resps'], where);
}
