/** Pairs references with predicted captions, image by image, whatever layouts and names the files use; nothing is left out unasked. */
import { type CaptionRecord, fingerprintSubset } from '../../metrics/index.js';
import type { ReferencedImage } from '../../reference-model/data/layouts/caption-layout.js';
import { refusal } from '../../reference-model/data/layouts/fields.js';
import { firstName, type ImageNames } from '../../reference-model/data/layouts/image-names.js';
import { captionLayoutOf } from '../../reference-model/data/layouts/reference-layouts.js';
import { UserError } from '../errors.js';
import { count, sample } from '../files/counted.js';
import { strictly } from '../files/read-input.js';
import { type PredictedCaptions, readCaptionPredictions } from './caption-predictions.js';
import { type ImageMatch, matchImages, namingText, requireOneEach } from './image-naming.js';
import { readContent } from './read-content.js';
import { type PairReading, type Reading, referencesReading } from './rows.js';
import { selectSplit } from './select-split.js';

/** Which of the referenced images are scored: those that the predictions name, or those of a list. */
export type ImageSelection = 'predicted' | ReadonlySet<string>;

/** @param isUsual whether the layout and the names are those that the command asks for first, so that nothing had to be recognised */
export type Tell = (text: string, isUsual?: boolean) => void;

export interface PairingOptions {
  /** How the files are read. */
  readonly reading?: PairReading | undefined;
  readonly split?: string | undefined;
  /** Field whose names predictions use, where several explain them. */
  readonly imageKey?: string | undefined;
  /** All of them without it. */
  readonly only?: ImageSelection | undefined;
  /** Told which layouts and names were taken. */
  readonly tell?: Tell | undefined;
}

export interface PairedCaptions {
  readonly records: readonly CaptionRecord[];
  /** Number and fingerprint of the images where they are not all. */
  readonly subset?: string;
  readonly notes: readonly string[];
}

/** @throws UserError, InputError or MetricError for images that are missing, surplus, repeated or without references */
export async function pairCaptions(
  referencesFile: string,
  predictionsFile: string,
  options: PairingOptions = {},
): Promise<PairedCaptions> {
  const { only } = options;
  const { images, predicted, match } = await matchFiles(referencesFile, predictionsFile, options);
  const captions: (string | undefined)[] = images.map(() => undefined);
  match.images.forEach((image, index) => {
    if (image >= 0) captions[image] = predicted.predictions[index]!.caption;
  });
  requireKnown(images, captions, predicted, match, {
    file: predictionsFile,
    references: referencesFile,
    isComplete: only === undefined,
  });
  const records: CaptionRecord[] = [];
  images.forEach(({ names, references }, image) => {
    const imageId = firstName(names)!;
    const candidate = captions[image];
    if (candidate !== undefined && (only === undefined || only === 'predicted' || only.has(imageId))) {
      records.push({ imageId, references, candidate });
    }
  });
  const notes = match.note === undefined ? [] : [match.note];
  if (records.length === images.length) return { records, notes };
  const subset = fingerprintSubset(
    records.map(({ imageId }) => imageId),
    images.length,
  );
  return {
    records,
    subset,
    notes: [...notes, `${records.length} of ${images.length} images are scored: subset ${subset}`],
  };
}

/** Identities of the images that a file of predictions names. @throws as `pairCaptions`, but for images without a prediction */
export async function predictedImages(
  referencesFile: string,
  predictionsFile: string,
  options: PairingOptions = {},
): Promise<ReadonlySet<string>> {
  const { images, predicted, match } = await matchFiles(referencesFile, predictionsFile, {
    ...options,
    tell: undefined,
  });
  requireKnown(images, [], predicted, match, { file: predictionsFile, references: referencesFile, isComplete: false });
  return new Set(Array.from(match.images, (image) => firstName(images[image]!.names)!));
}

/** All references of a file as records without a candidate, for counting document frequencies. */
export async function readReferenceRecords(
  file: string,
  split?: string,
  reading: PairReading = {},
): Promise<CaptionRecord[]> {
  const images = selectSplit((await readReferences(file, referencesReading(reading))).images, split, file);
  return images.map(({ names, references }) => ({ imageId: firstName(names)!, references, candidate: '' }));
}

async function readReferences(
  file: string,
  reading: Reading,
): Promise<{ readonly layout: string; readonly images: readonly ReferencedImage[] }> {
  const given = await readContent(file, reading);
  return strictly(() => {
    const { layout, content } = captionLayoutOf(given);
    const images = layout.read(content);
    if (images.length === 0) throw refusal('the file holds no image', file, 'at least one image with its captions');
    return { layout: layout.name, images };
  });
}

function isUsualLayout(layout: string, [first]: readonly { readonly names: ImageNames }[]): boolean {
  if (layout === 'COCO captions') return true;
  const [field] = Object.keys(first!.names);
  return layout === 'records of captions' && (field === 'image_id' || field === 'imageId');
}

/** Whether predictions use the name that identifies the images, letter by letter. */
function isFirstNaming([image]: readonly ReferencedImage[], { naming }: ImageMatch): boolean {
  return naming.form.words === '' && firstName(image!.names) === image!.names[naming.image];
}

interface MatchedFiles {
  readonly images: readonly ReferencedImage[];
  readonly predicted: PredictedCaptions;
  readonly match: ImageMatch;
}

async function matchFiles(
  referencesFile: string,
  predictionsFile: string,
  { split, imageKey, tell, reading = {} }: PairingOptions,
): Promise<MatchedFiles> {
  const { layout, images: all } = await readReferences(referencesFile, referencesReading(reading));
  const images = selectSplit(all, split, referencesFile);
  const predicted = await readCaptionPredictions(predictionsFile, reading);
  const match = matchImages(images, predicted.predictions, { imageKey, where: predictionsFile });
  requireOneEach(match, predicted.predictions);
  tell?.(`${referencesFile} is read as ${layout}`, isUsualLayout(layout, images));
  tell?.(
    `${predictionsFile} is read as ${predicted.layout}; images are named by ${namingText(match.naming)}`,
    isUsualLayout(predicted.layout, predicted.predictions) && isFirstNaming(images, match),
  );
  return { images, predicted, match };
}

/** Both sides of what does not match, and the naming that was tried. */
function requireKnown(
  images: readonly ReferencedImage[],
  captions: readonly (string | undefined)[],
  { predictions }: PredictedCaptions,
  { images: found, naming }: ImageMatch,
  {
    file,
    references,
    isComplete,
  }: { readonly file: string; readonly references: string; readonly isComplete: boolean },
): void {
  const nameOf = ({ names }: ReferencedImage): string => names[naming.image] ?? firstName(names)!;
  const missing = isComplete ? images.filter((_, image) => captions[image] === undefined).map(nameOf) : [];
  const unknown = predictions
    .filter((_, index) => found[index]! < 0)
    .map(({ names }) => names[naming.prediction] ?? firstName(names)!);
  if (missing.length === 0 && unknown.length === 0) return;
  const isOne = missing.length === 1;
  const lacks = `${count(missing.length, 'image')} of the references ${isOne ? 'has' : 'have'} no prediction`;
  const surplus = unknown.length === 1 ? 'prediction is for images' : 'predictions are for images';
  const both = missing.length > 0 && unknown.length > 0;
  const known = Object.entries(images[0]!.names).map(([field, name]) => `${field} such as ${name}`);
  throw new UserError({
    code: 'score-invalid',
    what: both
      ? `${lacks} (${sample(missing, 3)}), and ${count(unknown.length, 'prediction')} ${unknown.length === 1 ? 'matches' : 'match'} no image (${sample(unknown, 3)})`
      : unknown.length === 0
        ? `${lacks}: ${sample(missing, 3)}`
        : `${unknown.length} ${surplus} that the references lack: ${sample(unknown, 3)}`,
    where: file,
    expected:
      unknown.length === 0
        ? `one prediction for every image of ${references}; images are named by ${namingText(naming)}`
        : `names of images as in ${references}: ${known.join(', ')}; tried ${namingText(naming)}`,
    fix:
      unknown.length === 0
        ? 'add the predictions, name the split that was predicted with --split, or score the predicted images alone with --subset'
        : both
          ? 'name the images as the references do, or name the references and the split that the predictions belong to'
          : 'remove them, or name the references and the split that they belong to',
  });
}
