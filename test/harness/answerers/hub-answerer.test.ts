/** A folder of the hub as an answerer: an exported tiny model says there what it says itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answerer, AnswerRequest } from '../../../harness/answerers/answerer.js';
import { hubAnswerer } from '../../../harness/answerers/hugging-face/hub-answerer.js';
import { exportModel } from '../../../reference-model/checkpoint/hugging-face/export-model.js';
import { parameterSources } from '../../../reference-model/checkpoint/load-parameters.js';
import { normalizePixels } from '../../../reference-model/data/preprocessing.js';
import { loadEmbeddedTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine, encodePng, generate } from '../../../reference-model/index.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { visualEmbeddings } from '../../../reference-model/model/visual-embeddings.js';
import { TINY, tinyModel } from '../../reference-model/model/tiny-model.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-hub-'));
const tokenizer = loadEmbeddedTokenizer();
const language = { ...TINY.language, vocabularySize: tokenizer.vocabularySize };
const config = { ...TINY, connector: { pixelShuffle: 1 }, language };
const image = { width: 8, height: 8, pixels: Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 256) };
const QUESTION = 'is the circle red?';

let model: Model;
let answerer: Answerer;
let request: AnswerRequest;

beforeAll(async () => {
  await activateEngine('wasm');
  model = tinyModel({ config });
  const tensors = parameterSources(model.parameters);
  const run = {
    model: config,
    mask: 'causal',
    generation: { maximumNewTokens: 6 },
    tensors,
    file: 'f',
    facts: {},
  } as const;
  exportModel(folder, run, () => '');
  answerer = await hubAnswerer(folder, { engine: 'wasm' });
  const stored = { kind: 'encoded', bytes: await encodePng(image) } as const;
  request = {
    id: 'q1',
    image: { imageId: 'i1', stored, sha256: '' },
    messages: [{ role: 'user', text: QUESTION }],
    decoding: { strategy: 'greedy', maximumTokens: 6 },
  };
});
afterAll(async () => {
  await answerer.close();
  disposeModel(model);
  rmSync(folder, { recursive: true });
});

describe('a folder of the hub', () => {
  test('answers as the model in it does', async () => {
    const embeddings = visualEmbeddings(model, { imageCount: 1, imageSize: 8, pixels: normalizePixels(image) });
    const prompt = [tokenizer.special.begin, ...tokenizer.encode(QUESTION)];
    const asked = { visualEmbeddings: embeddings, prompts: [prompt], maskKind: 'causal', maximumNewTokens: 6 } as const;
    const [ids] = generate(model, { ...asked, endToken: tokenizer.special.end });
    const pixels = { ...request, id: 'q2', image: { ...request.image, stored: { kind: 'pixels', image } } } as const;
    for (const outcome of await answerer.answer([request, pixels])) {
      expect(outcome).toMatchObject({
        kind: 'text',
        text: tokenizer.decode(ids!).trim(),
        promptTokens: 16 + prompt.length,
        completionTokens: ids!.length,
      });
    }
  });

  test('fails where a question leaves no room, and answers the others', async () => {
    const long = {
      ...request,
      id: 'long',
      messages: [{ role: 'user', text: Array(30).fill(QUESTION).join(' ') }],
    } as const;
    const [failed, answered] = await answerer.answer([long, request]);
    expect(failed).toEqual({ kind: 'failed', reason: 'the prompt leaves the model no room for an answer' });
    expect(answered!.kind).toBe('text');
  });

  test('is another model once a file in it is another', async () => {
    expect(answerer.identity).toMatchObject({ kind: 'hf', weights: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const { weights } = answerer.identity;
    const same = await hubAnswerer(folder, { engine: 'wasm' });
    expect(same.identity.weights).toBe(weights);
    await same.close();
    writeFileSync(join(folder, 'chat_template.jinja'), "<image>{{ '<begin>' + messages[0]['content'] }}");
    const other = await hubAnswerer(folder, { engine: 'wasm' });
    expect(other.identity.weights).not.toBe(weights);
    await other.close();
  });
});
