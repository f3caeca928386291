/** Writes what stands beside the weights so that `AutoProcessor` reads texts and images as the model was trained to: see `exported-reading.ts`. */
import { KERNELS } from '../../data/pixels/kernels.js';
import type { ImageProcessor } from '../../data/pixels/processor.js';
import { type ModelConfig, patchesPerSide, visualTokensPerImage } from '../../model/config.js';
import type { ExportedReading } from './exported-reading.js';
import { writeJson, writeText } from './write-folder.js';

/**
 * Writes into an existing folder.
 *
 * @param hasTemplateInside whether `tokenizer_config.json` holds the chat template too, which is where transformers.js looks for it
 */
export function writeProcessor(
  folder: string,
  model: ModelConfig,
  reading: ExportedReading,
  { hasTemplateInside = false } = {},
): void {
  const { tokenizer, specialTexts, imageText, chatTemplate, images } = reading;
  writeJson(folder, 'tokenizer.json', tokenizer);
  writeJson(folder, 'tokenizer_config.json', {
    // The class that takes `tokenizer.json` as it is, in both versions.
    tokenizer_class: 'PreTrainedTokenizerFast',
    processor_class: 'LlavaProcessor',
    ...specialTexts,
    additional_special_tokens: [imageText],
    clean_up_tokenization_spaces: false,
    model_max_length: model.language.maximumPositions,
    ...(hasTemplateInside ? { chat_template: chatTemplate } : {}),
    padding_side: 'left',
    // Version 4 would hand the model token types, which it refuses.
    model_input_names: ['input_ids', 'attention_mask'],
  });
  writeJson(folder, 'preprocessor_config.json', { processor_class: 'LlavaProcessor', ...settingsOf(images) });
  writeJson(folder, 'processor_config.json', {
    processor_class: 'LlavaProcessor',
    image_token: imageText,
    patch_size: model.vision.patchSize,
    vision_feature_select_strategy: 'full',
    // Beyond one for each patch.
    num_additional_image_tokens: visualTokensPerImage(model) - patchesPerSide(model.vision) ** 2,
  });
  writeText(folder, 'chat_template.jinja', chatTemplate);
}

/** The settings that `readProcessor` makes the same processor of. */
function settingsOf({ resize, crop, rescale, normalize }: ImageProcessor): Readonly<Record<string, unknown>> {
  const keepsShape = resize !== undefined && 'shortestEdge' in resize.to;
  return {
    image_processor_type: keepsShape || crop !== undefined ? 'CLIPImageProcessor' : 'SiglipImageProcessor',
    do_resize: resize !== undefined,
    ...(resize === undefined ? {} : { size: sizeOf(resize.to), resample: KERNELS.indexOf(resize.kernel) }),
    ...(keepsShape || crop !== undefined ? { do_center_crop: crop !== undefined } : {}),
    ...(crop === undefined ? {} : { crop_size: { height: crop.height, width: crop.width } }),
    do_rescale: rescale !== undefined,
    ...(rescale === undefined ? {} : { rescale_factor: rescale }),
    do_normalize: normalize !== undefined,
    ...(normalize === undefined ? {} : { image_mean: normalize.mean, image_std: normalize.deviation }),
    do_convert_rgb: true,
  };
}

const sizeOf = (to: NonNullable<ImageProcessor['resize']>['to']): Readonly<Record<string, number>> =>
  'shortestEdge' in to ? { shortest_edge: to.shortestEdge } : { height: to.height, width: to.width };
