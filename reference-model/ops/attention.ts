/**
 * Scaled dot-product attention under a mask, with grouped key/value heads (Vaswani et al. 2017, arXiv 1706.03762;
 * Ainslie et al. 2023, arXiv 2305.13245). It takes heads as [B, T, H, D], so that projections need only a reshape.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type AttentionMask, denseMask, maskedSources } from './attention-mask.js';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import {
  type AttentionAttributes,
  DESCRIBED_ATTENTION,
  type DescribedAttentionAttributes,
  FusedKernel,
} from './kernels.js';
import { expectRank, expectShape, ShapeError } from './shape-error.js';

/**
 * @param query [B, T, H, D]
 * @param key [B, C, G, D], H a multiple of G; query head h reads group ⌊h·G/H⌋. Of C places the mask may count the first S only
 * @param value [B, C, G, D]
 * @param mask where a query may attend; one that may attend nowhere yields zeros
 * @param scale factor on the scores, 1/√D by default
 * @returns [B, T, H, D]
 * @throws ShapeError
 */
export function attention(
  query: tf.Tensor,
  key: tf.Tensor,
  value: tf.Tensor,
  mask: AttentionMask,
  scale?: number,
): tf.Tensor {
  expectRank('attention', 'query', query, 4);
  expectRank('attention', 'key', key, 4);
  const [batch, targets, heads, channels] = query.shape as [number, number, number, number];
  const [, places, groups] = key.shape as [number, number, number, number];
  expectShape('attention', 'query', query, [batch, targets, heads, channels]);
  expectShape('attention', 'key', key, [batch, places, groups, channels]);
  expectShape('attention', 'value', value, [batch, places, groups, channels]);
  if (heads % groups !== 0) {
    throw new ShapeError('attention', `${heads} query heads cannot share ${groups} key/value heads evenly.`);
  }
  const attributes: AttentionAttributes = { scale: scale ?? 1 / Math.sqrt(channels) };
  if (tf.getKernel(DESCRIBED_ATTENTION, tf.getBackend()) != null) {
    const described: DescribedAttentionAttributes = { ...attributes, mask };
    const inputs = { query, key, value };
    return (
      tf.engine().runKernel(DESCRIBED_ATTENTION, inputs, { ...described } as object as tf.NamedAttrMap) as tf.Tensor[]
    )[0]!;
  }
  const dense = denseMask(mask, { batch, targets, sources: maskedSources(mask, batch, places) });
  const outputs = runFusedKernel(FusedKernel.Attention, { query, key, value, mask: dense }, attributes);
  // While gradients are recorded the tape holds its own reference to the probabilities. Taking them off the list, which is the
  // tape's too, spares it a gradient of B·H·T·S zeros for an output that nobody uses.
  outputs.pop()!.dispose();
  return outputs[0]!;
}

/** [B, T, H, D] → [B, G, (H/G)·T, D]: all queries that share a key/value head become rows of one matrix. */
function groupQueries(x: tf.Tensor, groups: number): tf.Tensor4D {
  const [batch, targets, heads, channels] = x.shape as [number, number, number, number];
  const split = tf.reshape(x, [batch, targets, groups, heads / groups, channels]);
  return tf.reshape(tf.transpose(split, [0, 2, 3, 1, 4]), [batch, groups, (heads / groups) * targets, channels]);
}

/** Inverse of `groupQueries`. */
function ungroupQueries(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const [batch, targets, heads, channels] = shape as [number, number, number, number];
  const groups = x.shape[1]!;
  const split = tf.reshape(x, [batch, groups, heads / groups, targets, channels]);
  return tf.reshape(tf.transpose(split, [0, 3, 1, 2, 4]), [batch, targets, heads, channels]);
}

/** [B, S, G, D] ↔ [B, G, S, D]. */
const swapHeads = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 2, 1, 3]) as tf.Tensor4D;

/** The first places of [B, C, G, D]. */
const firstPlaces = (x: tf.Tensor, count: number): tf.Tensor =>
  x.shape[1] === count ? x : tf.slice(x, [0, 0, 0, 0], [x.shape[0]!, count, x.shape[2]!, x.shape[3]!]);

/** A score no allowed position can reach; finite, so that an empty row does not turn into NaN. */
const FORBIDDEN_SCORE = -1e30;

export const attentionOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.Attention,
      composite: ({ query, key, value, mask }, { scale }: AttentionAttributes) => {
        const [batch, heads] = [query!.shape[0]!, query!.shape[2]!];
        const [, targets, sources] = mask!.shape as [number, number, number];
        const rows = groupQueries(query!, key!.shape[2]!);
        const scores = tf.mul(tf.matMul(rows, swapHeads(firstPlaces(key!, sources)), false, true), scale);
        const perHead = tf.reshape(scores, [batch, heads, targets, sources]);
        const allowed = tf.broadcastTo(tf.expandDims(mask!, 1), perHead.shape);
        const masked = tf.where(allowed, perHead, tf.fill(perHead.shape, FORBIDDEN_SCORE));
        const exponentials = tf.mul(tf.exp(tf.sub(masked, tf.max(masked, -1, true))), tf.cast(allowed, 'float32'));
        const probabilities = tf.divNoNan(exponentials, tf.sum(exponentials, -1, true));
        const grouped = tf.reshape(probabilities, scores.shape);
        return [
          ungroupQueries(tf.matMul(grouped, swapHeads(firstPlaces(value!, sources))), query!.shape),
          probabilities,
        ];
      },
    },
    {
      name: FusedKernel.AttentionGradient,
      composite: ({ outputGradient, query, key, value, probabilities }, { scale }: AttentionAttributes) => {
        const groups = key!.shape[2]!;
        const rows = groupQueries(query!, groups);
        const gradientRows = groupQueries(outputGradient!, groups);
        const weights = tf.reshape(probabilities!, [...rows.shape.slice(0, 3), key!.shape[1]!]);
        const weightGradient = tf.matMul(gradientRows, swapHeads(value!), false, true);
        const mean = tf.sum(tf.mul(weightGradient, weights), -1, true);
        const scoreGradient = tf.mul(tf.mul(weights, tf.sub(weightGradient, mean)), scale);
        return [
          ungroupQueries(tf.matMul(scoreGradient, swapHeads(key!)), query!.shape),
          swapHeads(tf.matMul(scoreGradient, rows, true, false)),
          swapHeads(tf.matMul(weights, gradientRows, true, false)),
        ];
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.Attention,
      savedInputs: ['query', 'key', 'value', 'mask'],
      savedOutputs: [false, true],
      gradient: (outputGradient, [query, key, value, mask, probabilities], attributes: AttentionAttributes) => {
        const gradients = runFusedKernel(
          FusedKernel.AttentionGradient,
          { outputGradient, query: query!, key: key!, value: value!, mask: mask!, probabilities: probabilities! },
          attributes,
        );
        return { query: () => gradients[0]!, key: () => gradients[1]!, value: () => gradients[2]! };
      },
    },
  ],
};
