/**
 * Vision encoders of the hub that are implemented: for each family what its configuration says, with the defaults of `transformers`, and
 * which tensors of its checkpoints belong to something else. SigLIP 2 of fixed resolution is published as `siglip`.
 */
import type { Activation, VisionConfig } from '../../model/config.js';
import type { ConfigFields } from './config-fields.js';
import { LARGEST_LAYERS, LARGEST_WIDTH } from './limits.js';

export interface VisionFamily {
  readonly read: (fields: ConfigFields) => VisionConfig;
  /** Tensors of the encoder that features do not depend on, by the rest of their name. */
  readonly unused: RegExp;
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_new: 'gelu-tanh',
  gelu: 'gelu',
  quick_gelu: 'quick-gelu',
};

/** As the connector of LLaVA names them. */
export function readActivation(fields: ConfigFields, name: string, fallback: string): Activation {
  return fields.choice(name, ACTIVATIONS, fallback);
}

interface Defaults {
  readonly family: 'siglip' | 'clip';
  readonly patchSize: number;
  readonly activation: string;
  readonly layerNormEpsilon: number;
}

function readEncoder(
  fields: ConfigFields,
  { family, patchSize, activation, layerNormEpsilon }: Defaults,
): VisionConfig {
  fields.requireValue('num_channels', 3);
  fields.requireAbsent('quantization_config');
  const config: VisionConfig = {
    ...(family === 'siglip' ? {} : { family }),
    imageSize: fields.count('image_size', 224, 8192),
    patchSize: fields.count('patch_size', patchSize, 8192),
    hiddenSize: fields.count('hidden_size', 768, LARGEST_WIDTH),
    intermediateSize: fields.count('intermediate_size', 3072, 8 * LARGEST_WIDTH),
    layers: fields.count('num_hidden_layers', 12, LARGEST_LAYERS),
    attentionHeads: fields.count('num_attention_heads', 12, LARGEST_WIDTH),
    layerNormEpsilon: fields.positive('layer_norm_eps', layerNormEpsilon),
  };
  const responds = readActivation(fields, 'hidden_act', activation);
  return {
    ...config,
    ...(config.imageSize % config.patchSize === 0 ? {} : { ignoresRemainder: true }),
    ...(responds === 'gelu-tanh' ? {} : { activation: responds }),
  };
}

const siglip: VisionFamily = {
  read: (fields) =>
    readEncoder(fields, { family: 'siglip', patchSize: 16, activation: 'gelu_pytorch_tanh', layerNormEpsilon: 1e-6 }),
  // The attention pooling behind the encoder.
  unused: /^(head\.|embeddings\.position_ids$)/,
};

const clip: VisionFamily = {
  read: (fields) => ({
    ...readEncoder(fields, { family: 'clip', patchSize: 32, activation: 'quick_gelu', layerNormEpsilon: 1e-5 }),
    finalNorm: false,
  }),
  // The last norm is for the class token of an embedding of the whole image alone.
  unused: /^(post_layernorm\.|embeddings\.position_ids$)/,
};

/** By `model_type`; a checkpoint of both towers has the vision encoder's configuration under `vision_config`. */
export const VISION_FAMILIES: Readonly<Record<string, VisionFamily>> = {
  siglip,
  siglip_vision_model: siglip,
  clip,
  clip_vision_model: clip,
};

/** Which features of an encoder a connector is given: LLaVA's `vision_feature_layer` and `vision_feature_select_strategy`. */
export interface FeatureSelection {
  /** Of the outputs of all layers, with what enters the first as number 0; negative from the last one backwards. */
  readonly layer: number;
  readonly strategy: 'default' | 'full';
}

/** The encoder up to the layer whose output is selected; undefined where it has no such layer. */
export function selectFeatures(vision: VisionConfig, { layer, strategy }: FeatureSelection): VisionConfig | undefined {
  const layers = layer < 0 ? vision.layers + 1 + layer : layer;
  if (layers < 0 || layers > vision.layers) return undefined;
  return { ...vision, layers, finalNorm: false, ...(strategy === 'default' ? { dropFirstToken: true } : {}) };
}
