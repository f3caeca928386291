/**
 * What stands beside the weights so that `AutoProcessor` of `transformers` makes of images and texts what the embedded model was trained on:
 * the tokenizer cut to the model's vocabulary, SigLIP's image processor, and a chat template that lays out image, question and answer.
 */
import { createRequire } from 'node:module';
import { DataError } from '../../data/data-error.js';
import { loadTokenizer, type Tokenizer } from '../../data/tokenizer/load-tokenizer.js';
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
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

/** Of a model: the content of its `tokenizer.json`, and the tokens that its sequences are built with. */
export interface ExportedTokenizer {
  readonly content: TokenizerFile;
  readonly special: Tokenizer['special'];
}

/**
 * @param file of a run that trained a tokenizer of its own; by default the embedded one, cut to the model's vocabulary
 * @throws DataError for a file that is missing or damaged, or of another vocabulary than the model's
 */
export function tokenizerOf({ language }: ModelConfig, file?: string): ExportedTokenizer {
  if (file === undefined) {
    const content = embeddedTokenizer(language.vocabularySize);
    return { content, special: loadTokenizer(content).special };
  }
  const { special, vocabularySize } = loadTokenizer(file);
  if (vocabularySize !== language.vocabularySize) {
    const problem = `the tokenizer has ${vocabularySize} tokens, and the model ${language.vocabularySize}`;
    throw new DataError({ code: 'malformed-file', file, problem });
  }
  return { content: readJson(file) as TokenizerFile, special };
}

function embeddedTokenizer(vocabularySize: number): TokenizerFile {
  const file = createRequire(import.meta.url).resolve('#package/reference-model/data/tokenizer/tokenizer.json');
  const whole = readJson(file) as TokenizerFile;
  const vocab = Object.fromEntries(Object.entries(whole.model.vocab).filter(([, id]) => id < vocabularySize));
  const addedTokens = whole.added_tokens.filter(({ id }) => id < vocabularySize);
  return { ...whole, added_tokens: addedTokens, model: { ...whole.model, vocab } };
}

/**
 * Writes into an existing folder.
 *
 * @param hasTemplateInside whether `tokenizer_config.json` holds the chat template too, which is where transformers.js looks for it
 */
export function writeProcessor(
  folder: string,
  model: ModelConfig,
  { content }: ExportedTokenizer,
  { hasTemplateInside = false } = {},
): void {
  writeTokenizer(folder, content, {
    model_max_length: model.language.maximumPositions,
    ...(hasTemplateInside ? { chat_template: CHAT_TEMPLATE } : {}),
  });
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

function writeTokenizer(folder: string, content: TokenizerFile, more: Readonly<Record<string, unknown>>): void {
  writeJson(folder, 'tokenizer.json', content);
  const knowsUnknown = content.added_tokens.some((token) => token.content === UNKNOWN);
  writeJson(folder, 'tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    processor_class: 'LlavaProcessor',
    bos_token: BEGIN,
    eos_token: END,
    pad_token: PAD,
    ...(knowsUnknown ? { unk_token: UNKNOWN } : {}),
    additional_special_tokens: [IMAGE],
    clean_up_tokenization_spaces: false,
    ...more,
    padding_side: 'left',
    // Version 4 would hand the model token types, which it refuses.
    model_input_names: ['input_ids', 'attention_mask'],
  });
}
