/**
 * Turns samples into training examples, and says which examples make up each batch. Batches are a pure function of
 * (samples, stage, seed, step): arms of one seed see the same data in the same order, and a resumed run needs no state.
 */
import type { Sample } from '../data/dataset.js';
import { randomStream } from '../numerics/random.js';
import type { CaptionSource, Source, TextStage } from '../recipe/recipe.js';

/** One image, what is asked about it, and the text to be learned. */
export interface Example {
  /** Names the example in error messages: source, image and position. */
  readonly id: string;
  readonly source: Source;
  readonly sample: Sample;
  readonly prompt: string;
  readonly answer: string;
}

/** The instruction that asks for a caption; a question is its own prompt. */
export const CAPTION_PROMPT: Readonly<Record<CaptionSource, string>> = {
  'human-captions': 'describe this image.',
  'ai-captions': 'describe this image in detail.',
};

const SOURCES: readonly Source[] = ['human-captions', 'ai-captions', 'questions', 'open-questions'];

/** Every example of one source, in the order of the samples. */
export function examplesOf(samples: readonly Sample[], source: Source): readonly Example[] {
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
  { humanCaptions, aiCaptions, questions }: Sample,
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
export interface BatchPlan {
  /** Examples of the 0-based step within the stage. */
  batch(step: number): readonly Example[];
}

/**
 * Plans a stage: each source is walked epoch after epoch, every epoch a fresh permutation drawn from the seed.
 *
 * @throws RangeError when the mixture names a source of which the data set has no example
 */
export function planBatches(samples: readonly Sample[], stage: TextStage, batchSize: number, seed: number): BatchPlan {
  const shares = batchShares(stage.mixture, batchSize);
  const walks = SOURCES.filter((source) => shares[source] > 0).map((source) => {
    const examples = examplesOf(samples, source);
    if (examples.length === 0) {
      throw new RangeError(`Stage "${stage.name}" asks for ${source}, but the data set has none in its train split.`);
    }
    let epoch = -1;
    let order: readonly Example[] = [];
    const at = (position: number): Example => {
      const wanted = Math.floor(position / examples.length);
      if (wanted !== epoch) {
        epoch = wanted;
        order = randomStream(seed, 'batches', stage.name, source, epoch).shuffle(examples);
      }
      return order[position % examples.length]!;
    };
    return { share: shares[source], at };
  });
  return {
    batch: (step) =>
      walks.flatMap(({ share, at }) => Array.from({ length: share }, (_, slot) => at(step * share + slot))),
  };
}
