/**
 * The shape of a vision-language model: SigLIP-style vision encoder, LLaVA-1.5-style connector, Qwen2-style decoder.
 * The embedded size and the paper size differ only in these numbers.
 */

/** SigLIP vision transformer (Zhai et al. 2023, arXiv 2303.15343); field names follow its Hugging Face config. */
export interface VisionConfig {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly attentionHeads: number;
  readonly layerNormEpsilon: number;
}

/** Two-layer MLP of LLaVA-1.5 (Liu et al. 2023, arXiv 2310.03744). */
interface ConnectorConfig {
  /** Pixel-shuffle factor r: r×r neighbouring visual tokens become one token of r²·width channels. 1 turns it off. */
  readonly pixelShuffle: number;
}

/** Qwen2 decoder (Yang et al. 2024, arXiv 2407.10671); field names follow its Hugging Face config. */
export interface LanguageConfig {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly attentionHeads: number;
  readonly keyValueHeads: number;
  readonly rotaryBase: number;
  readonly rmsNormEpsilon: number;
  readonly maximumPositions: number;
}

export interface ModelConfig {
  readonly vision: VisionConfig;
  readonly connector: ConnectorConfig;
  readonly language: LanguageConfig;
}

/** The three parts that a training stage freezes or trains. */
export type Part = 'vision' | 'connector' | 'language';

/** Which positions may attend to which; see `masks.ts`. */
export const MASK_KINDS = ['causal', 'visual-bidirectional', 'prefix-bidirectional'] as const;

export type MaskKind = (typeof MASK_KINDS)[number];

/** Visual tokens that one image contributes to the language model's sequence. */
export function visualTokensPerImage({ vision, connector }: Pick<ModelConfig, 'vision' | 'connector'>): number {
  const side = vision.imageSize / vision.patchSize / connector.pixelShuffle;
  return side * side;
}
