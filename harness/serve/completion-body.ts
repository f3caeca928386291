/** An answer as a completion, whole or as the events of a stream. */
import type { Response } from '../../reference-model/index.js';

export interface CompletionHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
}

export function completionBody(head: CompletionHead, response: Response): object {
  const message = { role: 'assistant', content: response.text, refusal: null };
  const choice = { index: 0, message, logprobs: null, finish_reason: response.finish };
  return { ...head, object: 'chat.completion', choices: [choice], usage: usageOf(response) };
}

/** Server-sent events: the role, the text word by word, why it ended, and on request the tokens. */
export function* completionEvents(head: CompletionHead, response: Response, includeUsage: boolean): Generator<string> {
  const chunk = (choices: readonly object[], usage: object | null = null): string =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...(includeUsage ? { usage } : {}) })}\n\n`;
  const choice = (delta: object, finish: string | null = null) => [
    { index: 0, delta, logprobs: null, finish_reason: finish },
  ];
  yield chunk(choice({ role: 'assistant', content: '' }));
  for (const content of response.text.match(/\s*\S+|\s+$/g) ?? []) yield chunk(choice({ content }));
  yield chunk(choice({}, response.finish));
  if (includeUsage) yield chunk([], usageOf(response));
  yield 'data: [DONE]\n\n';
}

const usageOf = ({ promptTokens, tokens }: Response) => ({
  prompt_tokens: promptTokens,
  completion_tokens: tokens,
  total_tokens: promptTokens + tokens,
});
