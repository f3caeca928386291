/**
 * What a photograph shows, as far as its captions tell: the words that several of them say. A words stage learns these for every visual token,
 * where a data set does not state what each part of an image shows.
 */
import type { DescribedImage } from '../data/dataset.js';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';

/** Captions of an image that must say a word. */
const AGREEING = 2;
/** Words of more images than this share tell none from another: articles, prepositions. */
const MOST_IMAGES = 1 / 4;

/**
 * The samples with the words that captions agree on as those of one cell, the whole image. What a data set states itself stays; an image whose
 * captions agree on nothing has no words.
 */
export function withCaptionWords<Described extends DescribedImage>(
  samples: readonly Described[],
  tokenizer: Tokenizer,
): readonly Described[] {
  const agreed = samples.map((sample) => agreedWords(sample, tokenizer));
  const images = new Map<string, number>();
  for (const word of agreed.flat()) images.set(word, (images.get(word) ?? 0) + 1);
  return samples.map((sample, index) => {
    const words = agreed[index]!.filter((word) => images.get(word)! <= MOST_IMAGES * samples.length);
    return sample.words !== undefined || words.length === 0 ? sample : { ...sample, words: [[words]] };
  });
}

/** Single tokens with the space in front of them, in the order in which they are said. */
function agreedWords({ humanCaptions, aiCaptions }: DescribedImage, tokenizer: Tokenizer): readonly string[] {
  const captions = [...humanCaptions, ...aiCaptions];
  const saidBy = new Map<string, number>();
  for (const caption of captions) {
    const words = tokenizer.encode(caption).map((token) => tokenizer.decode([token]));
    for (const word of new Set(words)) saidBy.set(word, (saidBy.get(word) ?? 0) + 1);
  }
  const enough = Math.min(AGREEING, captions.length);
  return [...saidBy].flatMap(([word, times]) => (times >= enough && /^ \p{L}+$/u.test(word) ? [word] : []));
}
