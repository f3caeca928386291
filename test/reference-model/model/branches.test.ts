/** Questions that share one pass over their image: the same losses and gradients as each in a sequence of its own. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaskKind } from '../../../reference-model/model/config.js';
import { sequenceMask } from '../../../reference-model/model/masks.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { branchedSequence, buildBatch, imageTextSequence } from '../../../reference-model/model/sequence.js';
import { sequenceLoss, targetLosses } from '../../../reference-model/model/sequence-loss.js';
import type { Sequence } from '../../../reference-model/model/tokens.js';
import { denseValues, isCausal, sees } from '../../../reference-model/ops/attention-mask.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { randomTensor, TINY, tinyModel } from './tiny-model.js';

const VISUAL_TOKENS = 3;
const BEGIN = 1;

interface Branch {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

const ids = (least: number) =>
  fc.array(fc.integer({ min: 0, max: TINY.language.vocabularySize - 1 }), { minLength: least, maxLength: 4 });
const branch: fc.Arbitrary<Branch> = fc.record({ prompt: ids(0), answer: ids(1) });
/** The branches of each image. */
const images = fc.array(fc.array(branch, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
const kind: fc.Arbitrary<MaskKind> = fc.constantFrom('causal', 'visual-bidirectional');

const beginning = [BEGIN];
const sharing = (all: readonly (readonly Branch[])[]): Sequence[] =>
  all.map((branches, image) => branchedSequence({ image, visualTokens: VISUAL_TOKENS, beginning, branches }));
const alone = (all: readonly (readonly Branch[])[]): Sequence[] =>
  all.flatMap((branches, image) =>
    branches.map(({ prompt, answer }) =>
      imageTextSequence({ image, visualTokens: VISUAL_TOKENS, prompt: [...beginning, ...prompt], answer }),
    ),
  );
const batchOf = (sequences: readonly Sequence[], maskKind: MaskKind, count: number) =>
  buildBatch(sequences, maskKind, { ...TINY.language, visualTokensPerImage: VISUAL_TOKENS, images: count });

describe('a sequence with branches', () => {
  it('lets each branch see what they share and itself, and nothing see a branch but itself', () => {
    fc.assert(
      fc.property(images, kind, (all, maskKind) => {
        const sequences = sharing(all);
        const length = Math.max(...sequences.map((sequence) => sequence.length)) + 1;
        const mask = sequenceMask(sequences, maskKind, length);
        const dense = denseValues(mask, { batch: sequences.length, targets: length, sources: length });
        all.forEach((branches, b) => {
          // Which branch each position is of; −1 for the image and the begin token, −2 for padding.
          const owner = [
            ...Array(VISUAL_TOKENS + 1).fill(-1),
            ...branches.flatMap(({ prompt, answer }, i) => Array(prompt.length + answer.length).fill(i)),
          ];
          while (owner.length < length) owner.push(-2);
          const isVisual = (at: number) => at < VISUAL_TOKENS;
          for (let from = 0; from < length; from++) {
            for (let to = 0; to < length; to++) {
              const present = owner[from] !== -2 && owner[to] !== -2;
              const earlier = to <= from && (owner[to] === -1 || owner[to] === owner[from]);
              const both = maskKind === 'visual-bidirectional' && isVisual(from) && isVisual(to);
              const expected = present && (earlier || both);
              expect(dense[(b * length + from) * length + to], `${from} sees ${to}`).toBe(expected ? 1 : 0);
              expect(sees(mask, b * length + from, b * length + to)).toBe(expected);
            }
          }
        });
        if (all.some((branches) => branches.length > 1)) expect(isCausal(mask)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('counts the positions of every branch from the end of what they share', () => {
    fc.assert(
      fc.property(images, kind, (all, maskKind) => {
        const { positions, length, tokens } = batchOf(sharing(all), maskKind, all.length);
        const start = VISUAL_TOKENS + 1;
        all.forEach((branches, b) => {
          const expected = branches.flatMap(({ prompt, answer }) =>
            Array.from({ length: prompt.length + answer.length }, (_, i) => start + i),
          );
          const from = b * length + start;
          expect([...positions.subarray(from, from + expected.length)]).toEqual(expected);
        });
        const texts = all.flat().reduce((sum, { prompt, answer }) => sum + prompt.length + answer.length, 0);
        expect(tokens).toBe(all.length * start + texts);
      }),
    );
  });

  it('is refused where the image would see the questions, and where branches are torn apart', () => {
    const branches = [
      { prompt: [2], answer: [3] },
      { prompt: [4], answer: [5] },
    ];
    const [sequence] = sharing([branches]) as [Sequence];
    expect(() => batchOf([sequence], 'prefix-bidirectional', 1)).toThrow('prefix-bidirectional');
    const torn = [...sequence.slice(0, -1), { role: 'prompt', id: 7, branch: 0, document: 0 } as const];
    expect(() => batchOf([torn], 'causal', 1)).toThrow('the branches of document 0 are not adjacent');
    const tail = [...sequence, { role: 'prompt', id: 7, document: 0 } as const];
    expect(() => batchOf([tail], 'causal', 1)).toThrow('the branches of document 0 are not adjacent');
  });

  it('has as much room for each branch as if it stood alone', () => {
    const room = TINY.language.maximumPositions - VISUAL_TOKENS - 1;
    const longest = { prompt: Array(room - 1).fill(2), answer: [3] };
    expect(() => batchOf(sharing([[longest, longest]]), 'causal', 1)).not.toThrow();
    const longer = { prompt: Array(room).fill(2), answer: [3] };
    expect(() => batchOf(sharing([[longest, longer]]), 'causal', 1)).toThrow('longer than');
  });
});

describe.each(TEST_BACKENDS)('branches on %s', (backend) => {
  let model: Model;
  beforeAll(async () => {
    await useBackend(backend);
    model = tinyModel();
  });
  afterAll(() => disposeModel(model));

  const variables = () => [...model.parameters.values()].filter(({ part }) => part === 'language');

  /** Losses of every target, and the gradients of their sum by every parameter and by the visual embeddings. */
  function learned(sequences: readonly Sequence[], maskKind: MaskKind, count: number) {
    const batch = batchOf(sequences, maskKind, count);
    const gradients: (readonly [name: string, values: readonly number[]])[] = [];
    let losses: readonly number[] = [];
    tf.tidy(() => {
      const embeddings = randomTensor([count, VISUAL_TOKENS, TINY.language.hiddenSize], 'visual');
      losses = [...targetLosses(model, batch, embeddings).dataSync()];
      const { grads } = tf.variableGrads(
        () => sequenceLoss(model, batch, { visualEmbeddings: embeddings }),
        variables().map(({ variable }) => variable),
      );
      for (const { name, variable } of variables()) gradients.push([name, [...grads[variable.name]!.dataSync()]]);
      const byImage = tf.grad((visual: tf.Tensor) => sequenceLoss(model, batch, { visualEmbeddings: visual }));
      gradients.push(['image', [...byImage(embeddings).dataSync()]]);
    });
    return { losses, gradients };
  }

  function expectClose(actual: readonly number[], expected: readonly number[], name: string): void {
    expect(actual.length).toBe(expected.length);
    const scale = Math.max(1e-3, ...expected.map(Math.abs));
    const worst = Math.max(0, ...actual.map((value, i) => Math.abs(value - expected[i]!)));
    expect(worst / scale, name).toBeLessThan(2e-5);
  }

  it('give the losses and gradients of sequences of their own', () => {
    fc.assert(
      fc.property(images, kind, (all, maskKind) => {
        const shared = learned(sharing(all), maskKind, all.length);
        const separate = learned(alone(all), maskKind, all.length);
        expectClose(shared.losses, separate.losses, 'losses');
        for (const [i, [name, values]] of separate.gradients.entries()) {
          expectClose(shared.gradients[i]![1], values, name);
        }
      }),
      { numRuns: backend === 'cpu' ? 4 : 25 },
    );
  });
});
