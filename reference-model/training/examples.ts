/**
 * Turns samples into training examples, and says which examples make up each batch. Batches are a pure function of
 * (samples, stage, seed, step): arms of one seed see the same data in the same order, and a resumed run needs no state.
 */
import type { DescribedImage, Sample } from '../data/dataset.js';
import { randomStream } from '../numerics/random.js';
import type { CaptionSource, Source, TextStage, TextsPerImage } from '../recipe/recipe.js';

/** One image, what is asked about it, and the text to be learned. Batches are planned without pixels, and built with them. */
export interface Example<Described extends DescribedImage = Sample> {
  /** Names the example in error messages: source, image and position. */
  readonly id: string;
  readonly source: Source;
  readonly sample: Described;
  readonly prompt: string;
  readonly answer: string;
  /** How its image is shown where not as it is. */
  readonly view?: ImageView;
}

/** An image moved by whole pixels, then mirrored or not. */
export interface ImageView {
  readonly right: number;
  readonly down: number;
  readonly isMirrored: boolean;
}

/** The instruction that asks for a caption; a question is its own prompt. */
export const CAPTION_PROMPT: Readonly<Record<CaptionSource, string>> = {
  'human-captions': 'describe this image.',
  'ai-captions': 'describe this image in detail.',
};

const SOURCES: readonly Source[] = ['human-captions', 'ai-captions', 'questions', 'open-questions'];

/** Every example of one source, in the order of the samples. */
export function examplesOf<Described extends DescribedImage>(
  samples: readonly Described[],
  source: Source,
): readonly Example<Described>[] {
  return samples.flatMap((sample) =>
    textsOf(sample, source).map(({ prompt, answer }, index) => ({
      id: `${source}/${sample.imageId}/${index}`,
      source,
      sample,
      prompt,
      answer,
    })),
  );
}

function textsOf(
  { humanCaptions, aiCaptions, questions }: DescribedImage,
  source: Source,
): readonly Pick<Example, 'prompt' | 'answer'>[] {
  switch (source) {
    case 'human-captions':
      return humanCaptions.map((answer) => ({ prompt: CAPTION_PROMPT[source], answer }));
    case 'ai-captions':
      return aiCaptions.map((answer) => ({ prompt: CAPTION_PROMPT[source], answer }));
    case 'questions':
      return questions.map(({ question: prompt, answer }) => ({ prompt, answer }));
    case 'open-questions':
      return questions
        .filter(({ kind }) => kind === 'open')
        .map(({ question: prompt, answer }) => ({ prompt, answer }));
    default:
      return source satisfies never;
  }
}

/** Examples of each source in a batch: shares of the mixture, rounded by largest remainder so that they sum to the batch. */
export function batchShares(mixture: TextStage['mixture'], batchSize: number): Readonly<Record<Source, number>> {
  const total = SOURCES.reduce((sum, source) => sum + (mixture[source] ?? 0), 0);
  const exact = SOURCES.map((source) => (batchSize * (mixture[source] ?? 0)) / total);
  const counts = exact.map(Math.floor);
  const byRemainder = SOURCES.map((_, i) => i).sort(
    (a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!) || a - b,
  );
  const missing = batchSize - counts.reduce((sum, count) => sum + count, 0);
  for (const i of byRemainder.slice(0, missing)) counts[i]! += 1;
  return Object.fromEntries(SOURCES.map((source, i) => [source, counts[i]!])) as Record<Source, number>;
}

/** The batches of one stage. */
export interface BatchPlan<Described extends DescribedImage = Sample> {
  /** Examples of the 0-based step within the stage. */
  batch(step: number): readonly Example<Described>[];
}

/**
 * Plans a stage: each source is walked epoch after epoch, every epoch a fresh permutation drawn from the seed.
 *
 * @throws RangeError when the mixture names a source of which the data set has no example
 */
export function planBatches<Described extends DescribedImage>(
  samples: readonly Described[],
  stage: TextStage,
  batchSize: number,
  seed: number,
): BatchPlan<Described> {
  const shares = batchShares(stage.mixture, batchSize);
  const walks = SOURCES.filter((source) => shares[source] > 0).map((source) => {
    const { length, orderOf } = epochsOf(samples, stage, source, seed);
    if (length === 0) {
      throw new RangeError(`Stage "${stage.name}" asks for ${source}, but the data set has none in its train split.`);
    }
    let epoch = -1;
    let order: readonly Example<Described>[] = [];
    const at = (position: number): Example<Described> => {
      const wanted = Math.floor(position / length);
      if (wanted !== epoch) {
        epoch = wanted;
        order = orderOf(epoch);
      }
      return order[position % length]!;
    };
    return { share: shares[source], at };
  });
  return {
    batch: (step) =>
      walks.flatMap(({ share, at }) => Array.from({ length: share }, (_, slot) => at(step * share + slot))),
  };
}

export function isCaptions(source: Source): source is CaptionSource {
  return source === 'human-captions' || source === 'ai-captions';
}

/** Texts of one source about an image that share a sequence. */
export function textsPerImage({ questionsPerImage = 1, captionsPerImage = 1 }: TextsPerImage, source: Source): number {
  return isCaptions(source) ? captionsPerImage : questionsPerImage;
}

/** How one source is walked. */
interface Epochs<Described extends DescribedImage> {
  /** Examples of every epoch. */
  readonly length: number;
  orderOf(epoch: number): readonly Example<Described>[];
}

/** Examples in any order; where texts share images, the images in any order, each with the next of its texts. */
function epochsOf<Described extends DescribedImage>(
  samples: readonly Described[],
  stage: TextStage,
  source: Source,
  seed: number,
): Epochs<Described> {
  const { name } = stage;
  const ofEpoch = (epoch: number) => randomStream(seed, 'batches', name, source, epoch);
  const perImage = textsPerImage(stage, source);
  if (perImage === 1) {
    const examples = examplesOf(samples, source);
    return { length: examples.length, orderOf: (epoch) => ofEpoch(epoch).shuffle(examples) };
  }
  const images = samples.flatMap((sample) => {
    const texts = examplesOf([sample], source);
    if (texts.length === 0) return [];
    const own = randomStream(
      seed,
      isCaptions(source) ? 'captions-of-image' : 'questions-of-image',
      name,
      source,
      sample.imageId,
    ).shuffle(texts);
    return [{ own, count: Math.min(perImage, own.length) }];
  });
  return {
    length: images.reduce((sum, { count }) => sum + count, 0),
    orderOf: (epoch) =>
      ofEpoch(epoch)
        .shuffle(images)
        .flatMap(({ own, count }) => Array.from({ length: count }, (_, i) => own[(epoch * count + i) % own.length]!)),
  };
}
