/**
 * Checkpoints of the hub as parts of a model: a vision encoder, a language model, or a whole LLaVA model. Configuration and headers are
 * read and checked completely, so that what is wrong is told before memory is taken; values are fetched one tensor at a time.
 */

import { InputError } from '../../files/input-error.js';
import type { LanguageConfig, ModelConfig, Part, VisionConfig } from '../../model/config.js';
import { LANGUAGE_PREFIX, OUTPUT_HEAD, parameterSpecifications, VISION_PREFIX } from '../../model/parameters.js';
import type { TensorSources } from '../tensor-file.js';
import { type ConfigFields, openConfig } from './config-fields.js';
import { LANGUAGE_FAMILIES, type LanguageFamily } from './language-families.js';
import { matchTensors, type NameRule } from './match-tensors.js';
import { languageNames, visionNames, wholeNames } from './names.js';
import { type FolderTensors, openFolder } from './open-tensors.js';
import {
  type FeatureSelection,
  readActivation,
  selectFeatures,
  VISION_FAMILIES,
  type VisionFamily,
} from './vision-families.js';

/** A part of a model, or all of it. */
export interface Pretrained<Config> {
  readonly config: Config;
  /** By our name of the parameter; none of them read yet. */
  readonly tensors: TensorSources;
}

/** A whole model, and the token that stands in its texts for each visual token. */
export interface PretrainedModel extends Pretrained<ModelConfig> {
  readonly imageToken: number;
}

/** Sizes of the parts that are not looked at. */
const ANY_VISION: VisionConfig = {
  imageSize: 1,
  patchSize: 1,
  hiddenSize: 1,
  intermediateSize: 1,
  layers: 0,
  attentionHeads: 1,
  layerNormEpsilon: 1,
};
const ANY_LANGUAGE: LanguageConfig = {
  vocabularySize: 1,
  hiddenSize: 2,
  intermediateSize: 1,
  layers: 0,
  attentionHeads: 1,
  keyValueHeads: 1,
  rotaryBase: 1,
  rmsNormEpsilon: 1,
  maximumPositions: 2,
};

/**
 * A vision encoder, of a checkpoint of its own or of one with both towers.
 *
 * @param selection which features the connector is to have; those behind the last norm of the family by default
 * @throws InputError, SafetensorsError, ParameterMismatchError
 */
export function openVision(folder: string, selection?: FeatureSelection): Pretrained<VisionConfig> {
  const fields = openConfig(folder);
  const family = fields.choice('model_type', VISION_FAMILIES);
  const encoder = fields.child('vision_config') ?? fields;
  const config = selected(family.read(encoder), selection, encoder);
  const rule = visionNames(unusedVision(family, config));
  const whole = { vision: config, connector: { pixelShuffle: 1 }, language: ANY_LANGUAGE };
  return { config, tensors: matchPart(whole, 'vision', openFolder(folder), rule) };
}

/**
 * A language model.
 *
 * @throws InputError, SafetensorsError, ParameterMismatchError
 */
export function openLanguage(folder: string): Pretrained<LanguageConfig> {
  const fields = openConfig(folder);
  const family = fields.choice('model_type', LANGUAGE_FAMILIES);
  const config = family.read(fields);
  const rule = languageNames(unusedLanguage(family, config));
  const whole = { vision: ANY_VISION, connector: { pixelShuffle: 1 }, language: config };
  return { config, tensors: matchPart(whole, 'language', openFolder(folder), rule) };
}

/**
 * A whole model of the class `LlavaForConditionalGeneration`.
 *
 * @throws InputError, SafetensorsError, ParameterMismatchError
 */
export function openLlava(folder: string): PretrainedModel {
  const fields = openConfig(folder);
  requireWhole(fields);
  fields.requireValue('multimodal_projector_bias', true);
  fields.requireAbsent('quantization_config');
  const vision = readPart(fields, 'vision_config', VISION_FAMILIES, 'clip_vision_model');
  const text = readPart(fields, 'text_config', LANGUAGE_FAMILIES, 'llama');
  const selection: FeatureSelection = {
    layer: fields.integer('vision_feature_layer', -2),
    strategy: fields.choice('vision_feature_select_strategy', { default: 'default', full: 'full' } as const, 'default'),
  };
  const visionConfig = selected(vision.family.read(vision.fields), selection, fields);
  const folderTensors = openFolder(folder);
  const hasHead = [...folderTensors.tensors.keys()].some((name) => name.endsWith('lm_head.weight'));
  const language = withTie(text.family.read(text.fields), fields, text.fields, hasHead);
  const activation = readActivation(fields, 'projector_hidden_act', 'gelu');
  const connector = { pixelShuffle: 1, ...(activation === 'gelu-tanh' ? {} : { activation }) };
  const config: ModelConfig = { vision: visionConfig, connector, language };
  const imageField =
    fields.has('image_token_index') || !fields.has('image_token_id') ? 'image_token_index' : 'image_token_id';
  const imageToken = fields.integer(imageField, 32_000);
  if (imageToken < 0 || imageToken >= language.vocabularySize) {
    throw fields.error(`${imageField} is ${imageToken}`, `a token below ${language.vocabularySize}`, imageField);
  }
  const isUnusedVision = unusedVision(vision.family, visionConfig);
  const isUnusedLanguage = unusedLanguage(text.family, language);
  const rule = wholeNames((name) => isUnusedVision(name) || isUnusedLanguage(name));
  const tensors = matchTensors(parameterSpecifications(config), folderTensors, rule);
  return { config, tensors, imageToken };
}

/** A part alone is no kind that is not implemented: it is what a training starts from. */
function requireWhole(fields: ConfigFields): void {
  const kind = String(fields.value('model_type'));
  const folder = Object.hasOwn(LANGUAGE_FAMILIES, kind) ? 'language' : 'vision';
  if (folder === 'vision' && !Object.hasOwn(VISION_FAMILIES, kind)) {
    fields.choice('model_type', { llava: true });
    return;
  }
  const part =
    folder === 'language' ? 'a language model alone, which sees no images' : 'an encoder, which writes no texts';
  throw new InputError({
    code: 'data-invalid',
    what: `model_type is "${kind}": this is ${part}`,
    where: fields.file,
    expected: 'a whole model of images and texts, of model_type llava',
    fix: `name the folder of one, or train one from its parts: vlm-bench train CONFIG.yaml --weights DIR, with this folder as DIR/${folder}`,
  });
}

function matchPart(config: ModelConfig, part: Part, folder: FolderTensors, rule: NameRule): TensorSources {
  const specifications = parameterSpecifications(config).filter((specification) => specification.part === part);
  return matchTensors(specifications, folder, rule);
}

function readPart<Family>(
  whole: ConfigFields,
  name: string,
  families: Readonly<Record<string, Family>>,
  fallback: string,
): { readonly fields: ConfigFields; readonly family: Family } {
  const fields = whole.child(name);
  if (fields === undefined) throw whole.error(`${name} is missing`, 'the configuration of a part', name);
  return { fields, family: fields.choice('model_type', families, fallback) };
}

function selected(vision: VisionConfig, selection: FeatureSelection | undefined, fields: ConfigFields): VisionConfig {
  if (selection === undefined) return vision;
  const config = selectFeatures(vision, selection);
  if (config !== undefined) return config;
  const { layer } = selection;
  throw fields.error(
    `vision_feature_layer is ${layer}, which is no layer of the encoder`,
    `an integer from ${-vision.layers - 1} to ${vision.layers}`,
    'vision_feature_layer',
  );
}

/** Version 4 of `transformers` reads the flag of the text's configuration, version 5 that of the whole: where they differ, the file tells. */
function withTie(language: LanguageConfig, whole: ConfigFields, text: ConfigFields, hasHead: boolean): LanguageConfig {
  const name = 'tie_word_embeddings';
  const own = text.flag(name, whole.flag(name, false));
  const isTied = whole.flag(name, own) === own ? own : !hasHead;
  const { tiedHead: _, ...config } = language;
  return isTied ? config : { ...config, tiedHead: false };
}

function unusedVision(
  family: VisionFamily,
  { layers, finalNorm = true }: VisionConfig,
): (parameter: string) => boolean {
  return (parameter) => {
    if (!parameter.startsWith(`${VISION_PREFIX}.`)) return false;
    const rest = parameter.slice(VISION_PREFIX.length + 1);
    const layer = /^encoder\.layers\.(\d+)\./.exec(rest)?.[1];
    return family.unused.test(rest) || Number(layer) >= layers || (!finalNorm && rest.startsWith('post_layernorm.'));
  };
}

function unusedLanguage(family: LanguageFamily, { tiedHead = true }: LanguageConfig): (parameter: string) => boolean {
  return (parameter) => {
    // A copy of the table that it is tied to.
    if (parameter === `${OUTPUT_HEAD}.weight`) return tiedHead;
    return parameter.startsWith(`${LANGUAGE_PREFIX}.`) && family.unused.test(parameter);
  };
}
