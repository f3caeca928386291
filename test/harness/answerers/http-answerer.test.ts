/** An endpoint that fails in every way that endpoints fail: no answer is lost, none is doubled, and its limits are kept. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AnswerRequest } from '../../../harness/answerers/answerer.js';
import { type HttpOptions, httpAnswerer } from '../../../harness/answerers/http/http-answerer.js';
import { RateLimiter } from '../../../harness/answerers/http/rate-limiter.js';
import { AnswerLogs } from '../../../harness/answers/answer-log.js';
import { askAll } from '../../../harness/answers/ask-all.js';
import { newFolder } from '../systems/system-files.js';
import { completion, honest, json, pictureIn, startEndpoint, textFor } from './fake-endpoint.js';

/** The first bytes of a PNG, and which one it is. */
const picture = (index: number): Uint8Array =>
  Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, index >> 8, index & 255]);
const messages = [{ role: 'user', text: 'what?' }] as const;
const decoding = { strategy: 'greedy', maximumTokens: 16 } as const;

const request = (index: number): AnswerRequest => ({
  id: String(index),
  image: { imageId: String(index), sha256: String(index), stored: { kind: 'encoded', bytes: picture(index) } },
  messages,
  decoding,
});

const one = async (url: string, options: HttpOptions = {}) => {
  const answerer = await httpAnswerer(url, { model: 'fake-1', backoff: 1, ...options });
  return (await answerer.answer([request(1)]))[0]!;
};

describe('1,000 answers through a proxy that fails', () => {
  const faults = [
    '429 at once',
    '429 later',
    '500',
    'cut',
    'cut in the body',
    'slow body',
    'no JSON',
    'no choice',
    'no text',
    'twice',
  ];

  test('come once each, whatever goes wrong on the way', async () => {
    let state = 7;
    const draw = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const seen = new Map<string, number>();
    let slow = 0;
    const upstream = await startEndpoint(honest);
    const deliver = async (body: object): Promise<object> => {
      const sent = { method: 'POST', body: JSON.stringify(body) };
      return (await (await fetch(`${upstream}/chat/completions`, sent)).json()) as object;
    };
    const proxy = await startEndpoint(async (body, incoming, response) => {
      const text = textFor(pictureIn(body));
      const answer = JSON.stringify(completion(text));
      const fault = draw() < 0.3 ? faults[Math.floor(draw() * faults.length)]! : 'none';
      seen.set(fault, (seen.get(fault) ?? 0) + 1);
      switch (fault) {
        case '429 at once':
          return json(response, 429, { error: { message: 'slow down', code: 'rate_limit_exceeded' } });
        case '429 later':
          return json(response, 429, { error: { message: 'slow down' } }, { 'retry-after': '0.01' });
        case '500':
          return json(response, 500, { error: { message: 'oops' } });
        case 'cut':
          return void incoming.socket.destroy();
        case 'cut in the body':
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(answer.length) });
          response.write(answer.slice(0, 40), () => incoming.socket.destroy());
          return;
        case 'slow body':
          // A few of them: each costs its time limit.
          if (slow++ > 6) return json(response, 200, completion(text));
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write(answer.slice(0, 40));
          return;
        case 'no JSON':
          response.writeHead(200, { 'content-type': 'application/json' });
          return void response.end('<html>gateway</html>');
        case 'no choice':
          return json(response, 200, completion(text, { choices: [] }));
        case 'no text':
          return json(response, 200, completion(text, {}, { message: { role: 'assistant', content: null } }));
        case 'twice':
          // Delivered twice, answered once.
          await deliver(body);
          return json(response, 200, await deliver(body));
        default:
          return json(response, 200, await deliver(body));
      }
    });
    const answerer = await httpAnswerer(proxy, { concurrency: 24, timeLimit: 1, backoff: 2 });
    expect(answerer.identity.name).toMatch(/^fake-1 at 127\.0\.0\.1:/);
    const folder = newFolder();
    const logs = new AnswerLogs(folder, 'b@1', answerer.identity);
    const items = Array.from({ length: 1000 }, (_, index) => ({
      id: String(index),
      imageId: String(index),
      messages,
      references: [],
    }));
    const data = {
      image: async (imageId: string) => ({ kind: 'encoded' as const, bytes: picture(Number(imageId)) }),
      placeOf: () => 'nowhere',
    };
    const { outcomes } = await askAll(items, { benchmark: 'b@1', decoding, answerer, logs, data });
    logs.close();
    for (const fault of faults) expect(seen.get(fault), fault).toBeGreaterThan(5);
    outcomes.forEach((outcome, index) => {
      expect(outcome).toMatchObject({ kind: 'text', text: textFor(picture(index)), finish: 'stop' });
    });
    const [file] = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
    const lines = readFileSync(join(folder, file!), 'utf8').trimEnd().split('\n').slice(1);
    const ids = lines.map((line) => JSON.parse(line).id);
    expect([ids.length, new Set(ids).size]).toEqual([1000, 1000]);
  });
});

describe('an endpoint’s reply', () => {
  const replying = (body: object) => startEndpoint((_, __, response) => json(response, 200, body));

  test('is a text, its end and its tokens, under the version that it states', async () => {
    const url = await replying(completion('a dog', { system_fingerprint: 'fp_1' }, { finish_reason: 'length' }));
    expect(await one(url)).toMatchObject({
      ...{ kind: 'text', text: 'a dog', finish: 'length', promptTokens: 10, completionTokens: 3 },
      version: 'fake-1 fp_1',
    });
  });

  test('may be empty, if the endpoint says so', async () => {
    expect(await one(await replying(completion('')))).toMatchObject({ kind: 'text', text: '' });
  });

  test('that refuses is a refusal, and one that is filtered is filtered', async () => {
    const refusal = completion('', {}, { message: { role: 'assistant', content: null, refusal: 'I will not.' } });
    expect(await one(await replying(refusal))).toMatchObject({ kind: 'refused', said: 'I will not.' });
    const filtered = completion('', {}, { message: { content: null }, finish_reason: 'content_filter' });
    expect(await one(await replying(filtered))).toMatchObject({ kind: 'filtered' });
  });

  test('that never comes to be one is a failure with its reason', async () => {
    expect(await one(await replying(completion('x', { choices: [] })))).toEqual({
      kind: 'failed',
      reason: 'the endpoint sent a reply without a choice, 6 times',
    });
  });
});

describe('a request', () => {
  test('holds the picture as it is stored, before the words', async () => {
    let body: unknown;
    const url = await startEndpoint((asked, _, response) => {
      body = asked;
      json(response, 200, completion('yes'));
    });
    await one(url);
    const encoded = Buffer.from(picture(1)).toString('base64');
    expect(body).toEqual({
      model: 'fake-1',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: `data:image/png;base64,${encoded}` } },
            { type: 'text', text: 'what?' },
          ],
        },
      ],
      temperature: 0,
      max_tokens: 16,
      stream: false,
    });
  });

  test('names the maximum as the endpoint wants it', async () => {
    const bodies: (number | undefined)[][] = [];
    const url = await startEndpoint(({ max_tokens, max_completion_tokens }, _, response) => {
      bodies.push([max_tokens, max_completion_tokens]);
      const error = { message: "Use 'max_completion_tokens' instead.", param: 'max_tokens' };
      if (max_tokens === undefined) json(response, 200, completion('yes'));
      else json(response, 400, { error });
    });
    expect(await one(url)).toMatchObject({ kind: 'text' });
    expect(bodies).toEqual([
      [16, undefined],
      [undefined, 16],
    ]);
  });

  test('that the endpoint refuses is a failure, and is not repeated', async () => {
    let times = 0;
    const url = await startEndpoint((_, __, response) => {
      times++;
      json(response, 400, { error: { message: 'image too large' } });
    });
    expect(await one(url)).toEqual({ kind: 'failed', reason: 'the endpoint says 400 image too large' });
    expect(times).toBe(1);
  });
});

describe('the key', () => {
  beforeEach(() => {
    process.env.TEST_KEY = 'sk-very-secret';
  });
  afterEach(() => {
    delete process.env.TEST_KEY;
  });

  test('is sent, and is in no message, even where the endpoint repeats it', async () => {
    let sent: string | undefined;
    const url = await startEndpoint((_, { headers }, response) => {
      sent = headers.authorization;
      json(response, 422, { error: { message: `cannot use ${headers.authorization}` } });
    });
    expect(await one(url, { keyVariable: 'TEST_KEY' })).toEqual({
      kind: 'failed',
      reason: 'the endpoint says 422 cannot use Bearer (key)',
    });
    expect(sent).toBe('Bearer sk-very-secret');
  });

  test('that is wrong ends everything with one error', async () => {
    const url = await startEndpoint((_, __, response) =>
      json(response, 401, { error: { message: 'Incorrect API key provided: sk-very-secret' } }),
    );
    const asked = one(url, { keyVariable: 'TEST_KEY' });
    await expect(asked).rejects.toThrow(/Incorrect API key provided: \(key\)[\s\S]*variable TEST_KEY/);
  });

  test.each([
    ['a password in the address', 'http://me:pass@127.0.0.1/v1', /holds more than host and path/],
    ['no address', 'my-model', /no address of an endpoint/],
  ])('%s is refused', async (_, url, message) => {
    await expect(httpAnswerer(url)).rejects.toThrow(message);
  });

  test('nobody there is an error that says so', async () => {
    await expect(httpAnswerer('http://127.0.0.1:9')).rejects.toThrow(
      /cannot be asked for its models: the connection failed/,
    );
  });
});

describe('limits', () => {
  test('an endpoint that takes three at a time is soon asked three at a time', async () => {
    let running = 0;
    let refused = 0;
    const url = await startEndpoint(async (body, incoming, response) => {
      if (running >= 3) {
        refused++;
        return json(response, 429, { error: { message: 'busy' } }, { 'retry-after-ms': '5' });
      }
      running++;
      await new Promise((resolve) => setTimeout(resolve, 4));
      running--;
      return honest(body, incoming, response);
    });
    const answerer = await httpAnswerer(url, { model: 'fake-1', concurrency: 32 });
    const outcomes = await answerer.answer(Array.from({ length: 200 }, (_, index) => request(index)));
    expect(outcomes.every(({ kind }) => kind === 'text')).toBe(true);
    // The first wave is refused almost whole; a client that did not adapt would be refused thousands of times.
    expect(refused).toBeLessThan(250);
  });

  test('no more requests are sent within a minute than the limit', async () => {
    let requests = 0;
    const url = await startEndpoint((body, incoming, response) => {
      requests++;
      return honest(body, incoming, response);
    });
    const answerer = await httpAnswerer(url, { model: 'fake-1', concurrency: 200, requestsPerMinute: 20 });
    void answerer.answer(Array.from({ length: 200 }, (_, index) => request(index))).catch(() => {});
    while (requests < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(requests).toBe(20);
  });

  describe('with a clock of its own', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test('200 requests at once take as long as the limit says, and never exceed it by one', async () => {
      const limiter = new RateLimiter({ requests: 50 });
      const times: number[] = [];
      const all = Array.from({ length: 200 }, () =>
        limiter.admit({ requests: 1 }).then(() => times.push(performance.now())),
      );
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      await Promise.all(all);
      const first = times[0]!;
      expect(times.map((time) => Math.round((time - first) / 61_000))).toEqual(
        times.map((_, index) => Math.floor(index / 50)),
      );
      for (const time of times)
        expect(times.filter((other) => other >= time && other < time + 60_000).length).toBeLessThanOrEqual(50);
    });

    test('tokens count as they were used, and a request above the limit goes alone', async () => {
      const limiter = new RateLimiter({ requests: 100, tokens: 1000 });
      const start = performance.now();
      const at = async (tokens: number, used?: number) => {
        const admission = await limiter.admit({ requests: 1, tokens });
        if (used !== undefined) admission.correct({ requests: 1, tokens: used });
        return Math.round((performance.now() - start) / 61_000);
      };
      const times = Promise.all([at(900, 100), at(900), at(50), at(5000), at(10)]);
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      expect(await times).toEqual([0, 0, 1, 2, 3]);
    });
  });
});
