/** What went wrong with a request to an endpoint, and what that asks for: to wait, to try again, to give this one up, or everything. */
import OpenAI from 'openai';
import { UserError } from '../../errors.js';
import { logText } from '../../log-text.js';
import { UnusableCompletion } from './completion.js';

type Fatal = 'key' | 'model' | 'quota';

export type Trouble =
  | { readonly kind: 'overloaded'; readonly reason: string; readonly pause?: number }
  | { readonly kind: 'passing' | 'refused' | 'other-name'; readonly reason: string }
  | { readonly kind: 'fatal'; readonly about: Fatal; readonly reason: string };

/** A longer pause than this is not waited for at once. */
const LONGEST_RETRY_AFTER = 600_000;

export function troubleOf(error: unknown, timeLimit: number): Trouble {
  if (error instanceof UnusableCompletion) return { kind: 'passing', reason: error.message };
  if (error instanceof OpenAI.APIUserAbortError || isTimeout(error)) {
    return { kind: 'passing', reason: `no answer within ${timeLimit} s` };
  }
  if (error instanceof OpenAI.APIConnectionError) {
    return { kind: 'passing', reason: `the connection failed: ${logText(causeOf(error), 200)}` };
  }
  if (!(error instanceof OpenAI.APIError) || error.status === undefined) {
    // Neither JSON nor an error of the endpoint's: a body that was cut, or is something else.
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof OpenAI.OpenAIError) {
      return { kind: 'passing', reason: `the endpoint sent no completion: ${logText(causeOf(error), 200)}` };
    }
    throw error;
  }
  return troubleOfStatus(error);
}

function troubleOfStatus(error: InstanceType<typeof OpenAI.APIError>): Trouble {
  const { status, code, headers, param } = error;
  const reason = logText(`the endpoint says ${error.message}`, 300);
  if (code === 'insufficient_quota') return { kind: 'fatal', about: 'quota', reason };
  switch (status) {
    case 401:
    case 403:
      return { kind: 'fatal', about: 'key', reason };
    case 404:
      return { kind: 'fatal', about: 'model', reason };
    case 429:
    case 503:
    case 529: {
      const pause = retryAfter(headers?.get('retry-after-ms'), headers?.get('retry-after'));
      return { kind: 'overloaded', reason, ...(pause === undefined ? {} : { pause }) };
    }
    case 400:
    case 422:
      return { kind: isAboutMaximum(param, error.message) ? 'other-name' : 'refused', reason };
    default:
      return { kind: status === 408 || status === 409 || Number(status) >= 500 ? 'passing' : 'refused', reason };
  }
}

const isAboutMaximum = (param: unknown, message: string): boolean =>
  param === 'max_tokens' || /\bmax_completion_tokens\b/.test(message);

/** Milliseconds, from a number of seconds or a date. */
function retryAfter(milliseconds: string | null | undefined, seconds: string | null | undefined): number | undefined {
  const exact = Number(milliseconds);
  if (milliseconds && Number.isFinite(exact) && exact >= 0) return Math.min(exact, LONGEST_RETRY_AFTER);
  if (!seconds) return undefined;
  const pause = /^\s*\d+(?:\.\d+)?\s*$/.test(seconds) ? Number(seconds) * 1000 : Date.parse(seconds) - Date.now();
  return Number.isFinite(pause) ? Math.min(Math.max(0, pause), LONGEST_RETRY_AFTER) : undefined;
}

/** Before the headers the client says it in its own way; in the body the platform does. */
const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');

/** The innermost reason: `fetch failed` says nothing. */
function causeOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}

/** The one error of an endpoint that answers nothing. @param reason without the key */
export function fatalProblem(about: Fatal, reason: string, address: string, keyVariable: string): UserError {
  const fix = {
    key: `put a key of that endpoint into the environment variable ${keyVariable}, or name another variable with --api-key-env`,
    model:
      'name a model that the endpoint has with --model-name, and check the address: it ends in /v1 with most servers',
    quota: 'raise the quota of the account, then run the same command again: the answers are kept',
  } as const;
  return new UserError({ code: 'run-failed', what: reason, where: address, fix: fix[about] });
}
