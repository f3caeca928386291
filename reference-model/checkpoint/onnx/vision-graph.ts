/** Vision encoder and connector of a model as a graph: pixels of images to what stands in their places among the embeddings of a text. */
import {
  encoderTokens,
  featuresPerImage,
  type MaskKind,
  type ModelConfig,
  patchesPerSide,
  type VisionConfig,
  visualTokensPerImage,
} from '../../model/config.js';
import { CONNECTOR_PREFIX, VISION_PREFIX } from '../../model/parameters.js';
import type { Graph } from './graph.js';
import { activate, attention, type LayerContext, layerNorm, linear, weight } from './layers.js';
import { hasMarks, markVisual } from './visual-marks.js';

/** `pixel_values` [N, 3, imageSize, imageSize] → `image_features` [N, visual tokens, language width]; marked where the mask needs it. */
export function visionGraph(context: LayerContext, config: ModelConfig, mask: MaskKind): Graph {
  const { graph } = context;
  const { vision, language } = config;
  const { finalNorm = true, imageSize } = vision;
  const pixels = graph.input('pixel_values', 'float', ['batch_size', 3, imageSize, imageSize]);
  let hidden = embedPatches(context, pixels, vision); // rows, until the end
  for (let i = 0; i < vision.layers; i++) hidden = encoderLayer(context, i, hidden, vision);
  const normed = finalNorm
    ? layerNorm(context, hidden, `${VISION_PREFIX}.post_layernorm`, vision.layerNormEpsilon)
    : hidden;
  const projected = connect(context, keptFeatures(context, normed, vision), config);
  const visualTokens = visualTokensPerImage(config);
  const shape = graph.integers([-1, visualTokens, language.hiddenSize]);
  const features = graph.add('Reshape', [projected, shape]);
  const isMarked = hasMarks(mask);
  const output = isMarked ? markVisual(graph, features, visualTokens) : features;
  const width = language.hiddenSize + (isMarked ? 1 : 0);
  graph.output(output, 'image_features', 'float', ['batch_size', visualTokens, width]);
  return graph.build();
}

/** Pixels → [N·V, D], with the class token and the places of patches. */
function embedPatches(context: LayerContext, pixels: string, vision: VisionConfig): string {
  const { graph } = context;
  const { family = 'siglip', hiddenSize, patchSize, layerNormEpsilon } = vision;
  const isClip = family === 'clip';
  const embeddings = `${VISION_PREFIX}.embeddings`;
  const kernel = weight(context, `${embeddings}.patch_embedding.weight`); // [D, 3, P, P]
  const bias = isClip ? [] : [weight(context, `${embeddings}.patch_embedding.bias`)];
  const side = [patchSize, patchSize];
  const grid = graph.add('Conv', [pixels, kernel, ...bias], { kernel_shape: side, strides: side });
  const columns = graph.add('Reshape', [grid, graph.integers([0, hiddenSize, patchesPerSide(vision) ** 2])]);
  const patches = graph.add('Transpose', [columns], { perm: [0, 2, 1] });
  const tokens = isClip ? withClassToken(context, patches, hiddenSize) : patches;
  const placed = graph.add('Add', [tokens, weight(context, `${embeddings}.position_embedding.weight`)]);
  const rows = graph.add('Reshape', [placed, graph.integers([-1, hiddenSize])]);
  return isClip ? layerNorm(context, rows, `${VISION_PREFIX}.pre_layrnorm`, layerNormEpsilon) : rows;
}

function withClassToken(context: LayerContext, patches: string, width: number): string {
  const { graph } = context;
  const token = weight(context, `${VISION_PREFIX}.embeddings.class_embedding`, [1, 1, width]);
  const images = graph.add('Shape', [patches], { start: 0, end: 1 });
  const shape = graph.add('Concat', [images, graph.integers([1, width])], { axis: 0 });
  return graph.add('Concat', [graph.add('Expand', [token, shape]), patches], { axis: 1 });
}

function encoderLayer(context: LayerContext, index: number, hidden: string, vision: VisionConfig): string {
  const { graph } = context;
  const { attentionHeads, hiddenSize, layerNormEpsilon, activation } = vision;
  const layer = `${VISION_PREFIX}.encoder.layers.${index}`;
  const channels = hiddenSize / attentionHeads;
  const x = layerNorm(context, hidden, `${layer}.layer_norm1`, layerNormEpsilon);
  const headsOf = (name: string): string => {
    const shape = graph.integers([-1, encoderTokens(vision), attentionHeads, channels]);
    const heads = graph.add('Reshape', [linear(context, x, `${layer}.self_attn.${name}`), shape]);
    return graph.add('Transpose', [heads], { perm: [0, 2, 1, 3] }); // [N, H, V, D/H]
  };
  const [query, key, value] = [headsOf('q_proj'), headsOf('k_proj'), headsOf('v_proj')];
  const mixed = attention(graph, { query, key, value, rank: 4, channels });
  const swapped = graph.add('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  const rows = graph.add('Reshape', [swapped, graph.integers([-1, hiddenSize])]);
  const attended = graph.add('Add', [hidden, linear(context, rows, `${layer}.self_attn.out_proj`)]);
  const y = layerNorm(context, attended, `${layer}.layer_norm2`, layerNormEpsilon);
  const inner = activate(graph, linear(context, y, `${layer}.mlp.fc1`), activation);
  return graph.add('Add', [attended, linear(context, inner, `${layer}.mlp.fc2`)]);
}

/** Rows of the features that the connector is given. */
function keptFeatures({ graph }: LayerContext, hidden: string, vision: VisionConfig): string {
  const { dropFirstToken = false, hiddenSize } = vision;
  if (!dropFirstToken) return hidden;
  const tokens = graph.add('Reshape', [hidden, graph.integers([-1, encoderTokens(vision), hiddenSize])]);
  const range = [[1], [encoderTokens(vision)], [1]].map((bounds) => graph.integers(bounds));
  return graph.add('Reshape', [graph.add('Slice', [tokens, ...range]), graph.integers([-1, hiddenSize])]);
}

/** Rows of features → rows of visual tokens. */
function connect(context: LayerContext, rows: string, { vision, connector }: ModelConfig): string {
  const { graph } = context;
  const { pixelShuffle: factor, activation } = connector;
  let folded = rows;
  if (factor !== 1) {
    // Each block of factor × factor patches becomes one token, its patches concatenated row by row.
    const blocks = Math.round(Math.sqrt(featuresPerImage(vision))) / factor;
    const wide = factor * vision.hiddenSize;
    const grid = graph.add('Reshape', [rows, graph.integers([-1, blocks, factor, blocks, wide])]);
    const gathered = graph.add('Transpose', [grid], { perm: [0, 1, 3, 2, 4] });
    folded = graph.add('Reshape', [gathered, graph.integers([-1, factor * wide])]);
  }
  const inner = activate(graph, linear(context, folded, `${CONNECTOR_PREFIX}.linear_1`), activation);
  return linear(context, inner, `${CONNECTOR_PREFIX}.linear_2`);
}
