/** Cuts conversations that are longer than a model takes. Visual tokens are never cut, and what is cut is counted. */
import { InputError } from '../../files/input-error.js';
import type { TokenizedConversation } from './conversation.js';

export interface Truncated extends TokenizedConversation {
  /** Tokens that were cut, and how many of them were to be learned. */
  readonly cut: { readonly tokens: number; readonly answerTokens: number };
}

/**
 * The first `limit` tokens.
 *
 * @param name of the conversation, for messages
 * @throws InputError when a visual token would be cut
 */
export function truncate(
  { ids, isAnswer }: TokenizedConversation,
  { limit, imageToken, name }: { readonly limit: number; readonly imageToken: number; readonly name: string },
): Truncated {
  const lastVisual = ids.lastIndexOf(imageToken);
  if (lastVisual >= limit) {
    throw new InputError({
      code: 'data-invalid',
      what: `visual tokens stand up to place ${lastVisual + 1}, and the model takes ${limit}`,
      where: name,
      expected: 'all images within the context',
      fix: 'give fewer images, or shorter texts before them, or a model with a longer context',
    });
  }
  const tokens = Math.max(0, ids.length - limit);
  const answerTokens = isAnswer.slice(limit).filter(Boolean).length;
  return { ids: ids.slice(0, limit), isAnswer: isAnswer.slice(0, limit), cut: { tokens, answerTokens } };
}
