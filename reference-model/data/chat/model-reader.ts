/**
 * How a model reads what is said and shown: its tokenizer, and where its parts come from the hub, the chat template that lays out a request
 * about an image and the processor that scales pixels. Models of this package have neither: a request is the begin token and its text,
 * behind the image.
 */
import type { RasterImage } from '../dataset.js';
import { scaleLevels } from '../pixels/preprocess.js';
import type { ImageProcessor } from '../pixels/processor.js';
import { normalizeBatch } from '../preprocessing.js';
import type { Tokenizer } from '../tokenizer/load-tokenizer.js';

/** A request about one image as token ids. */
export interface LaidOutRequest {
  /** In front of the visual tokens of the image. */
  readonly before: readonly number[];
  /** Behind them, up to where the answer begins. */
  readonly prompt: readonly number[];
}

/** The same with its answer, which ends with an end token and is all that is learned. */
export interface LaidOutExample extends LaidOutRequest {
  readonly answer: readonly number[];
}

export interface ChatLayout {
  /** Any of them ends an answer. */
  readonly endTokens: readonly number[];
  /** @throws InputError for what the template refuses */
  request(prompt: string): LaidOutRequest;
  /** @param name of the example, for messages @throws InputError where the template disagrees with itself about the answer */
  example(prompt: string, answer: string, name: string): LaidOutExample;
}

export interface ModelReader extends Tokenizer {
  readonly chat?: ChatLayout;
  /** SigLIP's own where it is not stated. */
  readonly processor?: ImageProcessor;
}

export function requestTokens({ chat, special, encode }: ModelReader, prompt: string): LaidOutRequest {
  return chat?.request(prompt) ?? { before: [], prompt: [special.begin, ...encode(prompt)] };
}

/** @param name of the example, for messages */
export function exampleTokens(
  reader: ModelReader,
  { prompt, answer }: { readonly prompt: string; readonly answer: string },
  name: string,
): LaidOutExample {
  if (reader.chat !== undefined) return reader.chat.example(prompt, answer, name);
  return { ...requestTokens(reader, prompt), answer: [...reader.encode(answer), reader.special.end] };
}

/** What ends an answer of a model that reads so. */
export const endTokensOf = ({ chat, special }: ModelReader): readonly number[] => chat?.endTokens ?? [special.end];

/** Images of the size that the model takes as float32 [batch, height, width, 3]. @throws RangeError for none, or for different sizes */
export function pixelValues(
  { processor }: Pick<ModelReader, 'processor'>,
  images: readonly RasterImage[],
): Float32Array {
  if (processor === undefined) return normalizeBatch(images);
  const { width, height } = images[0] ?? { width: 0, height: 0 };
  if (images.length === 0) throw new RangeError('A batch needs at least one image.');
  const length = width * height * 3;
  const batch = new Float32Array(images.length * length);
  for (const [index, { pixels, ...size }] of images.entries()) {
    if (size.width !== width || size.height !== height) {
      throw new RangeError(
        `Images of one batch need one size: image ${index} has ${size.width}×${size.height} pixels.`,
      );
    }
    scaleLevels({ ...size, rgb: pixels }, processor, batch, index * length);
  }
  return batch;
}
