/**
 * An exported model, read again as any checkpoint of the hub is, says what it said before. With EXPORT_FOLDER set, the folder and what to
 * expect of it are kept for `test/oracle/check-exported-model.py`.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../../../reference-model/checkpoint/hugging-face/export-model.js';
import { loadModel } from '../../../../reference-model/checkpoint/hugging-face/load-model.js';
import { openLlava } from '../../../../reference-model/checkpoint/hugging-face/read-checkpoint.js';
import { writeWeights } from '../../../../reference-model/checkpoint/hugging-face/write-folder.js';
import { parameterSources } from '../../../../reference-model/checkpoint/load-parameters.js';
import { exportHubOnnx } from '../../../../reference-model/checkpoint/onnx/export-model.js';
import { ChatTemplate } from '../../../../reference-model/data/chat/chat-template.js';
import { Conversations } from '../../../../reference-model/data/chat/conversation.js';
import { openHubTokenizer } from '../../../../reference-model/data/chat/hub-tokenizer.js';
import { decodeImage } from '../../../../reference-model/data/pixels/decode.js';
import { encodePng } from '../../../../reference-model/data/png.js';
import { normalizePixels } from '../../../../reference-model/data/preprocessing.js';
import { loadEmbeddedTokenizer } from '../../../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine } from '../../../../reference-model/engines/registry.js';
import { openHubModel } from '../../../../reference-model/evaluation/hub-model.js';
import { generate } from '../../../../reference-model/generation/generate.js';
import type { ModelConfig } from '../../../../reference-model/model/config.js';
import { logitsOf } from '../../../../reference-model/model/language-model.js';
import { disposeModel, type Model } from '../../../../reference-model/model/model.js';
import { buildBatch, imageTextSequence } from '../../../../reference-model/model/sequence.js';
import { runSequences } from '../../../../reference-model/model/sequence-loss.js';
import { visualEmbeddings } from '../../../../reference-model/model/visual-embeddings.js';
import { randomStream } from '../../../../reference-model/numerics/random.js';
import { TINY, tinyModel } from '../../model/tiny-model.js';

const folder = process.env.EXPORT_FOLDER ?? mkdtempSync(join(tmpdir(), 'vlm-bench-export-'));
const model = join(folder, 'model');
const PROMPT = 'what is the colour of the large circle?';
const tokenizer = loadEmbeddedTokenizer();
/** Layers narrower than the norm needs, and an encoder that ends in it. */
const CONFIG: ModelConfig = {
  vision: { ...TINY.vision, imageSize: 8, patchSize: 2, layers: 2 },
  connector: { pixelShuffle: 1 },
  language: { ...TINY.language, vocabularySize: tokenizer.vocabularySize, maximumPositions: 64 },
};
const prompt = [tokenizer.special.begin, ...tokenizer.encode(PROMPT)];

const image = (() => {
  const stream = randomStream(3, 'exported image');
  const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, () => stream.integer(256));
  return { width: 8, height: 8, pixels };
})();

function answerOf(of: Model): { readonly logits: Float32Array; readonly ids: readonly number[] } {
  return tf.tidy(() => {
    const visual = visualEmbeddings(of, { imageCount: 1, imageSize: 8, pixels: normalizePixels(image) });
    const sequence = imageTextSequence({ image: 0, visualTokens: 16, prompt });
    const { vocabularySize, maximumPositions } = of.config.language;
    const batch = buildBatch([sequence], 'causal', {
      vocabularySize,
      maximumPositions,
      visualTokensPerImage: 16,
      images: 1,
    });
    const scores = logitsOf(of, runSequences(of, batch, { visualEmbeddings: visual }));
    const request = {
      prompts: [prompt],
      maskKind: 'causal',
      endToken: tokenizer.special.end,
      maximumNewTokens: 12,
    } as const;
    const ids = generate(of, { ...request, visualEmbeddings: visual })[0]!;
    return { logits: scores.dataSync().slice(-vocabularySize) as Float32Array, ids };
  });
}

describe('an exported model', () => {
  let original: Model;
  let answer: ReturnType<typeof answerOf>;
  beforeAll(async () => {
    await activateEngine('wasm');
    original = tinyModel({ config: CONFIG });
    answer = answerOf(original);
    if (existsSync(model)) rmSync(model, { recursive: true });
    mkdirSync(model, { recursive: true });
    const tensors = parameterSources(original.parameters);
    const facts = { run: 'r' };
    const run = {
      model: CONFIG,
      mask: 'causal',
      generation: { maximumNewTokens: 12 },
      tensors,
      file: 'f',
      facts,
    } as const;
    exportModel(model, run, ({ hasNormLayer }) => `norm: ${hasNormLayer}`);
    const text = tokenizer.decode(answer.ids);
    const ids = [...new Array<number>(16).fill(tokenizer.special.image), ...prompt];
    const pixels = [...normalizePixels(image)];
    const expected = { prompt: PROMPT, text, ids, pixels, logits: [...answer.logits] };
    writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected));
    writeFileSync(join(folder, 'image.png'), await encodePng(image));
  });
  afterAll(() => {
    disposeModel(original);
    if (process.env.EXPORT_FOLDER === undefined) rmSync(folder, { recursive: true });
  });

  it('gives the same scores and text when it is read again', () => {
    const { config, tensors, imageToken } = openLlava(model);
    expect(imageToken).toBe(tokenizer.special.image);
    expect(config.vision.layers).toBe(3);
    const again = loadModel(config, tensors);
    const { logits, ids } = answerOf(again);
    expect(ids).toEqual(answer.ids);
    const largest = answer.logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const errors = answer.logits.map((value, i) => Math.abs(value - logits[i]!) / largest);
    expect(Math.max(...errors)).toBeLessThan(1e-5);
    disposeModel(again);
  });

  it('holds the files that both versions of transformers read', () => {
    expect(readdirSync(model).sort()).toEqual([
      'README.md',
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'preprocessor_config.json',
      'processor_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(config.vlm_bench).toEqual({ run: 'r', attention_mask: 'causal', final_norm_layer: true });
    expect(readFileSync(join(model, 'README.md'), 'utf8')).toBe('norm: true');
  });

  it('asks and answers by its chat template as it was trained', () => {
    const hub = openHubTokenizer(model);
    expect(new ChatTemplate(hub, '<image>')).toBeDefined();
    const conversations = new Conversations(hub, { imageText: '<image>', visualTokensPerImage: 16 });
    const question = { role: 'user', parts: [{ kind: 'image' }, { kind: 'text', text: PROMPT }] } as const;
    const asked = [...new Array<number>(16).fill(tokenizer.special.image), ...prompt];
    expect(conversations.prompt([question], 'c')).toEqual(asked);
    const reply = { role: 'assistant', parts: [{ kind: 'text', text: 'red.' }] } as const;
    const { ids, isAnswer } = conversations.learned([question, reply], 'c');
    expect(ids.filter((_, i) => isAnswer[i])).toEqual([...tokenizer.encode('red.'), tokenizer.special.end]);
    expect(ids.filter((_, i) => !isAnswer[i])).toEqual(asked);
  });

  it('answers through its own processor and template', async () => {
    const hub = openHubModel(model);
    const decoded = await decodeImage(readFileSync(join(folder, 'image.png')), { where: 'image.png' });
    const parts = [{ kind: 'image' }, { kind: 'text', text: PROMPT }] as const;
    const request = { images: [decoded], messages: [{ role: 'user', parts }], maximumTokens: 12 } as const;
    const long = {
      ...request,
      id: 'long',
      messages: [{ role: 'user', parts: [...parts, ...parts.slice(1), ...parts.slice(1), ...parts.slice(1)] }],
    } as const;
    const [first, second, without] = hub.answer([
      { ...request, id: 'a' },
      { ...request, id: 'b', maximumTokens: 3 },
      long,
    ]);
    expect(first!.text).toBe(tokenizer.decode(answer.ids).trim());
    expect(first!.promptTokens).toBe(16 + prompt.length);
    expect(second).toMatchObject({
      text: tokenizer.decode(answer.ids.slice(0, 3)).trim(),
      finish: 'length',
      tokens: 3,
    });
    expect(without === undefined || without.tokens <= 64 - without.promptTokens).toBe(true);
    hub.dispose();
  });

  it('is refused, as graphs too, with a tokenizer of a larger model, by both files and numbers', () => {
    const mixed = join(folder, 'mixed');
    cpSync(model, mixed, { recursive: true });
    const file = join(mixed, 'tokenizer.json');
    const content = JSON.parse(readFileSync(file, 'utf8')) as { readonly added_tokens: readonly object[] };
    const beyond = { ...content.added_tokens[0], id: tokenizer.vocabularySize + 4, content: '<beyond>' };
    writeFileSync(file, JSON.stringify({ ...content, added_tokens: [...content.added_tokens, beyond] }));
    const [tokens, rows] = [tokenizer.vocabularySize + 5, tokenizer.vocabularySize];
    const told = new RegExp(`tokenizer\\.json[^]*has ${tokens} tokens, .* have ${rows} rows, by .*config\\.json`);
    expect(() => openHubModel(mixed)).toThrow(told);
    const graphs = join(folder, 'graphs');
    mkdirSync(graphs);
    expect(() => exportHubOnnx(graphs, mixed)).toThrow(told);
    expect(readdirSync(graphs)).toEqual([]);
    rmSync(mixed, { recursive: true });
  });

  it('of a connector that folds patches is refused', () => {
    const folding = { ...CONFIG, connector: { pixelShuffle: 2 } };
    const other = tinyModel({ config: folding });
    const tensors = parameterSources(other.parameters);
    const run = {
      model: folding,
      mask: 'causal',
      generation: { maximumNewTokens: 12 },
      tensors,
      file: 'f',
      facts: {},
    } as const;
    expect(() => exportModel(join(folder, 'never'), run, () => '')).toThrow('folds 2×2 patches');
    expect(existsSync(join(folder, 'never'))).toBe(false);
    disposeModel(other);
  });

  it('is written in shards where it is large, and read from them', () => {
    const sharded = join(folder, 'sharded');
    mkdirSync(sharded);
    const { tensors } = openLlava(model);
    writeWeights(sharded, tensors, { shardBytes: 4000 });
    expect(readdirSync(sharded).filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(3);
    writeFileSync(join(sharded, 'config.json'), readFileSync(join(model, 'config.json')));
    const again = openLlava(sharded).tensors;
    for (const [name, { read }] of tensors) expect(again.get(name)!.read()).toEqual(read());
    rmSync(sharded, { recursive: true });
  });
});
