/**
 * What stands beside the weights so that `AutoProcessor` of `transformers` makes of images and texts what the embedded model was trained on:
 * the tokenizer cut to the model's vocabulary, SigLIP's image processor, and a chat template that lays out image, question and answer.
 */
import { createRequire } from 'node:module';
import { readJson } from '../../files/read-json.js';
import { type ModelConfig, patchesPerSide, visualTokensPerImage } from '../../model/config.js';
import { writeJson, writeText } from './write-folder.js';

/** Texts of the special tokens, as `data/tokenizer/tokenizer.json` spells them. */
const [IMAGE, BEGIN, END, PAD, UNKNOWN] = ['<image>', '<begin>', '<end>', '<pad>', '<unknown>'];

/** Images first, then the question behind the token that begins it; an answer ends with its own token. */
const CHAT_TEMPLATE = [
  '{% for message in messages %}',
  "{% set parts = [{'type': 'text', 'text': message['content']}] if message['content'] is string else message['content'] %}",
  "{% for part in parts %}{% if part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}",
  "{% if message['role'] != 'assistant' %}{{ '<begin>' }}{% endif %}",
  "{% for part in parts %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}",
  "{% if message['role'] == 'assistant' %}{{ '<end>' }}{% endif %}",
  '{% endfor %}',
].join('');

interface TokenizerFile {
  readonly added_tokens: readonly { readonly id: number }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

/** Writes into an existing folder. */
export function writeProcessor(folder: string, model: ModelConfig): void {
  writeTokenizer(folder, model.language.vocabularySize, model.language.maximumPositions);
  const { imageSize, patchSize } = model.vision;
  writeJson(folder, 'preprocessor_config.json', {
    processor_class: 'LlavaProcessor',
    image_processor_type: 'SiglipImageProcessor',
    do_resize: true,
    size: { height: imageSize, width: imageSize },
    resample: 3,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    do_convert_rgb: true,
  });
  writeJson(folder, 'processor_config.json', {
    processor_class: 'LlavaProcessor',
    image_token: IMAGE,
    patch_size: patchSize,
    vision_feature_select_strategy: 'full',
    // Beyond one for each patch.
    num_additional_image_tokens: visualTokensPerImage(model) - patchesPerSide(model.vision) ** 2,
  });
  writeText(folder, 'chat_template.jinja', CHAT_TEMPLATE);
}

function writeTokenizer(folder: string, vocabularySize: number, longest: number): void {
  const file = createRequire(import.meta.url).resolve('#package/reference-model/data/tokenizer/tokenizer.json');
  const whole = readJson(file) as TokenizerFile;
  const vocab = Object.fromEntries(Object.entries(whole.model.vocab).filter(([, id]) => id < vocabularySize));
  const addedTokens = whole.added_tokens.filter(({ id }) => id < vocabularySize);
  writeJson(folder, 'tokenizer.json', { ...whole, added_tokens: addedTokens, model: { ...whole.model, vocab } });
  writeJson(folder, 'tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    processor_class: 'LlavaProcessor',
    bos_token: BEGIN,
    eos_token: END,
    pad_token: PAD,
    unk_token: UNKNOWN,
    additional_special_tokens: [IMAGE],
    clean_up_tokenization_spaces: false,
    model_max_length: longest,
    padding_side: 'left',
    // Version 4 would hand the model token types, which it refuses.
    model_input_names: ['input_ids', 'attention_mask'],
  });
}
