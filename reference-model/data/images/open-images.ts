/**
 * The images of a data set on disk, supplied as a model sees them: read in this process, decoded by threads ahead of the step through a
 * bounded queue, and kept as far as a bounded memory has room. Broken images are counted as they are asked for, so that what is left out, and
 * when it is too much, is the same for any number of threads.
 */
import { InputError } from '../../files/input-error.js';
import type { RasterImage } from '../dataset.js';
import { type ImageProcessor, siglipProcessor } from '../pixels/processor.js';
import type { DataSource } from '../source.js';
import { resizeTo } from './decode-to.js';
import { type Decoder, openDecoder } from './decoder.js';
import type { ImageSupply, LeftOutImage } from './image-supply.js';

export interface ImageOptions {
  /** Pixels of each side of the square that every image becomes. */
  readonly side: number;
  /** What makes such squares; SigLIP's own by default. */
  readonly processor?: ImageProcessor;
  /** Threads that decode; 0 for none. */
  readonly workers?: number;
  /** Different broken images that may be left out. */
  readonly allowBroken?: number;
  /** Images that are read or decoded at a time, at most. */
  readonly queue?: number;
  /** Bytes of decoded images that are kept for the next epoch, at most. */
  readonly keepBytes?: number;
}

/** Problems that an error names one by one. */
const SHOWN = 5;

export function openImages(
  source: Pick<DataSource, 'image' | 'placeOf'>,
  {
    side,
    processor = siglipProcessor(side),
    workers = 1,
    allowBroken = 0,
    queue = 64,
    keepBytes = 256 * 2 ** 20,
  }: ImageOptions,
): ImageSupply {
  const decoder = openDecoder(workers);
  const kept = new KeptImages(keepBytes);
  const underWay = new Map<string, Promise<Outcome>>();
  const leftOut = new Map<string, LeftOutImage>();

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
      const wanted = imageIds.filter((id) => !kept.has(id) && !underWay.has(id) && !leftOut.has(id));
      await Promise.all(wanted.slice(0, Math.max(0, queue - underWay.size)).map(start));
    },
    take: async (imageIds, { requireAll = false } = {}) => {
      const images = new Map<string, RasterImage>();
      const broken: LeftOutImage[] = [];
      const wanted = [...new Set(imageIds)];
      for (const [index, imageId] of wanted.entries()) {
        for (const next of wanted.slice(index, index + queue)) {
          if (underWay.size >= queue) break;
          if (!kept.has(next) && !underWay.has(next) && !leftOut.has(next)) void start(next);
        }
        const known = kept.get(imageId);
        if (known !== undefined) images.set(imageId, known);
        else if (leftOut.has(imageId)) broken.push(leftOut.get(imageId)!);
        else {
          const outcome = await finished(imageId);
          if ('image' in outcome) images.set(imageId, outcome.image);
          else broken.push({ imageId, where: outcome.where ?? source.placeOf(imageId), problem: outcome.problem });
        }
      }
      if (requireAll && broken.length > 0) throw tooManyBroken(broken, 0, 'an evaluation is of all its images');
      for (const image of broken) leftOut.set(image.imageId, image);
      if (broken.length > 0 && leftOut.size > allowBroken) {
        throw tooManyBroken([...leftOut.values()], allowBroken, `--allow-broken ${allowBroken}`);
      }
      return images;
    },
    leftOut: () => [...leftOut.values()],
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

function tooManyBroken(broken: readonly LeftOutImage[], allowed: number, rule: string): InputError {
  const sorted = [...broken].sort((a, b) => (a.where < b.where ? -1 : 1));
  const shown = sorted.slice(0, SHOWN).map(({ where, problem }) => `${where}: ${problem}`);
  const rest = broken.length - shown.length;
  return new InputError({
    code: 'data-invalid',
    what: `${broken.length} ${broken.length === 1 ? 'image is' : 'images are'} broken: ${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`,
    where: sorted[0]!.where,
    expected: `at most ${allowed} (${rule})`,
    fix: 'fetch them again, leave them out (`exclude:` of a declaration), or allow for so many in training with --allow-broken',
  });
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
