/** Sequences from token ids in which one placeholder stands for each visual token, as processors of the Hugging Face hub expand a text. */
import { SequenceError } from './sequence.js';
import type { Sequence, Token } from './tokens.js';

export interface PlaceholderText {
  readonly ids: readonly number[];
  /** Which tokens are learned, one by one; none when absent. */
  readonly isAnswer?: readonly boolean[];
  readonly imageToken: number;
  readonly visualTokensPerImage: number;
  /** Which image of the batch the first placeholders stand for; the others follow in order. */
  readonly firstImage?: number;
}

/** @throws SequenceError when the placeholders are not those of whole images, or one of them is to be learned */
export function placeholderSequence({
  ids,
  isAnswer = [],
  imageToken,
  visualTokensPerImage,
  firstImage = 0,
}: PlaceholderText): Sequence {
  let placeholders = 0;
  const tokens = ids.map((id, i): Token => {
    if (id !== imageToken) return { role: isAnswer[i] === true ? 'answer' : 'prompt', id, document: 0 };
    if (isAnswer[i] === true) throw new SequenceError(0, `the placeholder of an image at ${i} cannot be learned.`);
    const image = firstImage + Math.floor(placeholders / visualTokensPerImage);
    const index = placeholders % visualTokensPerImage;
    placeholders++;
    return { role: 'visual', image, index, document: 0 };
  });
  if (placeholders % visualTokensPerImage !== 0) {
    throw new SequenceError(
      0,
      `${placeholders} placeholders are not those of whole images, which have ${visualTokensPerImage} visual tokens each.`,
    );
  }
  return tokens;
}
