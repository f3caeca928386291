/**
 * Reads reference captions and predicted captions from the layouts that people have, and pairs them by image.
 * References: COCO captions JSON, Karpathy split JSON, Flickr30k CSV, or plain records in JSON, JSONL or CSV.
 * Predictions: COCO results JSON, or the same records in JSONL or CSV.
 */
import type { CaptionRecord } from '../../metrics/index.js';
import { UserError } from '../errors.js';
import { parseJson } from '../files/read-input.js';
import { type Fields, refuse, requireIdentifier, requireList, requireObject, requireText } from './fields.js';
import type { Place, Row } from './row.js';
import { listRows, type PairReading, type Reading, readTable, referencesReading } from './rows.js';

const IMAGE_FIELDS = ['image_id', 'imageId', 'image', 'filename'];
const CAPTION_FIELDS = ['caption', 'candidate', 'prediction'];

interface ReferencedImage {
  /** Names under which predictions may call the image, the preferred one first. */
  readonly names: readonly string[];
  readonly references: readonly string[];
  readonly split?: string;
}

/** Pairs the references of `split` (all of them without one) with the predictions; neither may have images of its own. */
export async function readCaptionRecords(
  referencesFile: string,
  predictionsFile: string,
  split?: string,
  reading: PairReading = {},
): Promise<CaptionRecord[]> {
  const images = selectSplit(await readReferences(referencesFile, referencesReading(reading)), split, referencesFile);
  const predictions = await readPredictions(predictionsFile, reading);
  const naming = namingOf(images, predictions);
  const records: CaptionRecord[] = [];
  const missing: string[] = [];
  for (const { names, references } of images) {
    const imageId = names[naming] ?? names[0]!;
    const candidate = predictions.get(imageId);
    if (candidate === undefined) missing.push(imageId);
    else records.push({ imageId, references, candidate });
  }
  if (missing.length > 0) {
    throw new UserError({
      code: 'score-invalid',
      what: `${count(missing.length, 'image')} of the references ${missing.length === 1 ? 'has' : 'have'} no prediction: ${sample(missing)}`,
      where: predictionsFile,
      expected: 'one prediction for every image of the references',
      fix: 'add the predictions, or name the split that was predicted with --split',
    });
  }
  if (records.length < predictions.size) {
    const known = new Set(records.map(({ imageId }) => imageId));
    const unknown = [...predictions.keys()].filter((imageId) => !known.has(imageId));
    throw new UserError({
      code: 'score-invalid',
      what: `${count(unknown.length, 'prediction')} ${unknown.length === 1 ? 'is' : 'are'} for images that the references lack: ${sample(unknown)}`,
      where: predictionsFile,
      expected: 'predictions for the images of the references only',
      fix: 'remove them, or name the references and the split that they belong to',
    });
  }
  return records;
}

/** All references of a file as records without a candidate, for counting document frequencies. */
export async function readReferenceRecords(
  file: string,
  split?: string,
  reading: PairReading = {},
): Promise<CaptionRecord[]> {
  const images = selectSplit(await readReferences(file, referencesReading(reading)), split, file);
  return images.map(({ names, references }) => ({ imageId: names[0]!, references, candidate: '' }));
}

async function readReferences(file: string, reading: Reading): Promise<ReferencedImage[]> {
  const table = await readTable(file, reading);
  if (table.format !== 'json') return collectRows(table.rows, file);
  const { document } = table;
  if (Array.isArray(document)) return collectRows(listRows(document, file), file);
  const fields = requireObject(document, file);
  if (fields.annotations !== undefined) return readCocoReferences(fields, file);
  if (fields.images !== undefined) return readKarpathyReferences(fields, file);
  return refuse(
    'the file is neither COCO captions nor a Karpathy split',
    file,
    'an object with annotations or images, or a list of records',
  );
}

function readCocoReferences(document: Fields, file: string): ReferencedImage[] {
  const references = new Map<string, string[]>();
  for (const [index, image] of ((document.images ?? []) as unknown[]).entries()) {
    const where = `${file}, images[${index}]`;
    const imageId = requireIdentifier(requireObject(image, where), ['id'], where);
    if (references.has(imageId)) refuse(`image ${imageId} occurs twice`, where, 'one record per image');
    references.set(imageId, []);
  }
  const listed = references.size > 0;
  const annotations = requireList(document.annotations, `${file}, annotations`, 'a list of captions');
  for (let index = 0; index < annotations.length; index++) {
    const where = `${file}, annotations[${index}]`;
    const annotation = requireObject(annotations[index], where);
    const imageId = requireIdentifier(annotation, ['image_id'], where);
    let captions = references.get(imageId);
    if (captions === undefined) {
      if (listed) refuse(`image ${imageId} is not among the images`, where, 'the id of a listed image');
      captions = [];
      references.set(imageId, captions);
    }
    captions.push(requireText(annotation, ['caption'], where));
  }
  return [...references].map(([imageId, captions]) => ({ names: [imageId], references: captions }));
}

function readKarpathyReferences(document: Fields, file: string): ReferencedImage[] {
  const images = requireList(document.images, `${file}, images`, 'a list of images');
  return images.map((value, index) => {
    const where = `${file}, images[${index}]`;
    const image = requireObject(value, where);
    const sentences = requireList(image.sentences, `${where}, sentences`, 'a list of sentences');
    const names = [requireIdentifier(image, ['cocoid', 'imgid', 'filename'], where)];
    if (image.imgid !== undefined) names.push(requireIdentifier(image, ['imgid'], where));
    if (typeof image.filename === 'string') names.push(image.filename, withoutExtension(image.filename));
    return {
      names,
      split: requireText(image, ['split'], where),
      references: sentences.map((sentence, position) => {
        const place = `${where}, sentences[${position}]`;
        return requireText(requireObject(sentence, place), ['raw'], place);
      }),
    };
  });
}

/** Records of the Flickr30k CSV (`raw` holds a JSON list), with a list of references, or with one caption each. */
async function collectRows(rows: AsyncIterable<Row> | Iterable<Row>, file: string): Promise<ReferencedImage[]> {
  const images = new Map<string, { names: string[]; references: string[]; split?: string }>();
  for await (const { value, where } of rows) {
    const fields = requireObject(value, where);
    const list = fields.references ?? fields.raw;
    const name = requireIdentifier(
      fields,
      list !== undefined && fields.filename !== undefined ? ['filename'] : IMAGE_FIELDS,
      where,
    );
    const known = images.get(name);
    if (list === undefined) {
      const caption = requireText(fields, ['caption', 'reference'], where);
      if (known !== undefined) known.references.push(caption);
      else images.set(name, withSplit({ names: [name], references: [caption] }, fields));
      continue;
    }
    if (known !== undefined) refuse(`image ${name} occurs twice`, where, 'one record per image');
    const names = [name];
    if (typeof fields.img_id === 'string') names.push(fields.img_id);
    if (name.includes('.')) names.push(withoutExtension(name));
    images.set(name, withSplit({ names, references: readReferenceList(list, where) }, fields));
  }
  if (images.size === 0) refuse('the file holds no image', file, 'at least one record');
  return [...images.values()];
}

function readReferenceList(list: unknown, where: Place): string[] {
  let values = list;
  if (typeof list === 'string') {
    try {
      values = parseJson(list, String(where));
    } catch {
      refuse('the references are not a JSON list', where, 'a list such as ["a cat", "a small cat"]');
    }
  }
  return requireList(values, where, 'a list of captions').map((caption, index) =>
    requireText({ caption }, ['caption'], `${where}, references[${index}]`),
  );
}

function withSplit<T extends object>(image: T, { split }: Fields): T & { split?: string } {
  return typeof split === 'string' && split !== '' ? { ...image, split } : image;
}

function selectSplit(
  images: readonly ReferencedImage[],
  split: string | undefined,
  file: string,
): readonly ReferencedImage[] {
  if (split === undefined) return images;
  const selected = images.filter((image) => image.split === split);
  if (selected.length > 0) return selected;
  const splits = [...new Set(images.flatMap((image) => (image.split === undefined ? [] : [image.split])))].sort();
  throw new UserError({
    code: 'data-invalid',
    what: `there is no split ${JSON.stringify(split)}`,
    where: file,
    expected: splits.length === 0 ? 'no split: the file does not name any' : `one of ${splits.join(', ')}`,
    fix: splits.length === 0 ? 'leave --split out' : 'name one of these',
  });
}

/** Caption by image. */
async function readPredictions(file: string, reading: Reading): Promise<Map<string, string>> {
  const table = await readTable(file, reading);
  const rows = table.format === 'json' ? jsonRows(table.document, file) : table.rows;
  const predictions = new Map<string, string>();
  for await (const { value, where } of rows) {
    const fields = requireObject(value, where);
    const imageId = requireIdentifier(fields, IMAGE_FIELDS, where);
    if (predictions.has(imageId)) refuse(`image ${imageId} is predicted twice`, where, 'one prediction per image');
    predictions.set(imageId, requireText(fields, CAPTION_FIELDS, where));
  }
  if (predictions.size === 0) refuse('the file holds no prediction', file, 'at least one prediction');
  return predictions;
}

function jsonRows(document: unknown, file: string): Iterable<Row> {
  return listRows(requireList(document, file, 'a list of {"image_id": …, "caption": …}'), file);
}

/** Which of the images' names the predictions use: the first that all of a sample of them know. */
function namingOf(images: readonly ReferencedImage[], predictions: ReadonlyMap<string, string>): number {
  const longest = Math.max(...images.slice(0, 1000).map(({ names }) => names.length));
  for (let naming = 0; naming < longest; naming++) {
    if (images.some(({ names }) => names[naming] !== undefined && predictions.has(names[naming]!))) return naming;
  }
  return 0;
}

function withoutExtension(filename: string): string {
  return filename.replace(/\.[^.]+$/, '');
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The first few of a list, for a message. */
export function sample(values: readonly string[]): string {
  return values.length <= 5 ? values.join(', ') : `${values.slice(0, 5).join(', ')} …`;
}
