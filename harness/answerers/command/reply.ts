/** What a program's reply means. A reply without a text is no answer, whatever else stands in it. */
import type { Outcome } from '../answerer.js';
import type { Reply } from './program.js';

export function outcomeOfReply(reply: Reply, milliseconds: number): Outcome {
  const { text, finish_reason: finish, prompt_tokens: prompt, completion_tokens: completion, model } = reply;
  const measured = {
    milliseconds,
    ...(isCount(prompt) ? { promptTokens: prompt } : {}),
    ...(isCount(completion) ? { completionTokens: completion } : {}),
    ...(typeof model === 'string' && model !== '' ? { version: model } : {}),
  };
  const { error, refusal } = reply;
  if (error !== undefined && error !== null)
    return { kind: 'failed', reason: `the command says: ${textOf(error)}`, ...measured };
  if (typeof refusal === 'string') return { kind: 'refused', said: refusal, ...measured };
  if (finish === 'content_filter') return { kind: 'filtered', ...measured };
  if (typeof text !== 'string') {
    const found = text === undefined ? 'no text' : `a ${text === null ? 'null' : typeof text} as text`;
    return { kind: 'failed', reason: `the command answers with ${found}`, ...measured };
  }
  return { kind: 'text', text, finish: finish === 'stop' || finish === 'length' ? finish : 'unknown', ...measured };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
