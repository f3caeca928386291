/**
 * Runs that started from weights of the hub, exported: read again as any folder of the hub they answer as the run does, and so do their graphs.
 * With EXPORT_FOLDER set, the folders and what to expect of them are kept for `test/oracle/check-exported-model.py`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportRun } from '../../../harness/export/export-run.js';
import { recordedReader } from '../../../harness/records/recorded-reader.js';
import { readFinishedRunIn } from '../../../harness/records/run-record.js';
import { loadModel } from '../../../reference-model/checkpoint/hugging-face/load-model.js';
import { openLlava } from '../../../reference-model/checkpoint/hugging-face/read-checkpoint.js';
import type { ModelReader } from '../../../reference-model/data/chat/model-reader.js';
import { pixelValues } from '../../../reference-model/data/chat/model-reader.js';
import { encodePng } from '../../../reference-model/data/png.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { openHubModel } from '../../../reference-model/evaluation/hub-model.js';
import { respond } from '../../../reference-model/evaluation/predict.js';
import { createModel, disposeModel, loadWeights } from '../../../reference-model/index.js';
import { type ModelConfig, visualTokensPerImage } from '../../../reference-model/model/config.js';
import type { Model } from '../../../reference-model/model/model.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import type { RunConfig } from '../../../reference-model/recipe/recipe.js';
import { openExported } from '../../reference-model/checkpoint/onnx/exported-model.js';
import { openRuntime } from '../../reference-model/checkpoint/onnx/onnx-runtime.js';
import { ourAnswers } from '../../reference-model/checkpoint/onnx/our-answers.js';
import { writePhotographs } from '../../reference-model/data/images/photographs.js';
import { tinyRun } from '../../reference-model/training/tiny-run.js';
import { TINY_HUB, writeTinyHub } from '../../reference-model/weights/tiny-hub.js';

const kept = process.env.EXPORT_FOLDER;
const root = kept ?? mkdtempSync(join(tmpdir(), 'vlm-bench-pretrained-'));
const opened = openRuntime();
const isAbsent = typeof opened === 'string';
const because = isAbsent ? ` (skipped: ${opened})` : '';
afterAll(() => {
  if (kept === undefined) rmSync(root, { recursive: true });
});

interface Variant {
  readonly model: ModelConfig;
  readonly mask: 'causal' | 'prefix-bidirectional';
  /** Changes the folders that `writeTinyHub` wrote. */
  readonly change: (folder: string) => void;
}

interface TokenizerFile {
  readonly added_tokens: readonly { readonly content: string }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

const edit = (file: string, change: (content: TokenizerFile) => object): void =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as TokenizerFile)));

/** As Llama's tokenizer: no token for images, none for padding, and one that is put in front of every text. */
function knowsNoImages(weights: string): void {
  const folder = join(weights, 'language');
  const beginning = { SpecialToken: { id: '<begin>', type_id: 0 } };
  const text = { Sequence: { id: 'A', type_id: 0 } };
  edit(join(folder, 'tokenizer.json'), (content) => ({
    ...content,
    added_tokens: content.added_tokens.filter((token) => token.content !== '<image>'),
    model: {
      ...content.model,
      vocab: Object.fromEntries(
        Object.entries(content.model.vocab).map(([token, id]) => [token === '<image>' ? '<spare>' : token, id]),
      ),
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [beginning, text],
      pair: [beginning, text],
      special_tokens: { '<begin>': { id: '<begin>', ids: [2], tokens: ['<begin>'] } },
    },
  }));
  edit(join(folder, 'tokenizer_config.json'), () => ({ eos_token: '<end>', bos_token: '<begin>' }));
  edit(join(folder, 'config.json'), (content) => ({ ...content, tie_word_embeddings: false }));
}

/** As Qwen's template: it walks through the parts itself. */
const PARTS_TEMPLATE =
  "{% for m in messages %}{{ '<begin>' + m.role + '\\n' }}{% if m.content is string %}{{ m.content }}{% else %}" +
  "{% for p in m.content %}{% if p.type == 'image' %}<image>{% else %}{{ p.text }}{% endif %}{% endfor %}{% endif %}" +
  "{{ '<end>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<begin>assistant\\n' }}{% endif %}";

/** CLIP's encoder, all of whose features are taken, with a processor that crops. */
function seesAsClip(weights: string): void {
  edit(join(weights, 'vision/config.json'), (content) => ({ ...content, model_type: 'clip_vision_model' }));
  edit(join(weights, 'vision/preprocessor_config.json'), () => ({
    image_processor_type: 'CLIPImageProcessor',
    size: { shortest_edge: 32 },
    crop_size: 32,
    resample: 2,
  }));
}

const { vision, language } = TINY_HUB;
const VARIANTS: Readonly<Record<string, Variant>> = {
  'a template of parts, more rows than tokens': {
    model: TINY_HUB,
    mask: 'causal',
    change: (weights) => writeFileSync(join(weights, 'language/chat_template.jinja'), PARTS_TEMPLATE),
  },
  'a template of texts, no token for images, a head of its own': {
    model: { ...TINY_HUB, language: { ...language, vocabularySize: 300, tiedHead: false } },
    mask: 'causal',
    change: knowsNoImages,
  },
  'an encoder of CLIP': {
    model: { ...TINY_HUB, vision: { ...vision, family: 'clip', activation: 'quick-gelu', finalNorm: false } },
    mask: 'causal',
    change: seesAsClip,
  },
  'a mask of image and question': { model: TINY_HUB, mask: 'prefix-bidirectional', change: () => {} },
};

const PROMPT = 'describe this image.';
const IMAGE = (() => {
  const stream = randomStream(3, 'an image that is asked about');
  return { width: 32, height: 32, pixels: Uint8Array.from({ length: 32 * 32 * 3 }, () => stream.integer(256)) };
})();

/** The record of a run that was trained for a few steps. */
async function trained(folder: string, { model, mask, change }: Variant): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  const weights = join(folder, 'weights');
  writeTinyHub(weights, { model });
  change(weights);
  await writePhotographs(folder, { train: 12, validation: 4, test: 4 });
  const stage = {
    name: 'joint',
    steps: 6,
    trainable: ['connector', 'vision', 'language'],
    learningRate: { connector: 0.003, vision: 0.002, language: 0.004 },
    mixture: { 'human-captions': 1 },
    attentionMask: mask,
  };
  const base = tinyRun({ initialization: { vision: 'pretrained', language: 'pretrained' } });
  const own = { data: { name: 'flickr8k' }, tokenizer: 'pretrained', model };
  const file = join(folder, 'run.yaml');
  writeFileSync(file, JSON.stringify({ ...base, ...own, recipe: { ...base.recipe, stages: [stage] } }));
  const flags = ['--data-root', folder, '--engine', 'wasm', '--out', folder, '--weights', weights];
  await execaNode('dist/harness/cli.js', ['train', file, ...flags], { nodeOptions: [] });
  return join(folder, 'runs', readdirSync(join(folder, 'runs'))[0]!);
}

/** The largest difference, in units of the largest expected value. */
function difference(actual: ArrayLike<number>, expected: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0) / largest;
}

describe.each(Object.keys(VARIANTS))('a run from the hub with %s', (name) => {
  const { mask } = VARIANTS[name]!;
  const folder = join(root, name.replaceAll(/[ ,]+/g, '-'));
  const exported = join(folder, 'model');
  let record: string;
  let config: RunConfig;
  let reader: ModelReader;
  let model: Model;
  let text: string;
  /** The request with one placeholder for each visual token. */
  let ids: readonly number[];

  const scoresOf = (of: Model, maskKind: typeof mask): Float32Array =>
    ourAnswers(of, {
      ...{ rows: [ids], imageToken: reader.special.image, maskKind, end: reader.special.end, maximumNewTokens: 1 },
      pixels: pixelValues(reader, [IMAGE]),
    }).logits[0]!;

  beforeAll(async () => {
    await activateEngine('wasm');
    record = await trained(folder, VARIANTS[name]!);
    const { identity, weights } = readFinishedRunIn(record);
    ({ config } = identity);
    reader = recordedReader(record, config);
    model = createModel(config.model, 1);
    loadWeights(model, weights);
    [text] = respond(model, config, reader, [{ image: IMAGE, prompt: PROMPT }]) as [string];
    const { before, prompt } = reader.chat!.request(PROMPT);
    const visual = new Array<number>(visualTokensPerImage(config.model)).fill(reader.special.image);
    ids = [...before, ...visual, ...prompt];
  }, 60_000);
  afterAll(() => disposeModel(model));

  test.skipIf(mask !== 'causal')('says the same, by the same tokens, as a folder of transformers', async () => {
    await exportRun({ run: record, out: exported, allowsMaskMismatch: false });
    const { config: own, tensors, imageToken } = openLlava(exported);
    expect(imageToken).toBe(reader.special.image);
    const hub = openHubModel(exported);
    const parts = [{ kind: 'image' }, { kind: 'text', text: PROMPT }] as const;
    const [answer] = hub.answer([
      {
        id: 'a',
        images: [{ width: 32, height: 32, rgb: IMAGE.pixels }],
        messages: [{ role: 'user', parts }],
        maximumTokens: config.generation.maximumNewTokens,
      },
    ]);
    hub.dispose();
    expect(answer).toMatchObject({ text, promptTokens: ids.length });
    const again = loadModel(own, tensors);
    const [ours, theirs] = [scoresOf(model, mask), scoresOf(again, mask)];
    const [rows, theirRows] = [config.model.language.vocabularySize, own.language.vocabularySize];
    for (let position = 0; position < ids.length; position++) {
      const scores = theirs.subarray(position * theirRows, (position + 1) * theirRows);
      expect(difference(scores, ours.subarray(position * rows, (position + 1) * rows))).toBeLessThan(1e-4);
      expect(Math.max(...scores.subarray(rows), -Infinity)).toBeLessThan(Math.max(...scores.subarray(0, rows)));
    }
    disposeModel(again);
    const card = readFileSync(join(exported, 'README.md'), 'utf8');
    expect(card).toContain('those of the weights that the run started from');
    expect(card).toContain('someone/tiny-siglip');
    expect(card.includes('had no row')).toBe(theirRows > rows);
    const pixels = [...pixelValues(reader, [IMAGE])];
    const expected = { prompt: PROMPT, text, ids, pixels, logits: [...theirs.slice(-theirRows)] };
    writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected));
    writeFileSync(join(folder, 'image.png'), await encodePng(IMAGE));
  });

  test('is not read with a model of fewer rows', () => {
    const few = { ...config, model: { ...config.model, language: { ...config.model.language, vocabularySize: 280 } } };
    expect(() => recordedReader(record, few)).toThrow(/tokenizer has \d+ tokens, .* have 280 rows, by .*config\.json/);
  });

  test.skipIf(mask === 'causal')('is refused for transformers, whose class has another mask', async () => {
    const request = { run: record, out: exported, allowsMaskMismatch: false };
    await expect(exportRun(request)).rejects.toThrow('--format onnx');
  });

  test.skipIf(isAbsent)(`says the same as graphs${because}`, async () => {
    if (typeof opened === 'string') throw new Error(opened);
    const out = join(folder, 'graphs');
    await exportRun({ run: record, out, format: 'onnx', allowsMaskMismatch: false });
    const { special, endTokens } = { special: reader.special, endTokens: reader.chat!.endTokens };
    const own = { language: config.model.language, imageToken: special.image };
    const graphs = await openExported(opened, join(out, 'onnx'), own);
    const values = pixelValues(reader, [IMAGE]);
    const area = 32 * 32;
    const channelsFirst = values.map((_, i) => values[(i % area) * 3 + Math.floor(i / area)]!);
    const asked = { rows: [ids], pixels: { images: 1, size: 32, values: channelsFirst } };
    expect(difference(await graphs.scores(asked), scoresOf(model, mask))).toBeLessThan(1e-4);
    const [answer] = await graphs.greedy(asked, endTokens[0]!, config.generation.maximumNewTokens);
    expect(reader.decode(answer!)).toBe(text);
    await graphs.close();
    expect(JSON.parse(readFileSync(join(out, 'generation_config.json'), 'utf8'))).toMatchObject({
      eos_token_id: special.end,
    });
  });
});
