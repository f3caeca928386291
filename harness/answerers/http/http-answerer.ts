/**
 * An endpoint that speaks OpenAI's chat completions with images (vLLM, llama.cpp, Ollama, LM Studio, SGLang, hosted services) as an
 * answerer, through OpenAI's own client. What may pass is tried again, within the endpoint's limits; the key is read from the environment,
 * and never written anywhere.
 */
import OpenAI from 'openai';
import { UserError } from '../../errors.js';
import type { Answerer, AnswerRequest, Failed, Outcome } from '../answerer.js';
import { AdaptiveConcurrency } from './adaptive-concurrency.js';
import { messagesOf } from './chat-messages.js';
import { outcomeOfCompletion } from './completion.js';
import { modelOf } from './endpoint-model.js';
import { RateLimiter } from './rate-limiter.js';
import { fatalProblem, type Trouble, troubleOf } from './trouble.js';

export interface HttpOptions {
  /** The endpoint's name of the model; without it the only one that it lists. */
  readonly model?: string;
  /** As the user calls it; by default the model at the endpoint's address. */
  readonly name?: string;
  readonly version?: string;
  /** Of the environment variable that holds the key. */
  readonly keyVariable?: string;
  /** Requests at the same time at most; 8 by default. */
  readonly concurrency?: number;
  /** For one attempt, in seconds; 120 by default. */
  readonly timeLimit?: number;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  /** The first pause after a failed attempt, in milliseconds; each further one is twice as long. */
  readonly backoff?: number;
}

/** Attempts that fail for a request before it counts as failed; being told to wait is no failure of it. */
const MOST_FAILURES = 6;
/** An endpoint that says so often that it has too much to do will not have less. */
const MOST_WAITS = 100;
const LONGEST_PAUSE = 60_000;
/** Of an image and its prompt, until the endpoint has said how many they are. */
const FIRST_ESTIMATE = 1000;

/** @param address of the endpoint; without a path, its `/v1` @throws UserError where it cannot be reached or does not have the model */
export async function httpAnswerer(address: string, options: HttpOptions = {}): Promise<Answerer> {
  const { keyVariable = 'OPENAI_API_KEY', concurrency = 8, timeLimit = 120, version, backoff = 500 } = options;
  const baseURL = baseAddress(address);
  const key = process.env[keyVariable]?.trim();
  const client = new OpenAI({
    baseURL,
    apiKey: key || 'none',
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: timeLimit * 1000,
    logLevel: 'off',
  });
  const withoutKey = (text: string): string => (key ? text.replaceAll(key, '(key)') : text);
  const model = options.model ?? (await modelOf(client, baseURL, withoutKey));
  const { requestsPerMinute, tokensPerMinute } = options;
  const limiter = new RateLimiter<'requests' | 'tokens'>({
    ...(requestsPerMinute === undefined ? {} : { requests: requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokens: tokensPerMinute }),
  });
  const pace = new AdaptiveConcurrency(concurrency);
  let promptTokens = FIRST_ESTIMATE;
  // Newer models of OpenAI refuse the older name of the same setting.
  let maximumName: 'max_tokens' | 'max_completion_tokens' = 'max_tokens';

  const attempt = async (
    request: AnswerRequest,
    messages: Awaited<ReturnType<typeof messagesOf>>,
  ): Promise<Outcome> => {
    const { maximumTokens } = request.decoding;
    const admission = await limiter.admit({ requests: 1, tokens: promptTokens + maximumTokens });
    const begun = performance.now();
    const completion = await client.chat.completions.create(
      { model, messages, temperature: 0, [maximumName]: maximumTokens, stream: false },
      // The client's own limit ends with the headers; this one holds for the body as well.
      { signal: AbortSignal.timeout(timeLimit * 1000) },
    );
    const outcome = outcomeOfCompletion(completion, Math.round((performance.now() - begun) * 100) / 100);
    const { promptTokens: asked, completionTokens: answered } = outcome;
    if (asked !== undefined) {
      promptTokens = asked;
      admission.correct({ requests: 1, tokens: asked + (answered ?? maximumTokens) });
    }
    return outcome;
  };

  const answerOne = async (request: AnswerRequest): Promise<Outcome> => {
    const messages = await messagesOf(request);
    let failures = 0;
    let waits = 0;
    for (;;) {
      let sentAt = performance.now();
      let trouble: Trouble;
      try {
        const outcome = await pace.run(() => {
          sentAt = performance.now();
          return attempt(request, messages);
        });
        pace.succeeded();
        return outcome;
      } catch (error) {
        trouble = troubleOf(error, timeLimit);
      }
      const reason = withoutKey(trouble.reason);
      switch (trouble.kind) {
        case 'fatal':
          throw fatalProblem(trouble.about, reason, baseURL, keyVariable);
        case 'refused':
          return failed(reason);
        case 'other-name':
          if (maximumName === 'max_completion_tokens') return failed(reason);
          maximumName = 'max_completion_tokens';
          break;
        case 'overloaded':
          if (++waits > MOST_WAITS) return failed(reason);
          pace.overloaded(sentAt, trouble.pause ?? pauseOf(backoff, waits));
          break;
        case 'passing':
          if (++failures >= MOST_FAILURES) return failed(`${reason}, ${MOST_FAILURES} times`);
          await new Promise((resolve) => setTimeout(resolve, pauseOf(backoff, failures)));
          break;
        default:
          return trouble satisfies never;
      }
    }
  };
  return {
    identity: {
      kind: 'http',
      name: options.name ?? `${model} at ${new URL(baseURL).host}`,
      ...(version === undefined ? {} : { version }),
    },
    batchSize: 1,
    inFlight: concurrency,
    answer: (requests) => Promise.all(requests.map(answerOne)),
    close: async () => {},
  };
}

const failed = (reason: string): Failed => ({ kind: 'failed', reason });

/** Twice as long each time, and never for all at the same moment. */
function pauseOf(first: number, times: number): number {
  return Math.min(LONGEST_PAUSE, first * 2 ** Math.min(times - 1, 20)) * (0.5 + Math.random() / 2);
}

/** @throws UserError `usage` for what is no address, or holds a password */
function baseAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (
    url !== undefined &&
    isWeb &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  ) {
    if (url.pathname === '/') url.pathname = '/v1';
    return url.href.replace(/\/(?:chat\/completions\/?)?$/, '');
  }
  throw new UserError(
    {
      code: 'usage',
      what: isWeb ? 'the address holds more than host and path' : 'this is no address of an endpoint',
      where: '--model',
      expected: 'http:http://127.0.0.1:8000/v1, with any key in the environment',
      fix: 'correct the address; the variable that holds the key is named with --api-key-env',
    },
    { exitCode: 2 },
  );
}
