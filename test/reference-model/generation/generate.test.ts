import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GenerationRequest, generate } from '../../../reference-model/generation/generate.js';
import type { MaskKind } from '../../../reference-model/model/config.js';
import { disposeModel, type Model, modelFrom } from '../../../reference-model/model/model.js';
import { createParameters } from '../../../reference-model/model/parameters.js';
import { buildBatch, imageTextSequence } from '../../../reference-model/model/sequence.js';
import { targetLosses } from '../../../reference-model/model/sequence-loss.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { randomTensor, TINY, tinyModel } from '../model/tiny-model.js';

const KINDS: readonly MaskKind[] = ['causal', 'visual-bidirectional', 'prefix-bidirectional'];
const END = 0;

describe.each(TEST_BACKENDS)('generation on %s', (backend) => {
  let model: Model;
  let small: Model;
  let visualEmbeddings: tf.Tensor;
  beforeAll(async () => {
    await useBackend(backend);
    model = tinyModel({ seed: 3 });
    small = tinyModel({ seed: 4, language: { vocabularySize: 4 } });
    visualEmbeddings = randomTensor([3, 4, TINY.language.hiddenSize], 'images');
  });
  afterAll(() => {
    disposeModel(model);
    disposeModel(small);
    visualEmbeddings.dispose();
  });

  const request = (changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
    visualEmbeddings,
    prompts: [[1, 2, 3], [4], [5, 6, 7, 8, 9]],
    maskKind: 'causal',
    endToken: END,
    maximumNewTokens: 9,
    ...changes,
  });
  const strategies = [
    { name: 'greedy', strategy: { kind: 'greedy' } },
    { name: 'beam', strategy: { kind: 'beam', width: 3 } },
  ] as const;

  describe.each(KINDS)('under the %s mask', (maskKind) => {
    it.each(strategies)('$name: texts are the same with and without a cache, alone and in a batch', ({ strategy }) => {
      const before = tf.memory().numTensors;
      const cached = generate(model, request({ maskKind, strategy }));
      expect(generate(model, request({ maskKind, strategy, useCache: false }))).toEqual(cached);
      const alone = request().prompts.flatMap((prompt, image) =>
        generate(model, request({ maskKind, strategy, prompts: [prompt], imageOfPrompt: [image] })),
      );
      expect(alone).toEqual(cached);
      expect(new Set(cached.map(String)).size).toBe(3); // the images and prompts matter
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  it('greedy takes the most probable token given all before it', () => {
    const [text] = generate(model, request({ prompts: [[1, 2, 3]], maximumNewTokens: 6 }));
    const prefixes = text!.map((_, length) => text!.slice(0, length));
    prefixes.forEach((prefix, i) => {
      const losses = Array.from({ length: TINY.language.vocabularySize }, (_, token) =>
        tf.tidy(() => {
          const answer = [...prefix, token];
          const sequence = imageTextSequence({ image: 0, visualTokens: 4, prompt: [1, 2, 3], answer });
          const batch = buildBatch([sequence], 'causal', { ...TINY.language, visualTokensPerImage: 4, images: 3 });
          return [...targetLosses(model, batch, visualEmbeddings).dataSync()].at(-1)!;
        }),
      );
      expect(losses.indexOf(Math.min(...losses))).toBe(text![i]);
    });
  });

  it('a beam of width 1 is greedy search', () => {
    for (const maskKind of KINDS) {
      const greedy = generate(model, request({ maskKind }));
      expect(generate(model, request({ maskKind, strategy: { kind: 'beam', width: 1 } }))).toEqual(greedy);
    }
  });

  it.each([0, 0.7, 1, 2])(
    'a beam as wide as the tree finds the best text of all (length penalty %d)',
    (lengthPenalty) => {
      const maximumNewTokens = 4;
      for (const image of backend === 'cpu' ? [0] : [0, 1, 2]) {
        const [found] = generate(
          small,
          request({
            prompts: [[1, 3]],
            imageOfPrompt: [image],
            maximumNewTokens,
            strategy: { kind: 'beam', width: 256, lengthPenalty },
          }),
        );
        expect(found).toEqual(bestOfAllTexts(image, maximumNewTokens, lengthPenalty));
      }
    },
  );

  /** Scores every text of up to `limit` tokens by teacher forcing. */
  function bestOfAllTexts(image: number, limit: number, lengthPenalty: number): readonly number[] {
    const texts: (readonly number[])[] = [];
    const grow = (text: readonly number[]): void => {
      if (text.length === limit) {
        texts.push(text);
        return;
      }
      texts.push([...text, END]);
      for (const token of [1, 2, 3]) grow([...text, token]);
    };
    grow([]);
    const sequences = texts.map((answer) => imageTextSequence({ image, visualTokens: 4, prompt: [1, 3], answer }));
    const limits = { ...TINY.language, vocabularySize: 4, visualTokensPerImage: 4, images: 3 };
    const losses = tf.tidy(() => [
      ...targetLosses(small, buildBatch(sequences, 'causal', limits), visualEmbeddings).dataSync(),
    ]);
    let at = 0;
    const scores = texts.map(({ length }) => {
      const total = losses.slice(at, at + length).reduce((sum, loss) => sum + loss, 0);
      at += length;
      return -total / length ** lengthPenalty;
    });
    const best = texts[scores.indexOf(Math.max(...scores))]!;
    return best.at(-1) === END ? best.slice(0, -1) : best;
  }

  it('stops at the end token, at the limit, and prefers the lowest id among equals', () => {
    const [first] = generate(model, request({ prompts: [[1, 2, 3]], maximumNewTokens: 9 }));
    expect(first!.length).toBeGreaterThan(1);
    // Declared to be the end token, the second token of the text ends it.
    const endToken = first!.find((token) => token !== first![0])!;
    const cut = generate(model, request({ prompts: [[1, 2, 3]], endToken }))[0];
    expect(cut).toEqual(first!.slice(0, first!.indexOf(endToken)));
    expect(generate(model, request({ prompts: [[1, 2, 3]], maximumNewTokens: 2 }))[0]).toEqual(first!.slice(0, 2));

    const zeros = createParameters(TINY, ({ shape }) => new Float32Array(shape.reduce((a, b) => a * b)));
    const flat = modelFrom(TINY, zeros);
    for (const { strategy } of strategies) {
      const [text] = generate(flat, request({ prompts: [[1]], endToken: 5, maximumNewTokens: 3, strategy }));
      expect(text).toEqual([0, 0, 0]);
    }
    disposeModel(flat);
  });

  it('works without images, without prompts, and for several prompts about one image', () => {
    const { visualEmbeddings: _, ...textOnly } = request();
    expect(generate(model, textOnly)).toHaveLength(3);
    expect(generate(model, request({ prompts: [[], [], []] }))).toHaveLength(3);
    expect(generate(model, request({ prompts: [] }))).toEqual([]);
    const [a, b] = generate(model, request({ prompts: [[4], [4]], imageOfPrompt: [1, 1] }));
    expect(a).toEqual(b);
  });

  it('refuses requests it cannot serve', () => {
    const refused = (changes: Partial<GenerationRequest>) => expect(() => generate(model, request(changes)));
    refused({ maximumNewTokens: 0 }).toThrow('maximumNewTokens must be a positive integer, got 0.');
    refused({ maximumNewTokens: 32 }).toThrow("a prompt of 9 tokens and 32 new ones exceed the model's 40 positions.");
    refused({ strategy: { kind: 'beam', width: 0 } }).toThrow('the beam width must be a positive integer, got 0.');
    refused({ prompts: [[99]] }).toThrow('token id 99 is outside the vocabulary');
    refused({ imageOfPrompt: [7, 7, 7] }).toThrow('image 7 does not exist');
  });

  it('refuses a model whose weights are broken', () => {
    const parameters = createParameters(TINY, ({ shape }) =>
      new Float32Array(shape.reduce((a, b) => a * b)).fill(Number.NaN),
    );
    const broken = modelFrom(TINY, parameters);
    expect(() => generate(broken, request())).toThrow('scores that are not finite');
    disposeModel(broken);
  });
});
