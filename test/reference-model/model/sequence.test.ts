import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import {
  buildBatch,
  imageTextSequence,
  packSequences,
  SequenceError,
} from '../../../reference-model/model/sequence.js';
import { sequenceLoss, targetLosses } from '../../../reference-model/model/sequence-loss.js';
import type { Sequence } from '../../../reference-model/model/tokens.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { randomTensor, TINY, tinyModel } from './tiny-model.js';

const limits = { ...TINY.language, visualTokensPerImage: 2, images: 3 };
const sample = (image: number, prompt: readonly number[], answer: readonly number[]): Sequence =>
  imageTextSequence({ image, visualTokens: 2, prompt, answer });

describe('buildBatch', () => {
  it('lays out ids, positions and targets', () => {
    const batch = buildBatch([sample(1, [5], [6, 7]), sample(0, [], [8])], 'causal', limits);
    expect(batch.length).toBe(5);
    expect(batch.tokens).toBe(8);
    expect([...batch.textIds]).toEqual([5, 6, 7, 8]);
    // Four text rows come first, then two visual rows per image.
    expect([...batch.order]).toEqual([6, 7, 0, 1, 2, 4, 5, 3, 0, 0]);
    expect([...batch.positions]).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 0, 0]);
    // The prompt's last token predicts the first answer token.
    expect([...batch.targetRows]).toEqual([2, 3, 6]);
    expect([...batch.labels]).toEqual([6, 7, 8]);
  });

  it('starts positions and targets anew in each packed document', () => {
    const packed = packSequences([sample(0, [1], [2]), packSequences([sample(1, [3], [4]), sample(2, [], [5])])]);
    expect(packed.map(({ document }) => document)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]);
    const batch = buildBatch([packed], 'causal', limits);
    expect([...batch.positions]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]);
    expect([...batch.labels]).toEqual([2, 4, 5]);
    expect([...batch.targetRows]).toEqual([2, 6, 9]);
  });

  it('never makes the first token of a document a target', () => {
    const text: Sequence = [1, 2, 3].map((id) => ({ role: 'answer', id, document: 0 }));
    const batch = buildBatch([packSequences([text, text])], 'causal', limits);
    expect([...batch.labels]).toEqual([2, 3, 2, 3]);
  });

  it.each<[string, Sequence, string]>([
    [
      'a token outside the vocabulary',
      sample(0, [11], []),
      'Sequence 1 of the batch: token id 11 is outside the vocabulary of 11.',
    ],
    ['a fractional token', sample(0, [1.5], []), 'token id 1.5 is outside'],
    ['an image that is not there', sample(3, [1], []), 'visual token 0 of image 3 does not exist'],
    [
      'too many visual tokens',
      imageTextSequence({ image: 0, visualTokens: 3, prompt: [] }),
      'visual token 2 of image 0',
    ],
    [
      'a document longer than the model',
      sample(0, new Array<number>(39).fill(1), []),
      "longer than the model's 40 positions",
    ],
    [
      'a document in two pieces',
      [0, 1, 0].map((document) => ({ role: 'prompt' as const, id: 1, document })),
      'the tokens of document 0 are not adjacent',
    ],
  ])('refuses %s', (_, sequence, message) => {
    const build = () => buildBatch([sample(0, [1], [2]), sequence], 'causal', limits);
    expect(build).toThrow(SequenceError);
    expect(build).toThrow(message);
  });
});

describe.each(TEST_BACKENDS)('losses of a batch on %s', (backend) => {
  let model: Model;
  let visualEmbeddings: tf.Tensor;
  beforeAll(async () => {
    await useBackend(backend);
    model = tinyModel();
    visualEmbeddings = randomTensor([3, 2, TINY.language.hiddenSize], 'visual');
  });
  afterAll(() => {
    disposeModel(model);
    visualEmbeddings.dispose();
  });

  const samples = [sample(0, [1, 2], [3, 4]), sample(2, [5], [6, 7, 8]), sample(1, [9, 1, 2, 3], [4])];

  const lossesOf = (sequences: readonly Sequence[], kind: 'causal' | 'visual-bidirectional' | 'prefix-bidirectional') =>
    tf.tidy(() => [...targetLosses(model, buildBatch(sequences, kind, limits), visualEmbeddings).dataSync()]);

  it.each(['causal', 'visual-bidirectional', 'prefix-bidirectional'] as const)(
    '%s: packed, padded and single samples have the same losses',
    (kind) => {
      const single = samples.flatMap((sequence) => lossesOf([sequence], kind));
      for (const together of [lossesOf(samples, kind), lossesOf([packSequences(samples)], kind)]) {
        expect(together).toHaveLength(single.length);
        together.forEach((loss, i) => {
          expect(loss).toBeCloseTo(single[i]!, 4);
        });
      }
    },
  );

  it('sums the losses, weighted', () => {
    const expected = lossesOf(samples, 'causal').reduce((sum, loss) => sum + loss, 0) * 0.25;
    const loss = tf.tidy(() => {
      const batch = buildBatch(samples, 'causal', limits);
      return sequenceLoss(model, batch, { visualEmbeddings, weight: 0.25 }).dataSync()[0]!;
    });
    expect(loss).toBeCloseTo(expected, 4);
  });
});
