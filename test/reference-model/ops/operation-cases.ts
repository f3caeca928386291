/** One case per fused operation and shape worth testing: inputs, how to run it, and what float64 says. */
import * as tf from '@tensorflow/tfjs-core';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { attention } from '../../../reference-model/ops/attention.js';
import { embeddingLookup } from '../../../reference-model/ops/embedding-lookup.js';
import { exactGelu } from '../../../reference-model/ops/exact-gelu.js';
import { gelu } from '../../../reference-model/ops/gelu.js';
import { layerNorm } from '../../../reference-model/ops/layer-norm.js';
import { linear } from '../../../reference-model/ops/linear.js';
import { quickGelu } from '../../../reference-model/ops/quick-gelu.js';
import { rmsNorm } from '../../../reference-model/ops/rms-norm.js';
import { rotaryEmbedding } from '../../../reference-model/ops/rotary-embedding.js';
import { softmaxCrossEntropy } from '../../../reference-model/ops/softmax-cross-entropy.js';
import { squaredNorms } from '../../../reference-model/ops/squared-norm.js';
import { swiglu } from '../../../reference-model/ops/swiglu.js';
import * as reference from './float64-reference.js';
import { type Dense, dense } from './float64-reference.js';

const stream = randomStream(11, 'operations');

/** Rounded to float32, so that the float64 reference and the engine start from the same numbers. */
export const random = (shape: readonly number[], spread = 1): Dense =>
  dense(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(stream.normal() * spread)),
  );

const integers = (shape: readonly number[], below: number): Dense =>
  dense(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.integer(below)),
  );

interface Input {
  readonly data: Dense;
  readonly dtype?: 'int32' | 'bool';
}

const TYPED_ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

export function toTensor({ data, dtype = 'float32' }: { data: Dense; dtype?: keyof typeof TYPED_ARRAYS }): tf.Tensor {
  return tf.tensor(TYPED_ARRAYS[dtype].from(data.values), [...data.shape], dtype);
}

export interface OperationCase {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly run: (inputs: readonly tf.Tensor[]) => tf.Tensor;
  readonly reference: (inputs: readonly Dense[]) => Dense;
  /** Largest error relative to the largest value. */
  readonly tolerance?: number;
  readonly differentiable?: false;
}

const floats = (...data: readonly Dense[]): readonly Input[] => data.map((input) => ({ data: input }));

function linearCase(
  name: string,
  leading: readonly number[],
  inputs: number,
  outputs: number,
  bias: boolean,
): OperationCase {
  const data = [random([...leading, inputs]), random([outputs, inputs]), ...(bias ? [random([outputs])] : [])];
  return {
    name,
    inputs: floats(...data),
    run: ([x, w, b]) => linear(x!, w!, b),
    reference: ([x, w, b]) => reference.linear(x!, w!, b),
  };
}

function attentionCase(
  name: string,
  [batch, targets, sources, heads, groups, channels]: readonly [number, number, number, number, number, number],
  allowed: (from: number, to: number) => boolean,
): OperationCase {
  const mask = new Float64Array(batch * targets * sources);
  for (let i = 0; i < mask.length; i++) mask[i] = allowed(Math.floor(i / sources) % targets, i % sources) ? 1 : 0;
  return {
    name,
    inputs: [
      ...floats(
        random([batch, targets, heads, channels]),
        random([batch, sources, groups, channels]),
        random([batch, sources, groups, channels]),
      ),
      { data: dense([batch, targets, sources], mask), dtype: 'bool' },
    ],
    run: ([q, k, v, m]) => attention(q!, k!, v!, { kind: 'dense', allowed: m! }),
    reference: ([q, k, v, m]) => reference.attention(q!, k!, v!, m!, 1 / Math.sqrt(channels)),
  };
}

function rotaryCase(name: string, shape: readonly [number, number, number, number]): OperationCase {
  const angles = random([11, shape[3] / 2], 3);
  const table = (f: (angle: number) => number): Dense =>
    dense(
      angles.shape,
      angles.values.map((a) => Math.fround(f(a))),
    );
  const [cosine, sine] = [table(Math.cos), table(Math.sin)];
  return {
    name,
    inputs: [{ data: random(shape) }, { data: integers(shape.slice(0, 2), 11), dtype: 'int32' }],
    run: ([x, positions]) =>
      rotaryEmbedding(x!, positions!, {
        cosine: toTensor({ data: cosine }),
        sine: toTensor({ data: sine }),
      }),
    reference: ([x, positions]) => reference.rotaryEmbedding(x!, positions!, cosine, sine),
  };
}

function crossEntropyCase(name: string, rows: number, vocabulary: number, spread: number): OperationCase {
  const labels = integers([rows], vocabulary);
  const some = dense(
    [rows],
    labels.values.map((label, i) => (i % 3 === 1 ? -100 : label)),
  );
  return {
    name,
    inputs: [{ data: random([rows, vocabulary], spread) }, { data: some, dtype: 'int32' }],
    run: ([logits, targets]) => softmaxCrossEntropy(logits!, targets!),
    reference: ([logits, targets]) => reference.softmaxCrossEntropy(logits!, targets!, -100),
  };
}

const norms = (channels: number): readonly Input[] =>
  floats(random([2, 3, channels], 2), random([channels]), random([channels]));

export const CASES: readonly OperationCase[] = [
  linearCase('linear with bias', [2, 5], 7, 6, true),
  linearCase('linear without bias', [3], 16, 33, false),
  linearCase('linear of one row', [1, 1], 3, 1, true),
  linearCase('linear over several tiles', [29], 19, 21, true),
  attentionCase('attention, causal', [2, 5, 5, 4, 4, 6], (from, to) => to <= from),
  attentionCase('attention, grouped heads', [2, 6, 6, 6, 2, 4], (from, to) => to <= from || (from < 3 && to < 3)),
  attentionCase('attention over a cache', [2, 1, 9, 4, 2, 8], (_, to) => to !== 3),
  attentionCase('attention with rows that see nothing', [1, 4, 4, 2, 1, 5], (from, to) => from % 2 === 0 && to <= from),
  attentionCase('attention over everything', [1, 17, 17, 2, 2, 16], () => true),
  {
    name: 'layerNorm',
    inputs: norms(9),
    run: ([x, scale, offset]) => layerNorm(x!, scale!, offset!, 1e-6),
    reference: ([x, scale, offset]) => reference.layerNorm(x!, scale!, offset!, 1e-6),
  },
  {
    name: 'layerNorm far from the origin',
    inputs: floats(
      dense(
        [4, 32],
        random([4, 32]).values.map((v) => Math.fround(v + 50)),
      ),
      random([32]),
      random([32]),
    ),
    run: ([x, scale, offset]) => layerNorm(x!, scale!, offset!, 1e-5),
    reference: ([x, scale, offset]) => reference.layerNorm(x!, scale!, offset!, 1e-5),
    tolerance: 1e-4,
  },
  {
    name: 'rmsNorm',
    inputs: norms(10).slice(0, 2),
    run: ([x, scale]) => rmsNorm(x!, scale!, 1e-6),
    reference: ([x, scale]) => reference.rmsNorm(x!, scale!, 1e-6),
  },
  {
    name: 'gelu',
    inputs: floats(random([3, 41], 3)),
    run: ([x]) => gelu(x!),
    reference: ([x]) => reference.gelu(x!),
  },
  {
    name: 'quickGelu',
    inputs: floats(random([3, 41], 3)),
    run: ([x]) => quickGelu(x!),
    reference: ([x]) => reference.quickGelu(x!),
  },
  {
    name: 'exactGelu',
    inputs: floats(random([3, 41], 2)),
    run: ([x]) => exactGelu(x!),
    reference: ([x]) => reference.exactGelu(x!),
  },
  {
    name: 'swiglu',
    inputs: floats(random([5, 13], 3), random([5, 13])),
    run: ([gate, up]) => swiglu(gate!, up!),
    reference: ([gate, up]) => reference.swiglu(gate!, up!),
  },
  rotaryCase('rotaryEmbedding', [2, 5, 3, 8]),
  rotaryCase('rotaryEmbedding of two channels', [1, 3, 1, 2]),
  {
    name: 'embeddingLookup with repeated ids',
    inputs: [{ data: random([7, 5]) }, { data: dense([2, 4], [0, 6, 3, 3, 3, 1, 0, 6]), dtype: 'int32' }],
    run: ([table, ids]) => embeddingLookup(table!, ids!),
    reference: ([table, ids]) => reference.embeddingLookup(table!, ids!),
  },
  crossEntropyCase('softmaxCrossEntropy', 7, 11, 2),
  crossEntropyCase('softmaxCrossEntropy of large logits', 4, 131, 60),
  {
    name: 'squaredNorms',
    inputs: floats(random([6, 101])),
    run: ([x]) => squaredNorms([x!]),
    reference: ([x]) => dense([1], reference.squaredNorm(x!).values),
    differentiable: false,
  },
];
