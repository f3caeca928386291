/**
 * Exported graphs in ONNX Runtime: scores and greedy texts of models made by `transformers` against what it computes with them, and of
 * models with every option and mask against our own engine.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLanguage, openLlava } from '../../../../reference-model/checkpoint/hugging-face/read-checkpoint.js';
import { parameterSources } from '../../../../reference-model/checkpoint/load-parameters.js';
import { type ExportedGraphs, writeGraphs } from '../../../../reference-model/checkpoint/onnx/write-graphs.js';
import { readSafetensors } from '../../../../reference-model/checkpoint/safetensors.js';
import { loadEmbeddedTokenizer } from '../../../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine } from '../../../../reference-model/engines/registry.js';
import { type ModelConfig, visualTokensPerImage } from '../../../../reference-model/model/config.js';
import { logitsOf } from '../../../../reference-model/model/language-model.js';
import { createModel, disposeModel, type Model } from '../../../../reference-model/model/model.js';
import { runSequences } from '../../../../reference-model/model/sequence-loss.js';
import { randomStream } from '../../../../reference-model/numerics/random.js';
import { languageBatch } from '../../../../reference-model/pretraining/pretrain-language.js';
import { languageExample } from '../../../../reference-model/pretraining/scene-corpus.js';
import { EMBEDDED_MODEL, LANGUAGE_SCHEDULE } from '../../../../reference-model/pretraining/schedule.js';
import { loadBackbones } from '../../../../reference-model/weights/backbones.js';
import { TINY, tinyModel } from '../../model/tiny-model.js';
import { type ChannelPixels, type ExportedModel, openExported, topOf } from './exported-model.js';
import { openRuntime } from './onnx-runtime.js';
import { ourAnswers } from './our-answers.js';

const opened = openRuntime();
const isAbsent = typeof opened === 'string';
const because = isAbsent ? ` (skipped: ${opened})` : '';
if (isAbsent) console.warn(opened);
const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The image token and those of padding and of the end, as the models of `transformers` were made with. */
const [IMAGE, PADDING, END] = [39, 38, 1];

/** The largest difference, in units of the largest expected value or of 1. */
function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let [error, largest] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(actual[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return error / largest;
}

/** [N, H, W, 3] → [N, 3, H, W]. */
function channelsFirst(values: Float32Array, images: number, size: number): ChannelPixels {
  const area = size * size;
  const swapped = values.map((_, i) => {
    const [image, rest] = [Math.floor(i / (3 * area)), i % (3 * area)];
    return values[image * 3 * area + (rest % area) * 3 + Math.floor(rest / area)]!;
  });
  return { images, size, values: swapped };
}

async function exported(
  name: string,
  model: ExportedGraphs,
  imageToken: number,
  options: Parameters<typeof writeGraphs>[2] = {},
) {
  const own = join(folder, name);
  mkdirSync(own);
  writeGraphs(own, model, options);
  if (typeof opened === 'string') throw new Error(opened);
  return openExported(opened, own, { language: model.model.language, imageToken, format: options.format });
}

const FIXTURES = 'test/fixtures/hugging-face';
const CASES = [
  'qwen2-tied-bfloat16-transformers-5',
  'llama-tied-float16-transformers-5',
  'llama-scaled-biased-transformers-5',
  'llava-siglip-qwen2-transformers-5',
  'llava-clip-llama-transformers-5',
];

describe.skipIf(isAbsent).each(CASES)(`%s as graphs${because}`, (name) => {
  const path = (file: string): string => join(FIXTURES, name, file);
  const { samples, generated } = JSON.parse(readFileSync(path('expected.json'), 'utf8')) as {
    readonly samples: readonly (readonly number[])[];
    readonly generated: readonly (readonly number[])[];
  };
  const { tensors } = readSafetensors(readFileSync(path('expected.safetensors')), name);
  const pixels = tensors.get('pixels');
  let graphs: ExportedModel;
  beforeAll(async () => {
    await activateEngine('wasm');
    if (pixels !== undefined) {
      const { config: model, tensors: own } = openLlava(join(FIXTURES, name));
      graphs = await exported(name, { model, tensors: own, mask: 'causal' }, IMAGE);
      return;
    }
    const { config: language, tensors: own } = openLanguage(join(FIXTURES, name));
    const other = tinyModel({ config: { ...TINY, language } });
    const all = new Map([...parameterSources(other.parameters), ...own]);
    graphs = await exported(name, { model: other.config, tensors: all, mask: 'causal' }, -1);
    disposeModel(other);
  });
  afterAll(() => graphs?.close());

  const images = (): ChannelPixels | undefined =>
    pixels && channelsFirst(pixels.values as Float32Array, pixels.shape[0]!, pixels.shape[1]!);
  const length = Math.max(...samples.map((sample) => sample.length));
  const padded = (side: 'left' | 'right', token: number, present: readonly number[][] = []): readonly number[][] =>
    samples.map((sample, i) => {
      const gap = new Array<number>(length - sample.length).fill(token);
      const kept = present[i] ?? [...sample];
      return side === 'left' ? [...gap, ...kept] : [...kept, ...gap];
    });
  const ones = samples.map((sample) => sample.map(() => 1));

  it.each(['left', 'right'] as const)('gives the scores of transformers at every position, padded %s', async (side) => {
    const asked = { rows: padded(side, PADDING), present: padded(side, 0, ones), pixels: images() };
    const logits = await graphs.scores(asked);
    const width = logits.length / (2 * length);
    const kept = asked.present
      .flat()
      .flatMap((one, i) => (one === 1 ? [...logits.subarray(i * width, (i + 1) * width)] : []));
    expect(difference(kept, tensors.get(`logits.${side}`)!.values)).toBeLessThan(1e-4);
  });

  it('writes the texts of transformers, with one image and with two', async () => {
    const asked = { rows: padded('left', PADDING), present: padded('left', 0, ones), pixels: images() };
    expect(await graphs.greedy(asked, END, 8)).toEqual(generated);
  });
});

const SMALL = { vocabularySize: 40, maximumPositions: 64 };
/** Between them, all that a configuration may ask for. */
const VARIANTS: Readonly<Record<string, ModelConfig>> = {
  'SigLIP whose patches are folded, and Qwen2': { ...TINY, language: { ...TINY.language, ...SMALL } },
  'CLIP without its class token, and Llama': {
    vision: {
      ...TINY.vision,
      family: 'clip',
      imageSize: 10,
      patchSize: 4,
      ignoresRemainder: true,
      activation: 'quick-gelu',
      layers: 2,
      finalNorm: false,
      dropFirstToken: true,
    },
    connector: { pixelShuffle: 1, activation: 'gelu' },
    language: {
      ...TINY.language,
      ...SMALL,
      attentionBias: 'all',
      tiedHead: false,
      rotaryScaling: { factor: 4, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaximumPositions: 16 },
    },
  },
};
const MASKED = Object.keys(VARIANTS).flatMap((variant) =>
  (['causal', 'visual-bidirectional', 'prefix-bidirectional'] as const).map((mask) => ({ variant, mask })),
);

describe.skipIf(isAbsent).each(MASKED)(`$variant, masked $mask${because}`, ({ variant, mask }) => {
  const config = VARIANTS[variant]!;
  const visualTokens = visualTokensPerImage(config);
  const image = new Array<number>(visualTokens).fill(IMAGE);
  /** Two images that are neighbours, two with text between, one. */
  const rows = [
    [...image, ...image, 5, 7, 9],
    [4, ...image, 6, ...image, 8, 3],
    [...image, 11, 12, 13, 14],
  ];
  const { imageSize } = config.vision;
  const stream = randomStream(4, variant);
  const pixels = Float32Array.from({ length: 5 * imageSize * imageSize * 3 }, () => stream.normal());
  const length = Math.max(...rows.map((row) => row.length));
  const padded = (of: readonly (readonly number[])[], token: number): readonly number[][] =>
    of.map((row) => [...new Array<number>(length - row.length).fill(token), ...row]);
  const asked = {
    rows: padded(rows, PADDING),
    present: padded(
      rows.map((row) => row.map(() => 1)),
      0,
    ),
    pixels: channelsFirst(pixels, 5, imageSize),
  };
  let graphs: ExportedModel;
  let model: Model;
  let ours: ReturnType<typeof ourAnswers>;
  beforeAll(async () => {
    await activateEngine('wasm');
    model = tinyModel({ config });
    const tensors = parameterSources(model.parameters);
    graphs = await exported(`${variant} ${mask}`, { model: config, tensors, mask }, IMAGE);
    ours = ourAnswers(model, { rows, imageToken: IMAGE, maskKind: mask, pixels, end: END, maximumNewTokens: 10 });
  });
  afterAll(async () => {
    await graphs?.close();
    if (model !== undefined) disposeModel(model);
  });

  it('gives our scores at every position', async () => {
    const logits = await graphs.scores(asked);
    const { vocabularySize } = config.language;
    for (const [row, expected] of ours.logits.entries()) {
      const end = (row + 1) * length * vocabularySize;
      expect(difference(logits.subarray(end - expected.length, end), expected)).toBeLessThan(1e-5);
    }
  });

  it('writes our texts by keys and values of earlier calls', async () => {
    expect(await graphs.greedy(asked, END, 10)).toEqual(ours.texts);
  });

  it('gives our scores of a conversation whose questions are calls of their own', async () => {
    const answers = [
      [5, 6],
      [7, 8],
      [9, 10],
    ];
    const questions = [
      [11, 12, 13],
      [14, 15, 16],
      [17, 18, 19],
    ];
    const turns = rows.map((row, i) => [...row, ...answers[i]!, ...questions[i]!]);
    const isAnswer = rows.map((row) => [...row.map(() => false), true, true, false, false, false]);
    const conversation = { rows: turns, isAnswer, imageToken: IMAGE, maskKind: mask, pixels };
    const expected = ourAnswers(model, { ...conversation, end: END, maximumNewTokens: 1 }).logits;
    const calls = [0, 1].map((place) => answers.map((answer) => [answer[place]!]));
    const scores = await graphs.continuedScores(asked, [...calls, questions]);
    const { vocabularySize } = config.language;
    for (const [row, { length: asking }] of rows.entries()) {
      const actual = scores.flatMap((logits) => {
        const width = logits.length / rows.length;
        return [...logits.subarray(row * width, (row + 1) * width)];
      });
      const own = actual.slice((length - asking) * vocabularySize);
      expect(difference(own, expected[row]!)).toBeLessThan(1e-5);
    }
  });

  it('gives the same scores where weights lie in files of their own', async () => {
    const tensors = parameterSources(model.parameters);
    const name = `${variant} ${mask}, split`;
    const split = await exported(name, { model: config, tensors, mask }, IMAGE, { fileBytes: 5000 });
    expect(readdirSync(join(folder, name))).toContain('decoder_model_merged.onnx_data_1');
    expect(await split.scores(asked)).toEqual(await graphs.scores(asked));
    await split.close();
  });
});

/** The language model that the package ships, on texts of its kind: random weights are no fair measure of rounding. */
describe.skipIf(isAbsent).each(['int8', 'q8'] as const)(`weights in 8 bits, %s${because}`, (format) => {
  it('give the same top token at 98 % of the positions of answers or more', async () => {
    await activateEngine('wasm');
    const model = createModel(EMBEDDED_MODEL, 1);
    loadBackbones(model, { vision: 'random', language: 'pretrained' });
    const tokenizer = loadEmbeddedTokenizer({ vocabularySize: EMBEDDED_MODEL.language.vocabularySize });
    // Behind the examples that it was trained on.
    const examples = Array.from({ length: 150 }, (_, i) => languageExample(LANGUAGE_SCHEDULE.seed, 10_000_000 + i));
    const tensors = parameterSources(model.parameters);
    const graphs = await exported(format, { model: EMBEDDED_MODEL, tensors, mask: 'causal' }, -1, { format });
    let [same, positions] = [0, 0];
    for (const example of examples) {
      const batch = languageBatch([example], EMBEDDED_MODEL.language, tokenizer);
      const expected = tf.tidy(() => logitsOf(model, runSequences(model, batch)).dataSync() as Float32Array);
      const actual = await graphs.scores({ rows: [[...batch.textIds]] });
      for (const row of batch.targetRows) {
        const [begin, end] = [row, row + 1].map((at) => at * EMBEDDED_MODEL.language.vocabularySize);
        positions++;
        if (topOf(actual.subarray(begin, end)) === topOf(expected.subarray(begin, end))) same++;
      }
    }
    expect(positions).toBeGreaterThan(1000);
    expect(same / positions).toBeGreaterThanOrEqual(0.98);
    await graphs.close();
    disposeModel(model);
  });
});
