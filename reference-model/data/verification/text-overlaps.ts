/**
 * Texts about different images that share 13 words in a row, as language models look for leaks of test data (Brown et al. 2020,
 * arXiv 2005.14165, appendix C). Captions and answers are compared; questions repeat by design.
 */

import { turnText } from '../layouts/dialogue.js';
import type { IndexedSplit } from '../source.js';

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
  const owners = new Map<string, Owner>();
  const found = new Map<string, TextOverlap>();
  for (const { text, ...owner } of textsOf(splits)) {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    for (let start = 0; start + WORDS <= words.length; start++) {
      const key = words.slice(start, start + WORDS).join(' ');
      const first = owners.get(key);
      if (first === undefined) owners.set(key, owner);
      else if (first.imageId !== owner.imageId) {
        const pair = `${first.imageId}\0${owner.imageId}`;
        if (found.has(pair)) continue;
        found.set(pair, { ...owner, otherSplit: first.split, otherImageId: first.imageId, words: key });
      }
    }
  }
  return [...found.values()];
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
