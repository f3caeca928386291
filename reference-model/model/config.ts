/**
 * The shape of a vision-language model: SigLIP- or CLIP-style vision encoder, LLaVA-1.5-style connector, Qwen2- or Llama-style decoder.
 * The embedded size and the paper size differ only in these numbers. What is optional is absent where it has its default, so that a
 * configuration keeps its canonical form, and with it the identity of its runs.
 */

/** How a unit responds: GELU in its tanh approximation, exact, or as x·σ(1.702x). */
export type Activation = 'gelu-tanh' | 'gelu' | 'quick-gelu';

/** Vision transformer of SigLIP (Zhai et al. 2023, arXiv 2303.15343) or CLIP; field names follow their Hugging Face config. */
export interface VisionConfig {
  /** `siglip` by default. CLIP (Radford et al. 2021, arXiv 2103.00020) has a class token, a norm in front and no bias of its patches. */
  readonly family?: 'siglip' | 'clip';
  readonly imageSize: number;
  readonly patchSize: number;
  /** Whether pixels at the right and the lower edge may fill no whole patch; they are not seen then. By default patches fill the image. */
  readonly ignoresRemainder?: boolean;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly attentionHeads: number;
  readonly layerNormEpsilon: number;
  /** `gelu-tanh` by default. */
  readonly activation?: Activation;
  /** Whether a norm stands behind the last layer, as it does by default; LLaVA takes its features in front of it. */
  readonly finalNorm?: boolean;
  /** Whether the first token is left out of the features; it is not by default. Of CLIP it is the class token, of SigLIP a patch. */
  readonly dropFirstToken?: boolean;
}

/** Two-layer MLP of LLaVA-1.5 (Liu et al. 2023, arXiv 2310.03744). */
interface ConnectorConfig {
  /** `gelu-tanh` by default. */
  readonly activation?: Activation;
  /** Pixel-shuffle factor r: r×r neighbouring visual tokens become one token of r²·width channels. 1 turns it off. */
  readonly pixelShuffle: number;
}

/**
 * Frequencies of Llama 3.1 for texts longer than it was first trained on (Grattafiori et al. 2024, arXiv 2407.21783); field names follow
 * its Hugging Face config. Waves longer than `originalMaximumPositions / lowFrequencyFactor` are stretched by `factor`, those shorter than
 * `originalMaximumPositions / highFrequencyFactor` are left, and what lies between is mixed of both.
 */
export interface RotaryScaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalMaximumPositions: number;
}

/** Decoder of Qwen2 (Yang et al. 2024, arXiv 2407.10671) or Llama (arXiv 2302.13971); field names follow their Hugging Face config. */
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
  /** Which projections of attention have a bias: of query, key and value by default, as in Qwen2. */
  readonly attentionBias?: 'query-key-value' | 'all' | 'none';
  /** Whether the token table also gives the scores of the next token, as it does by default; else a matrix of its own does. */
  readonly tiedHead?: boolean;
  readonly rotaryScaling?: RotaryScaling;
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

/** Patches along one side of an image. */
export function patchesPerSide({ imageSize, patchSize }: Pick<VisionConfig, 'imageSize' | 'patchSize'>): number {
  return Math.floor(imageSize / patchSize);
}

/** Tokens that the encoder's layers compute of one image: its patches, and the class token where there is one. */
export function encoderTokens(vision: Pick<VisionConfig, 'family' | 'imageSize' | 'patchSize'>): number {
  return patchesPerSide(vision) ** 2 + (vision.family === 'clip' ? 1 : 0);
}

/** Features of one image that the connector is given. */
export function featuresPerImage(vision: VisionConfig): number {
  return encoderTokens(vision) - (vision.dropFirstToken === true ? 1 : 0);
}

/** Visual tokens that one image contributes to the language model's sequence. */
export function visualTokensPerImage({ vision, connector }: Pick<ModelConfig, 'vision' | 'connector'>): number {
  return featuresPerImage(vision) / connector.pixelShuffle ** 2;
}
