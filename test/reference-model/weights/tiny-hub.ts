/** Folders of weights as they come from the hub, tiny and random: a SigLIP encoder with its processor, a Qwen2 with tokenizer and template. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import { trainTokenizer } from '../../../reference-model/data/tokenizer/train-tokenizer.js';
import type { ModelConfig } from '../../../reference-model/model/config.js';
import { initialValues, parameterSpecifications } from '../../../reference-model/model/parameters.js';

/** 32 pixels of 15-pixel patches: two of them fill no patch, as with SigLIP's 384 pixels of 14-pixel patches. */
export const TINY_HUB: ModelConfig = {
  vision: {
    imageSize: 32,
    patchSize: 15,
    ignoresRemainder: true,
    hiddenSize: 16,
    intermediateSize: 24,
    layers: 1,
    attentionHeads: 2,
    layerNormEpsilon: 1e-6,
  },
  connector: { pixelShuffle: 1 },
  language: {
    vocabularySize: 320,
    hiddenSize: 16,
    intermediateSize: 24,
    layers: 2,
    attentionHeads: 2,
    keyValueHeads: 1,
    rotaryBase: 10_000,
    rmsNormEpsilon: 1e-6,
    maximumPositions: 192,
  },
};

const TEMPLATE =
  "{% for message in messages %}{{ '<begin>' + message.role + '\\n' + message.content + '<end>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<begin>assistant\\n' }}{% endif %}";

const TEXTS = ['a red box is on the grass .', 'the snow with a blue box .', 'describe this image. user assistant'];

/** @param folder filled with `vision/` and `language/` @param seed of the random values */
export function writeTinyHub(
  folder: string,
  { seed = 3, model = TINY_HUB }: { seed?: number; model?: ModelConfig } = {},
) {
  writeVision(join(folder, 'vision'), model, seed);
  writeLanguage(join(folder, 'language'), model, seed);
}

const writeJson = (folder: string, name: string, content: object) =>
  writeFileSync(join(folder, name), JSON.stringify(content));

function writeWeights(folder: string, model: ModelConfig, part: 'vision' | 'language', seed: number, prefix: string) {
  const parameters = parameterSpecifications(model).filter((specification) => specification.part === part);
  const tensors = parameters.map((parameter) => {
    const values = initialValues(parameter, seed);
    return [parameter.name.replace(prefix, ''), { shape: parameter.shape, values }] as const;
  });
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(new Map(tensors), { format: 'pt' }));
}

function writeVision(folder: string, model: ModelConfig, seed: number): void {
  mkdirSync(folder, { recursive: true });
  const { imageSize, patchSize, hiddenSize, intermediateSize, layers, attentionHeads, layerNormEpsilon } = model.vision;
  writeJson(folder, 'config.json', {
    _name_or_path: 'someone/tiny-siglip',
    model_type: 'siglip_vision_model',
    image_size: imageSize,
    patch_size: patchSize,
    hidden_size: hiddenSize,
    intermediate_size: intermediateSize,
    num_hidden_layers: layers,
    num_attention_heads: attentionHeads,
    layer_norm_eps: layerNormEpsilon,
  });
  writeJson(folder, 'preprocessor_config.json', {
    image_processor_type: 'SiglipImageProcessor',
    size: { height: imageSize, width: imageSize },
    image_mean: [0.4, 0.5, 0.6],
    image_std: [0.5, 0.4, 0.3],
  });
  writeWeights(folder, model, 'vision', seed, 'vision_tower.');
}

function writeLanguage(folder: string, model: ModelConfig, seed: number): void {
  mkdirSync(folder, { recursive: true });
  const { language } = model;
  writeJson(folder, 'config.json', {
    model_type: 'qwen2',
    vocab_size: language.vocabularySize,
    hidden_size: language.hiddenSize,
    intermediate_size: language.intermediateSize,
    num_hidden_layers: language.layers,
    num_attention_heads: language.attentionHeads,
    num_key_value_heads: language.keyValueHeads,
    rope_theta: language.rotaryBase,
    rms_norm_eps: language.rmsNormEpsilon,
    max_position_embeddings: language.maximumPositions,
    tie_word_embeddings: true,
  });
  writeJson(folder, 'tokenizer.json', trainTokenizer(TEXTS, 300));
  writeJson(folder, 'tokenizer_config.json', { eos_token: '<end>', bos_token: '<begin>', pad_token: '<pad>' });
  writeFileSync(join(folder, 'chat_template.jinja'), TEMPLATE);
  writeWeights(folder, model, 'language', seed, 'language_model.');
}
