/**
 * `images/<data fingerprint>-<split>.json`: which images runs are evaluated on, in the split's order, each with the digest of its
 * picture, so that reports show them without the data set. It holds what the widest evaluation of the store needs.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DataSet, DescribedImage, SplitName } from '../../reference-model/data/dataset.js';
import { allWithPixels } from '../../reference-model/data/images/with-pixels.js';
import { encodePng } from '../../reference-model/data/png.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { EvaluationConfig } from '../../reference-model/recipe/recipe.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { parseJson, readJson, readWholeLines } from '../files/read-input.js';
import { existsAnew } from '../files/seen-anew.js';
import { imagesFolder, readStoredImage, storedImageFile, storeImage } from './image-store.js';
import { waitForLock } from './lock.js';

/** Images that a report shows even of a run that is not evaluated. */
export const SHOWN_IMAGES = 8;

const indexSchema = z.strictObject({
  /** The first ones of the split that the images below suffice for. */
  captionImages: z.int(),
  questions: z.int(),
  images: z.array(z.strictObject({ imageId: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** As it is written: a checksum finds damage that would show the wrong picture. */
const indexFileSchema = indexSchema.extend({ checksum: z.string() });

/** Stores of earlier versions kept the pictures of a whole split in one file of lines. */
const lineSchema = z.strictObject({ imageId: z.string(), png: z.base64() });

type Index = z.infer<typeof indexSchema>;

const indexFile = (store: string, fingerprint: string, split: SplitName): string =>
  join(imagesFolder(store), `${fingerprint}-${split}.json`);

const lineFile = (store: string, fingerprint: string, split: SplitName): string =>
  `${indexFile(store, fingerprint, split)}l`;

/** What names the images of a split in a store; it grows with them. An earlier version's file holds them all. */
export function evaluationImagesFile(store: string, fingerprint: string, split: SplitName): string {
  const lines = lineFile(store, fingerprint, split);
  return existsAnew(lines) ? lines : indexFile(store, fingerprint, split);
}

/** The evaluation that needs the images of both, which are of one split; whether they are generated for or not is the same here. */
export function widerEvaluation(first: EvaluationConfig, second: EvaluationConfig): EvaluationConfig {
  const [a, b] = [needOf(first), needOf(second)];
  return {
    split: first.split,
    captionImages: Math.max(a.captionImages, b.captionImages),
    questions: Math.max(a.questions, b.questions),
  };
}

/** Images and questions that an evaluation is about. */
function needOf({ captionImages, questions, teacherForced = {} }: Omit<EvaluationConfig, 'split'>) {
  return {
    captionImages: Math.max(captionImages, teacherForced.captions ?? 0),
    questions: Math.max(questions, teacherForced.questions ?? 0),
  };
}

/** Keeps the images that an evaluation needs. What is there is kept, and the data set not loaded for it. */
export async function recordEvaluationImages(
  store: string,
  {
    fingerprint,
    load,
  }: { readonly fingerprint: string; readonly load: () => Promise<Pick<DataSet, 'splits' | 'images'>> },
  evaluation: EvaluationConfig,
): Promise<void> {
  if (existsAnew(lineFile(store, fingerprint, evaluation.split))) return;
  const file = indexFile(store, fingerprint, evaluation.split);
  if (suffices(readIndex(file), store, evaluation)) return;
  mkdirSync(imagesFolder(store), { recursive: true });
  // Two commands of one store may need different numbers of images: the wider index must win.
  const lock = await waitForLock(join(imagesFolder(store), 'lock'));
  try {
    const earlier = readIndex(file);
    if (suffices(earlier, store, evaluation)) return;
    const wanted = widerEvaluation(evaluation, earlier === undefined ? evaluation : { ...evaluation, ...earlier });
    const data = await load();
    const images: Index['images'] = [];
    for (const { imageId, image } of await allWithPixels(data, neededSamples(data.splits[evaluation.split], wanted))) {
      images.push({ imageId, sha256: storeImage(store, await encodePng(image)) });
    }
    const { captionImages, questions } = wanted;
    const index = { captionImages, questions, images };
    writeFileAtomically(file, `${JSON.stringify({ ...index, checksum: sha256(canonicalJson(index)) })}\n`);
  } finally {
    lock.release();
  }
}

/** The first samples of a split: those that are captioned, those that are asked about and those that every report shows. */
function neededSamples(
  samples: readonly DescribedImage[],
  { captionImages, questions }: Pick<EvaluationConfig, 'captionImages' | 'questions'>,
): readonly DescribedImage[] {
  let asked = 0;
  let images = 0;
  while (asked < questions && images < samples.length) asked += samples[images++]!.questions.length;
  return samples.slice(0, Math.max(images, captionImages, SHOWN_IMAGES));
}

function suffices(index: Index | undefined, store: string, evaluation: EvaluationConfig): boolean {
  const { captionImages, questions } = needOf(evaluation);
  return (
    index !== undefined &&
    index.captionImages >= captionImages &&
    index.questions >= questions &&
    index.images.every(({ sha256 }) => readStoredImage(store, sha256) !== undefined)
  );
}

/** Undefined where there is none, or one that is to be written anew. */
function readIndex(file: string): Index | undefined {
  if (!existsAnew(file)) return undefined;
  try {
    const { checksum, ...index } = indexFileSchema.parse(readJson(file));
    return checksum === sha256(canonicalJson(index)) ? index : undefined;
  } catch {
    return undefined;
  }
}

/**
 * PNG files by image id, in the split's order.
 *
 * @param fingerprint of the evaluated data set itself: `Provenance.data.fingerprint`
 * @throws UserError `record-missing` when the store has none, `record-corrupt` naming the index, its line or the picture
 */
export function readEvaluationImages(
  store: string,
  fingerprint: string,
  split: SplitName,
): ReadonlyMap<string, Uint8Array> {
  const file = evaluationImagesFile(store, fingerprint, split);
  if (!existsAnew(file)) throw unusable('record-missing', 'the evaluated images were not recorded', file);
  if (file.endsWith('.jsonl')) return readLines(file);
  const index = readIndex(file);
  if (index === undefined) throw unusable('record-corrupt', 'the list of evaluated images is damaged', file);
  return new Map(
    index.images.map(({ imageId, sha256 }) => {
      const png = readStoredImage(store, sha256);
      if (png !== undefined) return [imageId, png];
      const where = storedImageFile(store, sha256);
      throw unusable('record-corrupt', 'the picture of an evaluated image is missing or damaged', where);
    }),
  );
}

function readLines(file: string): ReadonlyMap<string, Uint8Array> {
  const lines = readWholeLines(file);
  return new Map(
    lines.map((line, index) => {
      try {
        const { imageId, png } = lineSchema.parse(parseJson(line, `${file}:${index + 1}`));
        return [imageId, Buffer.from(png, 'base64')];
      } catch (cause) {
        throw unusable('record-corrupt', 'this line is not an image', `${file}:${index + 1}`, { cause });
      }
    }),
  );
}

function unusable(
  code: 'record-missing' | 'record-corrupt',
  what: string,
  where: string,
  options?: ErrorOptions,
): UserError {
  const fix = 'delete this file and run the command that trained the runs again; it writes it without training';
  return new UserError({ code, what, where, fix }, options);
}
