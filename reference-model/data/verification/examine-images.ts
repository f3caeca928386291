/** Reads and decodes every image of a data set once: which are missing or broken, and two hashes of each for finding duplicates. */
import { sha256 } from '../../files/hashing.js';
import { InputError } from '../../files/input-error.js';
import { decodeImage } from '../pixels/decode.js';
import type { DataSource, StoredImage } from '../source.js';
import { differenceHash } from './difference-hash.js';

/** Decoding runs on threads of its own; more at a time only wait. */
const AT_A_TIME = 8;

export interface ExaminedImage {
  readonly split: string;
  readonly imageId: string;
  /** Of the bytes as they are stored, or of the pixels of a generated image. */
  readonly sha256: string;
  /** 64 bits that say where neighbouring parts of the image become lighter; absent for what is generated. */
  readonly perceptual?: bigint;
}

export interface ImageFault {
  readonly split: string;
  readonly imageId: string;
  /** Path of the image. */
  readonly where: string;
  readonly problem: string;
}

export interface Examination {
  readonly images: readonly ExaminedImage[];
  readonly missing: readonly ImageFault[];
  readonly broken: readonly ImageFault[];
}

/** @param onProgress told how many of all images are done */
export async function examineImages(
  source: DataSource,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Examination> {
  const all = [...source.splits].flatMap(([split, { samples }]) => samples.map((sample) => ({ split, ...sample })));
  const images: (ExaminedImage | undefined)[] = new Array(all.length);
  const missing: ImageFault[] = [];
  const broken: ImageFault[] = [];
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (next < all.length) {
      const index = next++;
      const { split, imageId, size } = all[index]!;
      const fault = (problem: string): ImageFault => ({ split, imageId, where: source.placeOf(imageId), problem });
      try {
        if (!source.has(imageId)) missing.push(fault('there is no such image'));
        else
          images[index] = {
            split,
            imageId,
            ...(await examine(await source.image(imageId), size, source.placeOf(imageId))),
          };
      } catch (error) {
        broken.push(fault(problemOf(error)));
      }
      onProgress(++done, all.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, all.length) }, worker));
  const byPlace = (a: ImageFault, b: ImageFault) => (a.where < b.where ? -1 : 1);
  return {
    images: images.filter((image) => image !== undefined),
    missing: missing.sort(byPlace),
    broken: broken.sort(byPlace),
  };
}

async function examine(
  stored: StoredImage,
  stated: { readonly width: number; readonly height: number } | undefined,
  where: string,
): Promise<Pick<ExaminedImage, 'sha256' | 'perceptual'>> {
  if (stored.kind === 'pixels') {
    // Generated images are alike by design; only equal ones are duplicates.
    return { sha256: sha256(stored.image.pixels) };
  }
  // Stated is the size as it is stored or as it is shown, which a camera's mark may turn.
  const image = await decodeImage(stored.bytes, { where });
  const [short, long] = [Math.min(image.width, image.height), Math.max(image.width, image.height)];
  if (
    stated !== undefined &&
    (Math.min(stated.width, stated.height) !== short || Math.max(stated.width, stated.height) !== long)
  ) {
    throw new RangeError(
      `it has ${image.width}×${image.height} pixels, and its record says ${stated.width}×${stated.height}`,
    );
  }
  return { sha256: sha256(stored.bytes), perceptual: differenceHash(image) };
}

function problemOf(error: unknown): string {
  if (error instanceof InputError) return error.problem.what;
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
}
