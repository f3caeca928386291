/**
 * Language models of the hub that are implemented: for each family what its configuration says, with the defaults of `transformers`, and
 * which tensors of its checkpoints are not needed. SmolLM2 is published as `llama`, Qwen2.5 as `qwen2`.
 */
import type { LanguageConfig, RotaryScaling } from '../../model/config.js';
import type { ConfigFields } from './config-fields.js';
import { LARGEST_CONTEXT, LARGEST_LAYERS, LARGEST_VOCABULARY, LARGEST_WIDTH } from './limits.js';

export interface LanguageFamily {
  readonly read: (fields: ConfigFields) => LanguageConfig;
  /** Tensors that are computed from the configuration, by the rest of their name. */
  readonly unused: RegExp;
}

const DEFAULT_ROTARY_BASE = 10_000;

/** Frequencies of positions, as `transformers` 4 (`rope_theta`, `rope_scaling`) and 5 (`rope_parameters`) write them. */
function readRotary(fields: ConfigFields): Pick<LanguageConfig, 'rotaryBase' | 'rotaryScaling'> {
  const parameters = fields.child('rope_parameters') ?? fields.child('rope_scaling');
  const base = parameters?.has('rope_theta') ? parameters : fields;
  const rotaryBase = base.positive('rope_theta', DEFAULT_ROTARY_BASE);
  if (parameters === undefined) return { rotaryBase };
  if (parameters.has('partial_rotary_factor')) parameters.requireValue('partial_rotary_factor', 1);
  const kind = parameters.has('rope_type') || !parameters.has('type') ? 'rope_type' : 'type';
  const isScaled = parameters.choice(kind, { default: false, llama3: true }, 'default');
  return isScaled ? { rotaryBase, rotaryScaling: readScaling(parameters, fields) } : { rotaryBase };
}

function readScaling(parameters: ConfigFields, fields: ConfigFields): RotaryScaling {
  const lowFrequencyFactor = parameters.positive('low_freq_factor');
  const highFrequencyFactor = parameters.positive('high_freq_factor');
  if (highFrequencyFactor <= lowFrequencyFactor) {
    throw parameters.error('high_freq_factor is not above low_freq_factor', 'a larger number', 'high_freq_factor');
  }
  const original = 'original_max_position_embeddings';
  const holder = parameters.has(original) ? parameters : fields;
  return {
    factor: parameters.positive('factor'),
    lowFrequencyFactor,
    highFrequencyFactor,
    originalMaximumPositions: holder.count(original, undefined, LARGEST_CONTEXT),
  };
}

interface Defaults {
  readonly vocabularySize: number;
  readonly intermediateSize: number;
  readonly maximumPositions: number;
}

function readDecoder(fields: ConfigFields, defaults: Defaults): Omit<LanguageConfig, 'attentionBias'> {
  fields.requireValue('hidden_act', 'silu');
  fields.requireAbsent('quantization_config');
  const hiddenSize = fields.count('hidden_size', 4096, LARGEST_WIDTH);
  const attentionHeads = fields.count('num_attention_heads', 32, LARGEST_WIDTH);
  fields.requireValue('head_dim', hiddenSize / attentionHeads);
  const isTied = fields.flag('tie_word_embeddings', false);
  return {
    vocabularySize: fields.count('vocab_size', defaults.vocabularySize, LARGEST_VOCABULARY),
    hiddenSize,
    intermediateSize: fields.count('intermediate_size', defaults.intermediateSize, 8 * LARGEST_WIDTH),
    layers: fields.count('num_hidden_layers', 32, LARGEST_LAYERS),
    attentionHeads,
    keyValueHeads: fields.count('num_key_value_heads', attentionHeads, LARGEST_WIDTH),
    ...readRotary(fields),
    rmsNormEpsilon: fields.positive('rms_norm_eps', 1e-6),
    maximumPositions: fields.count('max_position_embeddings', defaults.maximumPositions, LARGEST_CONTEXT),
    ...(isTied ? {} : { tiedHead: false }),
  };
}

const COMPUTED = /rotary_emb\.inv_freq$/;

const qwen2: LanguageFamily = {
  read: (fields) => {
    fields.requireAbsent('use_sliding_window');
    const kinds = fields.value('layer_types') ?? [];
    if (!Array.isArray(kinds) || kinds.some((kind) => kind !== 'full_attention')) {
      throw fields.error(
        'layer_types asks for other attention than full_attention',
        'full_attention only',
        'layer_types',
      );
    }
    return readDecoder(fields, { vocabularySize: 151_936, intermediateSize: 22_016, maximumPositions: 32_768 });
  },
  unused: COMPUTED,
};

const llama: LanguageFamily = {
  read: (fields) => {
    fields.requireValue('mlp_bias', false);
    return {
      ...readDecoder(fields, { vocabularySize: 32_000, intermediateSize: 11_008, maximumPositions: 2048 }),
      attentionBias: fields.flag('attention_bias', false) ? 'all' : 'none',
    };
  },
  unused: COMPUTED,
};

/** By `model_type`. */
export const LANGUAGE_FAMILIES: Readonly<Record<string, LanguageFamily>> = { llama, qwen2 };
