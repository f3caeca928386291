import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaskKind } from '../../../reference-model/model/config.js';
import { languageModel } from '../../../reference-model/model/language-model.js';
import { sequenceMask } from '../../../reference-model/model/masks.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { buildBatch, type SequenceBatch } from '../../../reference-model/model/sequence.js';
import { mergeEmbeddings } from '../../../reference-model/model/sequence-loss.js';
import type { Sequence, Token } from '../../../reference-model/model/tokens.js';
import { denseValues } from '../../../reference-model/ops/attention-mask.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { randomTensor, TINY, tinyModel } from './tiny-model.js';

/** 0 or 1 per [B, T, T]. */
function denseMask(sequences: readonly Sequence[], kind: MaskKind, length: number): Uint8Array {
  const shape = { batch: sequences.length, targets: length, sources: length };
  return denseValues(sequenceMask(sequences, kind, length), shape);
}

const KINDS: readonly MaskKind[] = ['causal', 'visual-bidirectional', 'prefix-bidirectional'];
const VISUAL_TOKENS = 3;
const IMAGES = 4;

/** A stretch of one document: all tokens of an image, or text of one role. */
interface Segment {
  readonly role: Token['role'];
  readonly length: number;
}

interface Layout {
  readonly sequence: Sequence;
  /** Which document, and which segment of the sequence, each position belongs to. */
  readonly segments: readonly { readonly role: Token['role']; readonly document: number }[];
  readonly segmentOf: readonly number[];
}

function layoutOf(documents: readonly (readonly Segment[])[]): Layout {
  const sequence: Token[] = [];
  const segments: { role: Token['role']; document: number }[] = [];
  const segmentOf: number[] = [];
  let image = 0;
  for (const [document, list] of documents.entries()) {
    for (const { role, length } of list) {
      const count = role === 'visual' ? VISUAL_TOKENS : length;
      for (let index = 0; index < count; index++) {
        const id = (sequence.length * 7 + 3) % TINY.language.vocabularySize;
        sequence.push(role === 'visual' ? { role, image, index, document } : { role, id, document });
        segmentOf.push(segments.length);
      }
      segments.push({ role, document });
      if (role === 'visual') image = (image + 1) % IMAGES;
    }
  }
  return { sequence, segments, segmentOf };
}

/** The definition of the masks over segments, independent of the implementation over tokens. */
function mayAttend({ segments, segmentOf }: Layout, maskKind: MaskKind, from: number, to: number): boolean {
  const [a, b] = [segmentOf[from]!, segmentOf[to]!];
  if (segments[a]!.document !== segments[b]!.document) return false;
  if (to <= from) return true;
  if (maskKind === 'causal') return false;
  if (maskKind === 'visual-bidirectional') return a === b && segments[a]!.role === 'visual';
  return segments.slice(a, b + 1).every(({ role }) => role !== 'answer');
}

const segment: fc.Arbitrary<Segment> = fc.record({
  role: fc.constantFrom('visual' as const, 'prompt' as const, 'answer' as const),
  length: fc.integer({ min: 1, max: 3 }),
});
const layout: fc.Arbitrary<Layout> = fc
  .array(fc.array(segment, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 })
  .map(layoutOf);

const batchOf = (layouts: readonly Layout[], kind: MaskKind): SequenceBatch =>
  buildBatch(
    layouts.map(({ sequence }) => sequence),
    kind,
    { ...TINY.language, visualTokensPerImage: VISUAL_TOKENS, images: IMAGES },
  );

/** Bits of the hidden state of each position, [B·T] rows. */
function hiddenBits(model: Model, batch: SequenceBatch, embeddings: Float32Array): string[] {
  const { batchSize, length } = batch;
  const channels = TINY.language.hiddenSize;
  const values = tf.tidy(() =>
    languageModel(model, {
      embeddings: tf.tensor3d(embeddings, [batchSize, length, channels]),
      positions: tf.tensor2d(batch.positions, [batchSize, length], 'int32'),
      mask: batch.mask,
    }).dataSync<'float32'>(),
  );
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Array.from({ length: batchSize * length }, (_, row) =>
    bits.subarray(row * channels, (row + 1) * channels).join(),
  );
}

describe('sequenceMask', () => {
  it('is the definition, padding excluded', () => {
    fc.assert(
      fc.property(fc.array(layout, { minLength: 1, maxLength: 3 }), fc.constantFrom(...KINDS), (layouts, kind) => {
        const length = Math.max(...layouts.map(({ sequence }) => sequence.length)) + 1;
        const mask = denseMask(
          layouts.map(({ sequence }) => sequence),
          kind,
          length,
        );
        const expected = layouts.flatMap((one) =>
          Array.from({ length: length * length }, (_, i) => {
            const [from, to] = [Math.floor(i / length), i % length];
            const inside = from < one.sequence.length && to < one.sequence.length;
            return inside && mayAttend(one, kind, from, to) ? 1 : 0;
          }),
        );
        expect([...mask]).toEqual(expected);
      }),
    );
  });

  it('has the shape drawn in the documentation of each kind', () => {
    const { sequence } = layoutOf([
      [
        { role: 'visual', length: 3 },
        { role: 'prompt', length: 1 },
        { role: 'answer', length: 2 },
      ],
    ]);
    const drawn = (kind: MaskKind): string[] =>
      Array.from({ length: 6 }, (_, row) =>
        denseMask([sequence], kind, 6)
          .slice(row * 6, row * 6 + 6)
          .join(''),
      );
    expect(drawn('causal')).toEqual(['100000', '110000', '111000', '111100', '111110', '111111']);
    expect(drawn('visual-bidirectional')).toEqual(['111000', '111000', '111000', '111100', '111110', '111111']);
    expect(drawn('prefix-bidirectional')).toEqual(['111100', '111100', '111100', '111100', '111110', '111111']);
  });
});

describe.each(TEST_BACKENDS)('masks in the language model on %s', (backend) => {
  let model: Model;
  beforeAll(async () => {
    await useBackend(backend);
    model = tinyModel();
  });
  afterAll(() => disposeModel(model));

  it.each(KINDS)('%s: a forbidden position never changes a bit, an allowed one always does', (kind) => {
    fc.assert(
      fc.property(layout, layout, (first, second) => {
        const layouts = [first, second];
        const batch = batchOf(layouts, kind);
        const { length } = batch;
        const channels = TINY.language.hiddenSize;
        const embeddings = tf.tidy(() =>
          Float32Array.from(
            mergeEmbeddings(model, batch, randomTensor([IMAGES, VISUAL_TOKENS, channels], 'visual')).dataSync(),
          ),
        );
        const before = hiddenBits(model, batch, embeddings);
        // Every position of the first sequence, padding included, and one of the second.
        for (const moved of [...Array(length).keys(), length]) {
          const perturbed = Float32Array.from(embeddings);
          for (let c = 0; c < channels; c++) perturbed[moved * channels + c]! += 1 + c / channels;
          const after = hiddenBits(model, batch, perturbed);
          for (let row = 0; row < 2 * length; row++) {
            if (row === moved) continue; // the residual stream carries a position to itself, padding too
            const [b, from, to] = [Math.floor(row / length), row % length, moved % length];
            const layoutOfRow = layouts[b]!;
            const both = Math.max(from, to) < layoutOfRow.sequence.length && b === Math.floor(moved / length);
            const allowed = both && mayAttend(layoutOfRow, kind, from, to);
            expect(after[row] !== before[row], `row ${row} after moving ${moved}`).toBe(allowed);
          }
        }
      }),
      { numRuns: backend === 'cpu' ? 4 : 40 },
    );
  });
});
