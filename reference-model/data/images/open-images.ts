/**
 * The images of a data set on disk, supplied as a model sees them: read in this process, decoded by threads ahead of the step through a
 * bounded queue, and kept as far as a bounded memory has room. A broken image is told when it is asked for and not before, so that who asks
 * meets the same ones at the same point for any number of threads.
 */
import { InputError } from '../../files/input-error.js';
import type { RasterImage } from '../dataset.js';
import { type ImageProcessor, siglipProcessor } from '../pixels/processor.js';
import type { DataSource } from '../source.js';
import type { BrokenImage } from './broken-images.js';
import { resizeTo } from './decode-to.js';
import { type Decoder, openDecoder } from './decoder.js';
import type { ImageSupply } from './image-supply.js';

export interface ImageOptions {
  /** Pixels of each side of the square that every image becomes. */
  readonly side: number;
  /** What makes such squares; SigLIP's own by default. */
  readonly processor?: ImageProcessor;
  /** Threads that decode; 0 for none. */
  readonly workers?: number;
  /** Images that are read or decoded at a time, at most. */
  readonly queue?: number;
  /** Bytes of decoded images that are kept for the next epoch, at most. */
  readonly keepBytes?: number;
}

export function openImages(
  source: Pick<DataSource, 'image' | 'placeOf'>,
  { side, processor = siglipProcessor(side), workers = 1, queue = 64, keepBytes = 256 * 2 ** 20 }: ImageOptions,
): ImageSupply {
  const decoder = openDecoder(workers);
  const kept = new KeptImages(keepBytes);
  const underWay = new Map<string, Promise<Outcome>>();
  /** Those that were met; nobody reads them again. */
  const known = new Map<string, BrokenImage>();

  /** @returns when the bytes are on their way to be decoded */
  const start = (imageId: string): Promise<void> => {
    const read = readImage(source, imageId);
    const outcome = read.then((stored) => decoded(stored, { decoder, processor, where: source.placeOf(imageId) }));
    underWay.set(imageId, settled(outcome));
    return read.then(
      () => {},
      () => {},
    );
  };
  const finished = async (imageId: string): Promise<Outcome> => {
    if (!underWay.has(imageId)) void start(imageId);
    const outcome = await underWay.get(imageId)!;
    underWay.delete(imageId);
    if ('image' in outcome) kept.add(imageId, outcome.image);
    return outcome;
  };

  return {
    ahead: async (imageIds) => {
      const wanted = imageIds.filter((id) => !kept.has(id) && !underWay.has(id) && !known.has(id));
      await Promise.all(wanted.slice(0, Math.max(0, queue - underWay.size)).map(start));
    },
    take: async (imageIds) => {
      const images = new Map<string, RasterImage>();
      const broken: BrokenImage[] = [];
      const wanted = [...new Set(imageIds)];
      for (const [index, imageId] of wanted.entries()) {
        for (const next of wanted.slice(index, index + queue)) {
          if (underWay.size >= queue) break;
          if (!kept.has(next) && !underWay.has(next) && !known.has(next)) void start(next);
        }
        const image = kept.get(imageId);
        if (image !== undefined) images.set(imageId, image);
        else if (known.has(imageId)) broken.push(known.get(imageId)!);
        else {
          const outcome = await finished(imageId);
          if ('image' in outcome) images.set(imageId, outcome.image);
          else {
            const met = { imageId, where: outcome.where ?? source.placeOf(imageId), problem: outcome.problem };
            known.set(imageId, met);
            broken.push(met);
          }
        }
      }
      return { images, broken };
    },
    close: () => decoder.close(),
  };
}

type Outcome = { readonly image: RasterImage } | { readonly problem: string; readonly where: string | undefined };

function readImage(source: Pick<DataSource, 'image'>, imageId: string): ReturnType<DataSource['image']> {
  // What is refused by its name is refused before a promise is made.
  return Promise.resolve().then(() => source.image(imageId));
}

async function decoded(
  stored: Awaited<ReturnType<DataSource['image']>>,
  {
    decoder,
    processor,
    where,
  }: { readonly decoder: Decoder; readonly processor: ImageProcessor; readonly where: string },
): Promise<RasterImage> {
  switch (stored.kind) {
    case 'encoded':
      return decoder.decode({ bytes: stored.bytes, where, processor });
    case 'pixels':
      return resizeTo({ ...stored.image, rgb: stored.image.pixels }, processor);
    default:
      return stored satisfies never;
  }
}

/** What is wrong with an image is a value, as nobody may wait for it yet; any other error is the supply's own. */
function settled(image: Promise<RasterImage>): Promise<Outcome> {
  const outcome = image.then(
    (found): Outcome => ({ image: found }),
    (error: unknown): Outcome => {
      if (!(error instanceof InputError)) throw error;
      return { problem: error.problem.what, where: error.problem.where };
    },
  );
  outcome.catch(() => {}); // told to whoever takes the image
  return outcome;
}

/** Decoded images by id; the one that was not asked for the longest goes first. */
class KeptImages {
  readonly #images = new Map<string, RasterImage>();
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  has(imageId: string): boolean {
    return this.#images.has(imageId);
  }

  get(imageId: string): RasterImage | undefined {
    const image = this.#images.get(imageId);
    if (image === undefined) return undefined;
    this.#images.delete(imageId);
    this.#images.set(imageId, image);
    return image;
  }

  add(imageId: string, image: RasterImage): void {
    if (this.#images.has(imageId)) return;
    this.#images.set(imageId, image);
    this.#bytes += image.pixels.length;
    for (const [oldest, { pixels }] of this.#images) {
      if (this.#bytes <= this.#most) break;
      this.#images.delete(oldest);
      this.#bytes -= pixels.length;
    }
  }
}
