import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../../../reference-model/data/dataset.js';
import type { TextStage } from '../../../reference-model/recipe/recipe.js';
import { batchShares, examplesOf, planBatches } from '../../../reference-model/training/examples.js';

const samples: readonly Sample[] = Array.from({ length: 7 }, (_, i) => ({
  imageId: `image-${i}`,
  image: { width: 1, height: 1, pixels: new Uint8Array(3) },
  humanCaptions: [`human ${i} one`, `human ${i} two`],
  aiCaptions: [`machine ${i}`],
  questions: [{ questionId: `q${i}`, question: `what is ${i}?`, answer: `${i}`, kind: 'open' }],
}));

const stage = (mixture: TextStage['mixture']): TextStage => ({
  name: 'joint',
  steps: 10,
  trainable: ['connector'],
  learningRate: { connector: 1e-3 },
  mixture,
  attentionMask: 'causal',
});

describe('examplesOf', () => {
  it('lists every caption and question once, with the prompt of its source', () => {
    expect(examplesOf(samples, 'human-captions')).toHaveLength(14);
    expect(examplesOf(samples, 'ai-captions').map(({ answer }) => answer)).toEqual(
      samples.map(({ aiCaptions }) => aiCaptions[0]),
    );
    expect(examplesOf(samples, 'questions')[3]).toMatchObject({
      prompt: 'what is 3?',
      answer: '3',
      id: 'questions/image-3/0',
    });
  });
});

describe('batchShares', () => {
  it('sums to the batch and stays within one of the exact share', () => {
    const weight = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(
        weight,
        weight,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 64 }),
        (human, ai, questions, batch) => {
          const shares = batchShares({ 'human-captions': human, 'ai-captions': ai, questions }, batch);
          const total = human + ai + questions;
          expect(shares['human-captions'] + shares['ai-captions'] + shares.questions).toBe(batch);
          expect(Math.abs(shares['human-captions'] - (batch * human) / total)).toBeLessThan(1);
          expect(Math.abs(shares.questions - (batch * questions) / total)).toBeLessThan(1);
        },
      ),
    );
  });
});

describe('open questions', () => {
  it('are the questions that yes and no do not answer, in their order', () => {
    const asked = (answer: string, kind: 'open' | 'yes/no') => ({
      questionId: answer,
      question: `${answer}?`,
      answer,
      kind,
    });
    const sample = { ...samples[0]!, questions: [asked('yes', 'yes/no'), asked('red', 'open'), asked('two', 'open')] };
    expect(examplesOf([sample], 'open-questions').map(({ answer }) => answer)).toEqual(['red', 'two']);
    expect(examplesOf([sample], 'questions')).toHaveLength(3);
  });
});

describe('planBatches', () => {
  it('shows every example once per epoch, in another order each epoch', () => {
    const plan = planBatches(samples, stage({ 'human-captions': 1 }), 7, 1);
    const epochs = [0, 1].map((epoch) => [0, 1].flatMap((half) => plan.batch(epoch * 2 + half).map(({ id }) => id)));
    const all = examplesOf(samples, 'human-captions').map(({ id }) => id);
    for (const epoch of epochs) expect([...epoch].sort()).toEqual([...all].sort());
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it('gives a batch without its predecessors: a resumed run sees what an uninterrupted one saw', () => {
    const mixture = { 'ai-captions': 1, questions: 1 };
    const walked = planBatches(samples, stage(mixture), 4, 5);
    const ids = Array.from({ length: 9 }, (_, step) => walked.batch(step).map(({ id }) => id));
    const jumped = planBatches(samples, stage(mixture), 4, 5);
    expect(jumped.batch(8).map(({ id }) => id)).toEqual(ids[8]);
    expect(jumped.batch(2).map(({ id }) => id)).toEqual(ids[2]);
  });

  it('depends on the seed but not on the attention mask: arms of one seed see the same data', () => {
    const ids = (seed: number, maskKind: TextStage['attentionMask']) =>
      planBatches(samples, { ...stage({ questions: 1 }), attentionMask: maskKind }, 7, seed)
        .batch(0)
        .map(({ id }) => id);
    expect(ids(1, 'causal')).toEqual(ids(1, 'visual-bidirectional'));
    expect(ids(1, 'causal')).not.toEqual(ids(2, 'causal'));
  });

  it('refuses a mixture that the data set cannot serve', () => {
    const withoutCaptions = samples.map((sample) => ({ ...sample, humanCaptions: [], aiCaptions: [] }));
    expect(() => planBatches(withoutCaptions, stage({ 'human-captions': 1 }), 4, 1)).toThrow(
      'Stage "joint" asks for human-captions, but the data set has none in its train split.',
    );
  });
});
