/** A run behind OpenAI's chat completions, asked by the official clients: the same texts and scores as without a server in between. */
import { request as httpRequest } from 'node:http';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import OpenAI from 'openai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answerer } from '../../../harness/answerers/answerer.js';
import { httpAnswerer } from '../../../harness/answerers/http/http-answerer.js';
import { recordAnswerer } from '../../../harness/answerers/record/record-answerer.js';
import { loadRunModel, type RunModel } from '../../../harness/answerers/record/run-model.js';
import { evaluate } from '../../../harness/answers/evaluate.js';
import { type RunningServer, serveRun } from '../../../harness/serve/server.js';
import type { Benchmark } from '../../../harness/suite/benchmark/benchmark-schema.js';
import { readBenchmark } from '../../../harness/suite/benchmark/find-benchmark.js';
import { startCommand } from '../../e2e/command.js';
import { captionData } from '../answers/small-data.js';
import { newFolder } from '../systems/system-files.js';

const run = fileURLToPath(new URL('../../fixtures/older-records/runs/36a4da1632e86bacf2e7', import.meta.url));
const scenes: Benchmark = { ...readBenchmark('tiny-scenes'), cutAnswers: 'scored' };
let model: RunModel;
let server: RunningServer;
let client: OpenAI;
let picture: string;

beforeAll(async () => {
  model = await loadRunModel(run, 'wasm');
  server = await serveRun(model, { port: 0 });
  client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, index) => (index * 7) % 256);
  const png = await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .png()
    .toBuffer();
  picture = `data:image/png;base64,${png.toString('base64')}`;
});

afterAll(async () => {
  await server?.close();
  model?.dispose();
});

const asked = (url = picture): OpenAI.Chat.ChatCompletionMessageParam[] => [
  {
    role: 'user',
    content: [
      { type: 'image_url', image_url: { url } },
      { type: 'text', text: 'describe this image.' },
    ],
  },
];

async function textsOf(benchmark: Benchmark, open: () => Promise<Answerer>, dataRoot?: string) {
  return evaluate(
    { benchmark, variant: 'default', out: newFolder(), dataRoot, limit: { items: 40, seed: 1 } },
    async () => ({ answerer: await open() }),
    async ({ record, settled }) => ({
      texts: settled.map(
        ({ outcome }) => outcome.kind === 'text' && [outcome.text, outcome.finish, outcome.completionTokens],
      ),
      scores: record.scores,
      model: record.model,
    }),
  );
}

test('gives the same texts, lengths and scores as the record itself', async () => {
  const own = await textsOf(scenes, async () => (await recordAnswerer(run, { engine: 'wasm' })).answerer);
  const served = await textsOf(scenes, () => httpAnswerer(server.url, { concurrency: 7 }));
  expect(new Set(own.texts.map(String)).size).toBeGreaterThan(1);
  expect(served.texts).toEqual(own.texts);
  expect(served.scores).toEqual(own.scores);
  expect(served.model.reported).toBe(`${model.runId} weights-${model.weights.slice(0, 16)}`);
  expect(own.model).toMatchObject({ name: `run ${model.runId}`, weights: model.weights });
});

test('also of photographs, which are decoded and resized alike', async () => {
  const root = await captionData(newFolder(), 12);
  const flickr: Benchmark = {
    ...readBenchmark('flickr8k-caption'),
    cutAnswers: 'scored',
    prompt: 'describe this image.',
  };
  const own = await textsOf(flickr, async () => (await recordAnswerer(run, { engine: 'wasm' })).answerer, root);
  const served = await textsOf(flickr, () => httpAnswerer(server.url), root);
  expect(served.texts).toEqual(own.texts);
});

describe('the official client for Node', () => {
  test('lists the model, and reads a completion with its tokens', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual([model.runId]);
    const completion = await client.chat.completions.create({ model: model.runId, messages: asked(), max_tokens: 5 });
    const [choice] = completion.choices;
    expect(choice!.message.role).toBe('assistant');
    expect(['stop', 'length']).toContain(choice!.finish_reason);
    expect(completion.usage!.completion_tokens).toBeLessThanOrEqual(5);
    expect(completion.usage!.total_tokens).toBe(completion.usage!.prompt_tokens + completion.usage!.completion_tokens);
  });

  test('reads a stream that adds up to the same text', async () => {
    const whole = await client.chat.completions.create({ model: model.runId, messages: asked(), temperature: 0 });
    const stream = await client.chat.completions.create({
      ...{ model: model.runId, messages: asked(), temperature: 0, stream: true },
      stream_options: { include_usage: true },
    } as const);
    let text = '';
    let finish: string | null = null;
    let usage: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect([text, finish]).toEqual([whole.choices[0]!.message.content, whole.choices[0]!.finish_reason]);
    expect(usage).toEqual(whole.usage);
  });
});

/** An interpreter with OpenAI's package; the test is skipped where there is none. */
const interpreter = process.env.VLM_BENCH_OPENAI_PYTHON ?? 'python3';
const hasClient = (await execa(interpreter, ['-c', 'import openai'], { reject: false })).exitCode === 0;

test.skipIf(!hasClient)('the official client for Python reads the same text', async () => {
  const script = `
import json, sys
from openai import OpenAI
address, model, picture = sys.argv[1:]
content = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": "describe this image."}]
client = OpenAI(base_url=address, api_key="none", max_retries=0)
reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}], temperature=0)
parts = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}], temperature=0, stream=True)
print(json.dumps([reply.choices[0].message.content, "".join(part.choices[0].delta.content or "" for part in parts)]))
`;
  const { stdout } = await execa(interpreter, ['-c', script, server.url, model.runId, picture]);
  const whole = await client.chat.completions.create({ model: model.runId, messages: asked(), temperature: 0 });
  const text = whole.choices[0]!.message.content;
  expect(JSON.parse(stdout)).toEqual([text, text]);
});

describe('what is refused', () => {
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const { error } = (await response.json()) as { error: { message: string; code: string; param: string | null } };
    return { status: response.status, ...error };
  };
  const whole = () => ({ model: model.runId, messages: asked(), max_tokens: 4 });

  test.each<[string, () => unknown, number, string, RegExp]>([
    ['another model', () => ({ ...whole(), model: 'gpt' }), 404, 'model_not_found', /"gpt" does not exist/],
    [
      'an image by address',
      () => ({ ...whole(), messages: asked('http://127.0.0.1/x.png') }),
      400,
      'invalid_request',
      /not fetched/,
    ],
    [
      'an image on disk',
      () => ({ ...whole(), messages: asked('file:///etc/passwd') }),
      400,
      'invalid_request',
      /data: URL/,
    ],
    [
      'an image that is none',
      () => ({ ...whole(), messages: asked('data:image/png;base64,AAAA') }),
      400,
      'invalid_image',
      /no image/,
    ],
    [
      'no image',
      () => ({ ...whole(), messages: [{ role: 'user', content: 'hello' }] }),
      400,
      'invalid_request',
      /one image/,
    ],
    ['a temperature', () => ({ ...whole(), temperature: 0.7 }), 400, 'invalid_request', /temperature must be 0/],
    ['two answers', () => ({ ...whole(), n: 2 }), 400, 'invalid_request', /n must be 1/],
    ['half a token', () => ({ ...whole(), max_tokens: 0.5 }), 400, 'invalid_request', /max_tokens/],
    ['a body that is no JSON', () => '{"model":', 400, 'invalid_json', /not JSON/],
    ['a list', () => [], 400, 'invalid_request', /must be an object/],
  ])('%s', async (_, body, status, code, message) => {
    const refusal = await post(body());
    expect(refusal).toMatchObject({ status, code });
    expect(refusal.message).toMatch(message);
  });

  test('a body that is too large, before it is read', async () => {
    const status = await new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.url);
      const headers = { 'content-length': 40_000_000, 'content-type': 'application/json' };
      const sent = httpRequest({ hostname, port, path: '/v1/chat/completions', method: 'POST', headers }, (reply) => {
        resolve(reply.statusCode);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.write('{');
    });
    expect(status).toBe(413);
  });

  test('a page that calls this machine by another name', async () => {
    const status = await new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.url);
      httpRequest({ hostname, port, path: '/v1/models', headers: { host: 'evil.example' } }, (reply) => {
        resolve(reply.statusCode);
        reply.resume();
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('a token', () => {
  test('is needed to listen on another address', async () => {
    await expect(serveRun(model, { port: 0, host: '0.0.0.0' })).rejects.toThrow('without a token');
  });

  test('must then be stated by every caller', async () => {
    const guarded = await serveRun(model, { port: 0, token: 'secret' });
    const modelsWith = (apiKey: string) => new OpenAI({ baseURL: guarded.url, apiKey, maxRetries: 0 }).models.list();
    await expect(modelsWith('wrong')).rejects.toMatchObject({ status: 401 });
    expect((await modelsWith('secret')).data).toHaveLength(1);
    await guarded.close();
  });
});

test('the command serves until it is told to end', async () => {
  const running = startCommand(['serve', run, '--port', '0', '--engine', 'wasm', '--json'], newFolder());
  const url = await new Promise<string>((resolve) => {
    let text = '';
    running.process.stdout!.on('data', (chunk: string) => {
      text += chunk;
      const found = /"url": "([^"]+)"/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  expect((await fetch(url.replace(/\/v1$/, '/health'))).status).toBe(200);
  running.process.kill('SIGTERM');
  expect((await running.ended).exitCode).toBe(0);
});
