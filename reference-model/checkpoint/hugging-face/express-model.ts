/**
 * A model of ours as a model of the class `LlavaForConditionalGeneration`: its `config.json`, which versions 4 and 5 of `transformers` read
 * alike, and its tensors under the names that both know. What that class cannot do is refused by name.
 */
import { InputError } from '../../files/input-error.js';
import {
  type Activation,
  type LanguageConfig,
  type ModelConfig,
  type VisionConfig,
  visualTokensPerImage,
} from '../../model/config.js';
import { VISION_PREFIX } from '../../model/parameters.js';
import type { TensorSources } from '../tensor-file.js';
import { filled, widthWithNorm, withFinalNormLayer } from './final-norm-layer.js';

type Json = Readonly<Record<string, unknown>>;

/** Tokens that a configuration names. */
export interface ExpressedTokens {
  readonly image: number;
  readonly begin: number;
  readonly end: number;
  readonly pad: number;
}

export interface ExpressedModel {
  /** Content of `config.json`. */
  readonly config: Json;
  readonly tensors: TensorSources;
  /** Whether a layer computes the encoder's last norm; see `final-norm-layer.ts`. */
  readonly hasNormLayer: boolean;
}

const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  'gelu-tanh': 'gelu_pytorch_tanh',
  gelu: 'gelu',
  'quick-gelu': 'quick_gelu',
};

/**
 * @param tensors every parameter, by its name
 * @throws InputError for a connector that folds patches
 */
export function expressModel(model: ModelConfig, tensors: TensorSources, tokens: ExpressedTokens): ExpressedModel {
  const { vision, connector } = model;
  if (connector.pixelShuffle !== 1) {
    throw new InputError({
      code: 'data-invalid',
      what: `the connector folds ${connector.pixelShuffle}×${connector.pixelShuffle} patches into one token, which LlavaForConditionalGeneration cannot`,
      where: 'field connector.pixelShuffle of the run',
      expected: '1',
      fix: 'export a run whose connector folds no patches',
    });
  }
  const { finalNorm: hasNormLayer = true } = vision;
  const own = hasNormLayer ? withFinalNormLayer(vision, tensors) : tensors;
  return {
    config: configurationOf(model, tokens, { hasNormLayer }),
    tensors: withUnusedNorm(vision, own),
    hasNormLayer,
  };
}

/** Content of `config.json`. @param hasNormLayer whether one more layer of the encoder computes its last norm */
export function configurationOf(
  model: ModelConfig,
  { image, begin, end, pad }: ExpressedTokens,
  { hasNormLayer }: { readonly hasNormLayer: boolean },
): Json {
  const { vision, connector, language } = model;
  const ends = { bos_token_id: begin, eos_token_id: end, pad_token_id: pad };
  return {
    architectures: ['LlavaForConditionalGeneration'],
    model_type: 'llava',
    dtype: 'float32',
    image_token_index: image,
    image_seq_length: visualTokensPerImage(model),
    multimodal_projector_bias: true,
    projector_hidden_act: ACTIVATIONS[connector.activation ?? 'gelu-tanh'],
    vision_feature_layer: -1,
    vision_feature_select_strategy: vision.dropFirstToken === true ? 'default' : 'full',
    ...ends,
    tie_word_embeddings: language.tiedHead ?? true,
    text_config: { ...languageConfig(language), ...ends },
    vision_config: visionConfig(vision, hasNormLayer),
  };
}

function visionConfig(vision: VisionConfig, hasNormLayer: boolean): Json {
  const isClip = vision.family === 'clip';
  return {
    model_type: isClip ? 'clip_vision_model' : 'siglip_vision_model',
    image_size: vision.imageSize,
    patch_size: vision.patchSize,
    num_channels: 3,
    hidden_size: vision.hiddenSize,
    intermediate_size: hasNormLayer ? widthWithNorm(vision) : vision.intermediateSize,
    num_hidden_layers: vision.layers + (hasNormLayer ? 1 : 0),
    num_attention_heads: vision.attentionHeads,
    layer_norm_eps: vision.layerNormEpsilon,
    hidden_act: ACTIVATIONS[vision.activation ?? 'gelu-tanh'],
    attention_dropout: 0,
    // The attention pooling of SigLIP is no part of the model.
    ...(isClip ? {} : { vision_use_head: false }),
  };
}

/** Content of `text_config`, without the tokens. */
export function languageConfig(language: LanguageConfig): Json {
  const { attentionBias = 'query-key-value', rotaryBase, rotaryScaling } = language;
  const scaling =
    rotaryScaling === undefined
      ? { rope_type: 'default' }
      : {
          rope_type: 'llama3',
          factor: rotaryScaling.factor,
          low_freq_factor: rotaryScaling.lowFrequencyFactor,
          high_freq_factor: rotaryScaling.highFrequencyFactor,
          original_max_position_embeddings: rotaryScaling.originalMaximumPositions,
        };
  const family =
    attentionBias === 'query-key-value'
      ? { model_type: 'qwen2', use_sliding_window: false }
      : { model_type: 'llama', attention_bias: attentionBias === 'all', mlp_bias: false };
  return {
    ...family,
    vocab_size: language.vocabularySize,
    hidden_size: language.hiddenSize,
    intermediate_size: language.intermediateSize,
    num_hidden_layers: language.layers,
    num_attention_heads: language.attentionHeads,
    num_key_value_heads: language.keyValueHeads,
    hidden_act: 'silu',
    rms_norm_eps: language.rmsNormEpsilon,
    max_position_embeddings: language.maximumPositions,
    tie_word_embeddings: language.tiedHead ?? true,
    attention_dropout: 0,
    // Version 4 reads the first two, version 5 the third.
    rope_theta: rotaryBase,
    ...(rotaryScaling === undefined ? {} : { rope_scaling: scaling }),
    rope_parameters: { rope_theta: rotaryBase, ...scaling },
  };
}

/** The class makes a norm behind the last layer that features do not pass through; without values it would start at random. */
function withUnusedNorm({ hiddenSize }: VisionConfig, tensors: TensorSources): TensorSources {
  return new Map([
    ...tensors,
    [`${VISION_PREFIX}.post_layernorm.weight`, filled([hiddenSize], () => 1)],
    [`${VISION_PREFIX}.post_layernorm.bias`, filled([hiddenSize], () => 0)],
  ]);
}
