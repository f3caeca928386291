/**
 * Floating-point operations of the model's matrix products, exactly as they are executed: 2·m·n·k for an m×k by k×n product.
 * Attention counts its two dense products over all T×T pairs, masked or not. Norms, activations, rotations, lookups and the
 * optimiser are not counted, as is usual for model FLOP utilisation (Chowdhery et al. 2022, arXiv 2204.02311, appendix B).
 */
import { encoderTokens, type ModelConfig, type Part, patchesPerSide, visualTokensPerImage } from './config.js';

export interface PassShape {
  readonly images: number;
  readonly sequences: number;
  /** Positions per sequence, padding included: it is computed as well. */
  readonly length: number;
  /** Rows for which logits are computed. */
  readonly targets: number;
}

export interface Flops {
  readonly forward: number;
  readonly backward: number;
}

/** Forward cost of the products of one part that have weights, and of those that have none. */
interface ForwardCost {
  /** Products whose input needs a gradient whenever a gradient passes through the part. */
  readonly projections: number;
  /** The first product of the part: its input needs a gradient only if something below is trained. */
  readonly firstProjection: number;
  /** Products of activations with activations. */
  readonly attention: number;
}

const product = (rows: number, inputs: number, outputs: number): number => 2 * rows * inputs * outputs;

function visionCost({ vision }: ModelConfig, { images }: PassShape): ForwardCost {
  const { hiddenSize, intermediateSize, layers, patchSize } = vision;
  const tokens = encoderTokens(vision);
  const rows = images * tokens;
  return {
    firstProjection: product(images * patchesPerSide(vision) ** 2, 3 * patchSize ** 2, hiddenSize),
    projections: layers * (4 * product(rows, hiddenSize, hiddenSize) + 2 * product(rows, hiddenSize, intermediateSize)),
    attention: layers * 2 * product(rows, hiddenSize, tokens),
  };
}

function connectorCost(config: ModelConfig, { images }: PassShape): ForwardCost {
  const { vision, connector, language } = config;
  const rows = images * visualTokensPerImage(config);
  return {
    firstProjection: product(rows, vision.hiddenSize * connector.pixelShuffle ** 2, language.hiddenSize),
    projections: product(rows, language.hiddenSize, language.hiddenSize),
    attention: 0,
  };
}

function languageCost({ language }: ModelConfig, { sequences, length, targets }: PassShape): ForwardCost {
  const { hiddenSize, intermediateSize, attentionHeads, keyValueHeads, layers, vocabularySize } = language;
  const rows = sequences * length;
  const keyValueSize = (hiddenSize / attentionHeads) * keyValueHeads;
  const perLayer =
    2 * product(rows, hiddenSize, hiddenSize) +
    2 * product(rows, hiddenSize, keyValueSize) +
    3 * product(rows, hiddenSize, intermediateSize);
  return {
    firstProjection: 0, // embeddings are looked up
    projections: layers * perLayer + product(targets, hiddenSize, vocabularySize),
    attention: layers * 2 * product(rows, hiddenSize, length),
  };
}

/**
 * Operations of one forward and backward pass.
 *
 * A gradient passes through a part if the part or one before it (vision → connector → language) is trained. Through such a part
 * each product costs once its forward again for the gradient of its input, and once more for the gradient of its weight if the
 * part itself is trained; attention costs twice its forward. Parts below the first trained one have no backward pass.
 *
 * @param trainable the parts that receive gradients; none for evaluation
 */
export function modelFlops(config: ModelConfig, shape: PassShape, trainable: readonly Part[]): Flops {
  const parts = [
    { part: 'vision', cost: visionCost(config, shape) },
    { part: 'connector', cost: connectorCost(config, shape) },
    { part: 'language', cost: languageCost(config, shape) },
  ] as const;
  let forward = 0;
  let backward = 0;
  let trainedBelow = false;
  for (const { part, cost } of parts) {
    const { projections, firstProjection, attention } = cost;
    const trained = trainable.includes(part);
    forward += projections + firstProjection + attention;
    if (trained || trainedBelow) backward += projections + 2 * attention;
    if (trained) backward += projections + firstProjection;
    if (trainedBelow) backward += firstProjection;
    trainedBelow ||= trained;
  }
  return { forward, backward };
}
