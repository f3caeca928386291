/** What a completion means, taken apart with distrust: an endpoint may send anything. */
import type { Outcome } from '../answerer.js';

/** A reply that is none: asked again, it may be one. */
export class UnusableCompletion extends Error {
  override readonly name = 'UnusableCompletion';
}

/** @throws UnusableCompletion for a reply without a choice that says anything */
export function outcomeOfCompletion(completion: unknown, milliseconds: number): Outcome {
  const reply = fieldsOf(completion);
  const [first] = Array.isArray(reply.choices) ? (reply.choices as unknown[]) : [];
  if (first === undefined) throw new UnusableCompletion('the endpoint sent a reply without a choice');
  const choice = fieldsOf(first);
  const message = fieldsOf(choice.message);
  const usage = fieldsOf(reply.usage);
  const version = [reply.model, reply.system_fingerprint]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(' ');
  const measured = {
    milliseconds,
    ...(isCount(usage.prompt_tokens) ? { promptTokens: usage.prompt_tokens } : {}),
    ...(isCount(usage.completion_tokens) ? { completionTokens: usage.completion_tokens } : {}),
    ...(version === '' ? {} : { version }),
  };
  const { refusal, content } = message;
  const finish = choice.finish_reason;
  if (finish === 'content_filter') return { kind: 'filtered', ...said(content), ...measured };
  if (typeof refusal === 'string' && refusal !== '') return { kind: 'refused', said: refusal, ...measured };
  if (typeof content !== 'string') throw new UnusableCompletion('the endpoint sent a choice without a text');
  return {
    kind: 'text',
    text: content,
    finish: finish === 'stop' || finish === 'length' ? finish : 'unknown',
    ...measured,
  };
}

const said = (content: unknown) => (typeof content === 'string' && content !== '' ? { said: content } : {});
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
