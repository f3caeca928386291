/**
 * Names, inputs, attributes and outputs of the fused kernels: the contract between `ops/`, which registers a composition of
 * stock operations and a gradient under each name, and engines that implement a kernel natively.
 * Shapes are [dimension, …]; all floats are float32, row-major and contiguous.
 */

import type { AttentionMask } from './attention-mask.js';

export const FusedKernel = {
  /** {x [.., K], weight [N, K], bias? [N]} → [y [.., N]] = x·weightᵀ + bias. */
  Linear: 'VlmLinear',
  /**
   * {query [B, T, H, D], key [B, C, G, D], value [B, C, G, D], mask bool [B, T, S]} with H a multiple of G (grouped queries) and
   * C ≥ S places of which the first S count, attrs AttentionAttributes → [output [B, T, H, D], probabilities [B, H, T, S]]. A row
   * that may attend nowhere yields zeros.
   */
  Attention: 'VlmAttention',
  /** {outputGradient [B, T, H, D], query, key, value, mask, probabilities} with C = S → [queryGradient, keyGradient, valueGradient]. */
  AttentionGradient: 'VlmAttentionGradient',
  /** {x [.., C], scale [C], offset [C]}, attrs NormAttributes → [y [.., C]]. */
  LayerNorm: 'VlmLayerNorm',
  /** {outputGradient, x, scale}, attrs NormAttributes → [xGradient, scaleGradient [C], offsetGradient [C]]. */
  LayerNormGradient: 'VlmLayerNormGradient',
  /** {x [.., C], scale [C]}, attrs NormAttributes → [y [.., C]] = x / sqrt(mean(x²) + ε) · scale. */
  RmsNorm: 'VlmRmsNorm',
  /** {outputGradient, x, scale}, attrs NormAttributes → [xGradient, scaleGradient [C]]. */
  RmsNormGradient: 'VlmRmsNormGradient',
  /** {x} → [y], the tanh approximation of GELU. */
  Gelu: 'VlmGelu',
  /** {outputGradient, x} → [xGradient]. */
  GeluGradient: 'VlmGeluGradient',
  /** {gate, up} → [silu(gate) · up]. */
  Swiglu: 'VlmSwiglu',
  /** {outputGradient, gate, up} → [gateGradient, upGradient]. */
  SwigluGradient: 'VlmSwigluGradient',
  /**
   * {x [B, T, H, D], positions int32 [B, T], cosine [P, D/2], sine [P, D/2]}, attrs RotaryAttributes → [y].
   * Channel i is paired with channel i + D/2 (Hugging Face convention). `inverse` rotates backwards: the gradient.
   */
  RotaryEmbedding: 'VlmRotaryEmbedding',
  /** {table [V, C], ids int32 [..]}, attrs EmbeddingAttributes → [y [.., C]]. An id outside 0…V−1 is an error. */
  EmbeddingLookup: 'VlmEmbeddingLookup',
  /** {outputGradient [.., C], ids int32 [..]}, attrs EmbeddingAttributes → [tableGradient [V, C]], rows added in order of ids. */
  EmbeddingGradient: 'VlmEmbeddingGradient',
  /** {logits [N, V], labels int32 [N]}, attrs CrossEntropyAttributes → [losses [N]]; 0 where the label is ignored. */
  SoftmaxCrossEntropy: 'VlmSoftmaxCrossEntropy',
  /** {outputGradient [N], logits [N, V], labels int32 [N]}, attrs CrossEntropyAttributes → [logitsGradient [N, V]]. */
  SoftmaxCrossEntropyGradient: 'VlmSoftmaxCrossEntropyGradient',
  /**
   * {parameter, gradient, firstMoment, secondMoment} of one shape, attrs AdamWAttributes →
   * [parameter, firstMoment, secondMoment] after the step, as new tensors.
   */
  AdamW: 'VlmAdamW',
  /** {x0, x1, …} of any shapes → [the sum of squares of each, [N]], in the order of the inputs. */
  SquaredNorms: 'VlmSquaredNorms',
  /** {cache [B, C, G, D], rows [B, T, G, D]}, attrs CacheWriteAttributes → [cache with the rows], which may share the cache's memory. */
  CacheWrite: 'VlmCacheWrite',
} as const;

/**
 * A kernel that an engine may have in place of Attention: {query [B, T, H, D], key [B, C, G, D], value}, attrs
 * DescribedAttentionAttributes → [output], with a gradient of the engine's own. It is handed the mask's description, and no dense mask is
 * built.
 */
export const DESCRIBED_ATTENTION = 'VlmDescribedAttention';

/**
 * A kernel that an engine may have in place of Linear and SoftmaxCrossEntropy after each other: {x [N, C], weight [V, C], labels int32 [N]},
 * attrs CrossEntropyAttributes → [losses [N]], with a gradient of the engine's own. The logits of all rows need not be held.
 */
export const PROJECTED_CROSS_ENTROPY = 'VlmProjectedCrossEntropy';

/**
 * A kernel that an engine may have in place of several Linear of one x: {x [.., K], weight0 [N, K], weight1, …, bias0 [N], bias1, …}, with
 * as many biases as weights or none → [y0 [.., N], y1, …], with a gradient of the engine's own.
 */
export const PROJECTIONS = 'VlmProjections';

export type FusedKernelName = (typeof FusedKernel)[keyof typeof FusedKernel];

/** `scale` multiplies the scores before the softmax; usually 1/√D. */
export type AttentionAttributes = { readonly scale: number };
export type DescribedAttentionAttributes = AttentionAttributes & { readonly mask: AttentionMask };
/** Where the first row is put. */
export type CacheWriteAttributes = { readonly place: number };
export type NormAttributes = { readonly epsilon: number };
export type RotaryAttributes = { readonly inverse: boolean };
export type EmbeddingAttributes = { readonly vocabularySize: number };
export type CrossEntropyAttributes = { readonly ignoreIndex: number };

export type AdamWAttributes = {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** 1 − β₁ᵗ and 1 − β₂ᵗ at this step. */
  readonly biasCorrection1: number;
  readonly biasCorrection2: number;
  /** Factor on the gradient: global-norm clipping. */
  readonly gradientScale: number;
};

/** What a kernel reads besides its tensors: plain numbers and switches. */
interface FusedAttributes {
  [FusedKernel.Attention]: AttentionAttributes;
  [FusedKernel.CacheWrite]: CacheWriteAttributes;
  [FusedKernel.AttentionGradient]: AttentionAttributes;
  [FusedKernel.LayerNorm]: NormAttributes;
  [FusedKernel.LayerNormGradient]: NormAttributes;
  [FusedKernel.RmsNorm]: NormAttributes;
  [FusedKernel.RmsNormGradient]: NormAttributes;
  [FusedKernel.RotaryEmbedding]: RotaryAttributes;
  [FusedKernel.EmbeddingLookup]: EmbeddingAttributes;
  [FusedKernel.EmbeddingGradient]: EmbeddingAttributes;
  [FusedKernel.SoftmaxCrossEntropy]: CrossEntropyAttributes;
  [FusedKernel.SoftmaxCrossEntropyGradient]: CrossEntropyAttributes;
  [FusedKernel.AdamW]: AdamWAttributes;
}

/** The attributes of a kernel; one that is not listed has none. */
export type AttributesOf<Name extends FusedKernelName> = Name extends keyof FusedAttributes
  ? FusedAttributes[Name]
  : Readonly<Record<string, never>>;
