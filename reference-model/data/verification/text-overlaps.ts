/**
 * Texts about different images that share 13 words in a row, as language models look for leaks of test data (Brown et al. 2020,
 * arXiv 2005.14165, appendix C). Captions and answers are compared; questions repeat by design.
 */
import { turnText } from '../layouts/dialogue.js';
import type { IndexedSplit } from '../source.js';
import { type Repetition, WordTexts } from './word-sequences.js';

const WORDS = 13;

export interface TextOverlap {
  readonly split: string;
  readonly imageId: string;
  readonly otherSplit: string;
  readonly otherImageId: string;
  /** The first words that both have. */
  readonly words: string;
}

interface Owner {
  readonly split: string;
  readonly imageId: string;
}

/** One overlap for each pair of images, in the order of the data set. */
export function textOverlaps(splits: ReadonlyMap<string, IndexedSplit>): readonly TextOverlap[] {
  const texts = new WordTexts();
  const owners: Owner[] = [];
  for (const { text, ...owner } of textsOf(splits)) {
    texts.add(text);
    owners.push(owner);
  }
  const places = new Map<string, Repetition>();
  for (const repetition of texts.repetitions(WORDS)) {
    const [image, earlier] = [owners[repetition.text]!.imageId, owners[repetition.first]!.imageId];
    if (image === earlier) continue;
    const pair = `${earlier}\0${image}`;
    const known = places.get(pair);
    if (known === undefined || repetition.place < known.place) places.set(pair, repetition);
  }
  return [...places.values()]
    .sort((a, b) => a.place - b.place)
    .map(({ text, first, place }) => {
      const { split: otherSplit, imageId: otherImageId } = owners[first]!;
      return { ...owners[text]!, otherSplit, otherImageId, words: texts.wordsAt(place, WORDS) };
    });
}

function* textsOf(splits: ReadonlyMap<string, IndexedSplit>): Generator<Owner & { readonly text: string }> {
  for (const [split, { samples, conversations }] of splits) {
    for (const { imageId, humanCaptions, aiCaptions, questions } of samples) {
      for (const text of [...humanCaptions, ...aiCaptions, ...questions.map(({ answer }) => answer)]) {
        yield { split, imageId, text };
      }
    }
    for (const { imageIds, turns } of conversations) {
      const imageId = imageIds[0];
      if (imageId === undefined) continue;
      for (const turn of turns) if (turn.role === 'assistant') yield { split, imageId, text: turnText(turn) };
    }
  }
}
