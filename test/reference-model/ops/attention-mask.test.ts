/** Masks as descriptions: the dense form against the definition, and an engine that wants the description itself. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention } from '../../../reference-model/ops/attention.js';
import {
  type AttentionMask,
  denseMask,
  denseValues,
  isCausal,
  isPlainlyCausal,
  type SegmentMask,
} from '../../../reference-model/ops/attention-mask.js';
import { cacheWrite } from '../../../reference-model/ops/cache-write.js';
import { DESCRIBED_ATTENTION, type DescribedAttentionAttributes } from '../../../reference-model/ops/kernels.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { random, toTensor } from './operation-cases.js';

const segments = (documents: readonly number[], groups: readonly number[]): SegmentMask => ({
  kind: 'segments',
  documents: Int32Array.from(documents),
  groups: Int32Array.from(groups),
});

describe('a mask', () => {
  it('of segments lets a position see what precedes it in its document, and its group', () => {
    const pair = fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 }));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 8 }), (positions) => {
        const mask = segments(
          positions.map(([document]) => document),
          positions.map(([, group]) => group),
        );
        const size = positions.length;
        const dense = denseValues(mask, { batch: 1, targets: size, sources: size });
        positions.forEach(([document, group], from) => {
          positions.forEach(([otherDocument, otherGroup], to) => {
            const inDocument = document >= 0 && document === otherDocument;
            const expected = inDocument && (to <= from || (group >= 0 && group === otherGroup));
            expect(dense[from * size + to], `${from} sees ${to}`).toBe(expected ? 1 : 0);
          });
        });
        const later = [...dense].some((allowed, i) => allowed === 1 && i % size > Math.floor(i / size));
        if (later) expect(isCausal(mask)).toBe(false);
      }),
    );
  });

  it('is plainly causal exactly where a lower triangle differs from it at padding behind each row alone', () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 3 }), (rows) => {
        const length = 4;
        // Tokens of one document or two, then padding; one of them may be in a group.
        const documents = rows.flatMap(([tokens, isPacked]) =>
          Array.from({ length }, (_, t) => (t >= tokens ? -1 : isPacked && t >= 2 ? 1 : 0)),
        );
        const groups = rows.flatMap(([, , isGrouped]) =>
          Array.from({ length }, (_, t) => (isGrouped && t < 2 ? 0 : -1)),
        );
        const mask = segments(documents, groups);
        const dense = denseValues(mask, { batch: rows.length, targets: length, sources: length });
        const isTriangle = documents.every(
          (document, from) =>
            document < 0 ||
            Array.from({ length }, (_, to) => dense[from * length + to] === Number(to <= from % length)).every(Boolean),
        );
        // A group that spans no later position that is there changes nothing, but may be taken for one that does.
        if (isPlainlyCausal(mask, rows.length)) expect(isTriangle).toBe(true);
        if (isTriangle && groups.every((group) => group < 0)) expect(isPlainlyCausal(mask, rows.length)).toBe(true);
      }),
    );
    expect(isPlainlyCausal(segments([-1, 0, 0], [-1, -1, -1]), 1)).toBe(false);
  });

  it('of present sources is the same for every query of a row', () => {
    const mask: AttentionMask = { kind: 'present', present: Uint8Array.of(1, 0, 1, 0, 1, 1) };
    const rows = [...denseValues(mask, { batch: 2, targets: 2, sources: 3 })];
    expect(rows).toEqual([1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1]);
  });
});

describe.each(TEST_BACKENDS)('masks on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('are made dense once in a scope, and again after it', () => {
    const mask = segments([0, 0, 0], [-1, -1, -1]);
    const shape = { batch: 1, targets: 3, sources: 3 };
    const before = tf.memory().numTensors;
    for (let scope = 0; scope < 2; scope++) {
      tf.tidy(() => {
        const dense = denseMask(mask, shape);
        expect(denseMask(mask, shape)).toBe(dense);
        expect([...dense.dataSync()]).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
      });
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('over a cache with free places give the bits of one without them, whatever the places hold', () => {
    const [batch, heads, groups, channels, used, places] = [3, 4, 2, 8, 5, 9];
    tf.tidy(() => {
      const query = toTensor({ data: random([batch, 1, heads, channels]) });
      const [key, value] = [0, 1].map(() => toTensor({ data: random([batch, used, groups, channels]) }));
      const present = Uint8Array.from({ length: batch * used }, (_, i) => (i % 4 === 1 ? 0 : 1));
      const expected = attention(query, key!, value!, { kind: 'present', present }).dataSync();
      const cached = (rows: tf.Tensor): tf.Tensor => {
        const noise = toTensor({ data: random([batch, places, groups, channels]) });
        const first = tf.slice(rows, [0, 0, 0, 0], [batch, 3, groups, channels]);
        const rest = tf.slice(rows, [0, 3, 0, 0], [batch, used - 3, groups, channels]);
        return cacheWrite(cacheWrite(noise, first, 0), rest, 3);
      };
      const actual = attention(query, cached(key!), cached(value!), { kind: 'present', present }).dataSync();
      expect([...actual]).toEqual([...expected]);
    });
  });

  it('do not let rows be written beyond the places of a cache', () => {
    tf.tidy(() => {
      const write = () => cacheWrite(tf.zeros([1, 4, 1, 2]), tf.zeros([1, 2, 1, 2]), 3);
      expect(write).toThrow('cacheWrite: 2 rows from 3 on do not fit into 4 places.');
    });
  });

  it('reach an engine that wants it as they are described, and no dense mask is built', () => {
    const seen: { causal: boolean; inputs: readonly string[] }[] = [];
    tf.registerKernel({
      kernelName: DESCRIBED_ATTENTION,
      backendName: backend,
      kernelFunc: ({ inputs, attrs }) => {
        const { mask } = attrs as object as DescribedAttentionAttributes;
        seen.push({ causal: mask.kind === 'segments' && isCausal(mask), inputs: Object.keys(inputs) });
        return [tf.zerosLike(inputs.query as tf.Tensor)];
      },
    });
    try {
      tf.tidy(() => {
        const heads = () => tf.ones([1, 3, 2, 4]);
        attention(heads(), heads(), heads(), segments([0, 0, 0], [-1, -1, -1]));
        attention(heads(), heads(), heads(), segments([0, 0, 0], [1, 1, -1]));
      });
    } finally {
      tf.unregisterKernel(DESCRIBED_ATTENTION, backend);
    }
    const inputs = ['query', 'key', 'value'];
    expect(seen).toEqual([
      { causal: true, inputs },
      { causal: false, inputs },
    ]);
  });
});
