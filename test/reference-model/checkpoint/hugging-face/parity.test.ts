/**
 * Tiny models made by `transformers`, read from the folders that it writes, against what it computes with them: features, logits, losses,
 * gradients of every parameter, and greedy texts. `test/oracle/make-hugging-face-models.py` writes folders and expectations.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../../reference-model/checkpoint/hugging-face/load-model.js';
import {
  openLanguage,
  openLlava,
  openVision,
} from '../../../../reference-model/checkpoint/hugging-face/read-checkpoint.js';
import { type NamedArray, readSafetensors } from '../../../../reference-model/checkpoint/safetensors.js';
import { activateEngine } from '../../../../reference-model/engines/registry.js';
import { generateFrom } from '../../../../reference-model/generation/generate.js';
import { type ModelConfig, visualTokensPerImage } from '../../../../reference-model/model/config.js';
import { connect } from '../../../../reference-model/model/connector.js';
import { logitsOf } from '../../../../reference-model/model/language-model.js';
import { disposeModel, type Model } from '../../../../reference-model/model/model.js';
import { placeholderSequence } from '../../../../reference-model/model/placeholder-sequence.js';
import { buildBatch } from '../../../../reference-model/model/sequence.js';
import { runSequences, sequenceLoss } from '../../../../reference-model/model/sequence-loss.js';
import type { Sequence } from '../../../../reference-model/model/tokens.js';
import { encodeImages } from '../../../../reference-model/model/vision-encoder.js';
import { TINY } from '../../model/tiny-model.js';

const FIXTURES = 'test/fixtures/hugging-face';
const END = 1;

interface Expected {
  readonly samples: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  readonly loss: number;
  readonly generated: readonly (readonly number[])[];
}

const folders = (name: string): readonly string[] => readdirSync(FIXTURES).filter((folder) => folder.startsWith(name));

function expectedOf(folder: string): Expected & { readonly tensors: ReadonlyMap<string, NamedArray> } {
  const path = (file: string): string => join(FIXTURES, folder, file);
  const { tensors } = readSafetensors(readFileSync(path('expected.safetensors')), folder);
  return { ...(JSON.parse(readFileSync(path('expected.json'), 'utf8')) as Expected), tensors };
}

const toTensor = ({ values, shape }: NamedArray): tf.Tensor => tf.tensor(values, [...shape]);

const largestOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest difference, in units of the largest expected value or of 1. */
function difference(actual: tf.Tensor, expected: NamedArray): number {
  expect(actual.shape).toEqual(expected.shape);
  const values = actual.dataSync();
  const errors = Array.from(expected.values, (value, i) => value - values[i]!);
  return largestOf(errors) / Math.max(1, largestOf(expected.values));
}

beforeAll(async () => {
  await activateEngine('wasm');
});

describe.each([...folders('siglip'), ...folders('clip')])('%s', (folder) => {
  const { tensors } = expectedOf(folder);
  const pixels = tensors.get('pixels')!;

  function featuresOf(selection?: Parameters<typeof openVision>[1]): tf.Tensor {
    const { config, tensors: pretrained } = openVision(join(FIXTURES, folder), selection);
    const model = loadModel({ ...TINY, vision: config, connector: { pixelShuffle: 1 } }, pretrained);
    const features = tf.tidy(() => encodeImages(model, toTensor(pixels)));
    disposeModel(model);
    return features;
  }

  it('has the features behind the last layer', () => {
    expect(difference(featuresOf(), tensors.get('features')!)).toBeLessThan(1e-5);
    expect(difference(featuresOf({ layer: -1, strategy: 'full' }), tensors.get('states.last')!)).toBeLessThan(1e-5);
  });

  it('has the features of an earlier layer, with and without the first token', () => {
    const before = tensors.get('states.before')!;
    expect(difference(featuresOf({ layer: 1, strategy: 'full' }), before)).toBeLessThan(1e-5);
    const [images, tokens, width] = before.shape as [number, number, number];
    const rest = tf.slice(toTensor(before), [0, 1, 0], [images, tokens - 1, width]);
    const values = { shape: rest.shape, values: rest.dataSync() as Float32Array };
    expect(difference(featuresOf({ layer: -2, strategy: 'default' }), values)).toBeLessThan(1e-5);
  });
});

describe.each([...folders('qwen2'), ...folders('llama'), ...folders('llava')])('%s', (folder) => {
  const { tensors, samples, labels, loss, generated } = expectedOf(folder);
  const pixels = tensors.get('pixels');
  let model: Model;
  let sequences: readonly Sequence[];
  beforeAll(() => {
    const opened = pixels === undefined ? openText(join(FIXTURES, folder)) : openLlava(join(FIXTURES, folder));
    model = loadModel(opened.config, opened.tensors);
    const visualTokens = visualTokensPerImage(opened.config);
    let firstImage = 0;
    sequences = samples.map((ids, i) => {
      const { imageToken } = opened;
      const isAnswer = labels[i]!.map((label) => label >= 0);
      const text = { ids, isAnswer, imageToken, visualTokensPerImage: visualTokens, firstImage };
      firstImage += ids.filter((id) => id === imageToken).length / visualTokens;
      return placeholderSequence(text);
    });
  });
  afterAll(() => disposeModel(model));

  const visualEmbeddings = (): tf.Tensor | undefined =>
    pixels === undefined ? undefined : connect(model, encodeImages(model, toTensor(pixels)));

  const batchOf = () =>
    buildBatch(sequences, 'causal', {
      vocabularySize: model.config.language.vocabularySize,
      maximumPositions: model.config.language.maximumPositions,
      visualTokensPerImage: visualTokensPerImage(model.config),
      images: pixels?.shape[0] ?? 0,
    });

  it('gives the same scores at every position, whichever side was padded', () => {
    tf.tidy(() => {
      const logits = logitsOf(model, runSequences(model, batchOf(), { visualEmbeddings: visualEmbeddings() }));
      const width = logits.shape[2]!;
      const rows = samples.map(({ length }, i) =>
        tf.reshape(tf.slice(logits, [i, 0, 0], [1, length, width]), [length, width]),
      );
      for (const side of ['left', 'right']) {
        expect(difference(tf.concat(rows, 0), tensors.get(`logits.${side}`)!)).toBeLessThan(1e-4);
      }
    });
  });

  it('has the same loss and gradients of every parameter', () => {
    const variables = [...model.parameters.values()].map(({ variable }) => variable);
    const batch = batchOf();
    const { value, grads } = tf.variableGrads(() => {
      const visual = visualEmbeddings();
      const weight = 1 / batch.labels.length;
      return sequenceLoss(model, batch, visual === undefined ? { weight } : { visualEmbeddings: visual, weight });
    }, variables);
    expect(Math.abs(value.dataSync()[0]! - loss)).toBeLessThan(1e-4);
    // A text alone has no gradients of the other parts.
    const stated = [...tensors.keys()].flatMap((name) => (name.startsWith('gradient.') ? [name.slice(9)] : []));
    for (const name of stated) {
      const expected = tensors.get(`gradient.${name}`)!;
      const gradient = grads[model.parameters.get(name)!.variable.name]!;
      const largest = largestOf(expected.values);
      const scaled = { shape: expected.shape, values: Float32Array.from(expected.values, (other) => other / largest) };
      // A bias of keys moves all scores of a query alike: its gradient is rounding alone.
      if (largest > 1e-6) expect(difference(tf.div(gradient, largest), scaled), name).toBeLessThan(1e-3);
    }
    const learned = [...model.parameters.values()].filter(({ part }) => pixels !== undefined || part === 'language');
    if (folder.endsWith('5')) expect(stated.sort()).toEqual(learned.map(({ name }) => name).sort());
    tf.dispose([value, grads]);
  });

  it('writes the same texts, with and without a cache', () => {
    const visual = tf.tidy(visualEmbeddings);
    // Learned tokens are part of the prompts here.
    const prompts = sequences.map((sequence) =>
      sequence.map((token) => (token.role === 'answer' ? { ...token, role: 'prompt' as const } : token)),
    );
    for (const useCache of [true, false]) {
      const request = { maskKind: 'causal', endToken: END, maximumNewTokens: 8, useCache } as const;
      expect(generateFrom(model, { ...request, sequences: prompts, visualEmbeddings: visual })).toEqual(generated);
    }
    visual?.dispose();
  });
});

/** A text alone is a whole model whose other parts are random. */
function openText(folder: string): ReturnType<typeof openLlava> {
  const { config, tensors } = openLanguage(folder);
  const whole: ModelConfig = { ...TINY, language: config };
  return { config: whole, tensors, imageToken: -1 };
}
