/**
 * Predicted captions in the layouts that people have: records (COCO results among them), one object from image to caption, samples of
 * lmms-eval and tables of VLMEvalKit. The first layout that recognises a file's content reads it.
 */
import { imagesOf, isByImage } from '../../reference-model/data/layouts/captions-by-image.js';
import type { Place } from '../../reference-model/data/layouts/content.js';
import { type Fields, fieldOf, lacking, refusal, text } from '../../reference-model/data/layouts/fields.js';
import { type ImageNames, requireImageNames } from '../../reference-model/data/layouts/image-names.js';
import { textList } from '../../reference-model/data/layouts/text-list.js';
import { isLmmsSamples, sampleNames } from '../../reference-model/data/lmms-eval/samples.js';
import { isVlmEvalTable, rowNames } from '../../reference-model/data/vlmevalkit/table.js';
import { eachRecord, type PredictedFile, type PredictionLayout, readPredictedFile } from './prediction-layout.js';
import type { Reading } from './rows.js';

export interface PredictedCaption {
  readonly names: ImageNames;
  readonly caption: string;
  readonly where: Place;
}

export type PredictedCaptions = PredictedFile<PredictedCaption>;

/** Lists that stand in an object of their own. */
const WRAPPERS = ['results', 'annotations', 'predictions', 'data'];
/** A file that also holds the references says `prediction`. */
const CAPTION_FIELDS = ['prediction', 'candidate', 'caption', 'captions'];

const layouts: readonly PredictionLayout<PredictedCaption>[] = [
  {
    name: 'samples of lmms-eval',
    recognises: isLmmsSamples,
    read: (content) =>
      eachRecord<PredictedCaption>(content, (fields, where) => ({
        names: sampleNames(fields, where),
        caption: responseOf(fields, where),
      })),
  },
  {
    name: 'a table of VLMEvalKit',
    recognises: isVlmEvalTable,
    read: (content) =>
      eachRecord<PredictedCaption>(content, (fields, where) => ({
        names: rowNames(fields, where),
        caption: captionOf(fields, ['prediction'], where),
      })),
  },
  {
    name: 'records of captions',
    recognises: (content) => content.kind === 'records',
    read: (content) =>
      eachRecord<PredictedCaption>(content, (fields, where) => ({
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
  return readPredictedFile(file, { layouts, wrappers: WRAPPERS }, reading);
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
