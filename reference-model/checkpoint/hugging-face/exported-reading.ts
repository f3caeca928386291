/**
 * How an exported model is to read texts and images: tokenizer, special tokens, chat template and image processor, so that `AutoProcessor` of
 * `transformers` and of transformers.js makes of a request what the model was trained on. Models of the package have the embedded tokenizer or
 * one that they trained; a run that started from weights of the hub keeps what these came with.
 */
import { createRequire } from 'node:module';
import { ChatTemplate } from '../../data/chat/chat-template.js';
import { type HubReading, hubReader, withImages } from '../../data/chat/hub-reader.js';
import { hubTokenizerOf } from '../../data/chat/hub-tokenizer.js';
import { DataError } from '../../data/data-error.js';
import { type ImageProcessor, siglipProcessor } from '../../data/pixels/processor.js';
import { loadTokenizer } from '../../data/tokenizer/load-tokenizer.js';
import { requireRows } from '../../data/tokenizer/token-rows.js';
import { readJson } from '../../files/read-json.js';
import type { ModelConfig } from '../../model/config.js';
import type { ExpressedTokens } from './express-model.js';

type Json = Readonly<Record<string, unknown>>;

export interface ExportedReading {
  /** Content of `tokenizer.json`. */
  readonly tokenizer: Json;
  /** Texts of special tokens by their role, as `tokenizer_config.json` names them. */
  readonly specialTexts: Json;
  readonly special: ExpressedTokens;
  /** Any of them ends an answer. */
  readonly endTokens: readonly number[];
  /** The special token that stands for an image in a text. */
  readonly imageText: string;
  readonly chatTemplate: string;
  readonly images: ImageProcessor;
  /** What was changed of the files that the weights came with, as clauses for the card. */
  readonly changes: readonly string[];
}

/** What a run started from the hub with, and the file that keeps it, for messages. */
export interface RecordedReading {
  readonly reading: HubReading;
  readonly file: string;
  /** Where the number of rows stands, for messages. */
  readonly modelFile: string;
}

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

interface TokenizerFile extends Json {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

/**
 * Of a model of the package.
 *
 * @param file of a run that trained a tokenizer of its own; by default the embedded one, cut to the model's vocabulary
 * @throws DataError for a file that is missing or damaged, or of another vocabulary than the model's
 */
export function ownReading({ language, vision }: ModelConfig, file?: string): ExportedReading {
  const tokenizer = file === undefined ? embeddedTokenizer(language.vocabularySize) : (readJson(file) as TokenizerFile);
  const { special, vocabularySize } = loadTokenizer(file ?? tokenizer);
  if (file !== undefined && vocabularySize !== language.vocabularySize) {
    const problem = `the tokenizer has ${vocabularySize} tokens, and the model ${language.vocabularySize}`;
    throw new DataError({ code: 'malformed-file', file, problem });
  }
  const knowsUnknown = tokenizer.added_tokens.some((token) => token.content === UNKNOWN);
  return {
    tokenizer,
    specialTexts: {
      bos_token: BEGIN,
      eos_token: END,
      pad_token: PAD,
      ...(knowsUnknown ? { unk_token: UNKNOWN } : {}),
    },
    special,
    endTokens: [special.end],
    imageText: IMAGE!,
    chatTemplate: CHAT_TEMPLATE,
    images: siglipProcessor(vision.imageSize),
    changes: [],
  };
}

function embeddedTokenizer(vocabularySize: number): TokenizerFile {
  const file = createRequire(import.meta.url).resolve('#package/reference-model/data/tokenizer/tokenizer.json');
  const whole = readJson(file) as TokenizerFile;
  const vocab = Object.fromEntries(Object.entries(whole.model.vocab).filter(([, id]) => id < vocabularySize));
  const addedTokens = whole.added_tokens.filter(({ id }) => id < vocabularySize);
  return { ...whole, added_tokens: addedTokens, model: { ...whole.model, vocab } };
}

/** Roles that `transformers` gives special tokens. */
const ROLES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/**
 * Of a run that started from weights of the hub: its tokenizer as it was read, and its template. What `transformers` would do besides is
 * taken out, and what it would not do is written into them.
 *
 * @throws InputError for a tokenizer that is not implemented, or of another model
 */
export function readingOfHub(
  { language }: ModelConfig,
  { reading, file, modelFile }: RecordedReading,
): ExportedReading {
  const { texts, imageText } = withImages(reading.texts);
  const reader = hubReader(reading, file);
  const { special, vocabularySize: tokens } = reader;
  const rows = language.vocabularySize;
  requireRows({ tokens, tokenizerFile: file, rows, modelFile, placeholder: special.image });
  const hub = hubTokenizerOf(texts, file);
  const { takesParts } = new ChatTemplate(hub, imageText);
  const { processor, isCut } = withoutAdditions((texts.tokenizer as Json).post_processor);
  const textOf = (id: number) => [...hub.specialTokens].find(([, known]) => known === id)?.[0];
  const named = Object.entries(hub.specialTexts).filter(([role]) => ROLES.includes(role));
  const padding = textOf(special.pad);
  return {
    // A text is never cut or filled up on its way into a sequence.
    tokenizer: { ...texts.tokenizer, truncation: null, padding: null, post_processor: processor },
    specialTexts: { ...Object.fromEntries(named), ...(padding === undefined ? {} : { pad_token: padding }) },
    special,
    endTokens: hub.endTokens,
    imageText,
    chatTemplate: takesParts ? hub.chatTemplate! : `${JOINING_PARTS(imageText)}\n${hub.chatTemplate}`,
    images: reading.images,
    changes: [
      ...(texts === reading.texts ? [] : [`\`${imageText}\` is a token more, which stands for an image`]),
      ...(isCut ? ['the tokenizer adds no tokens to a text: the chat template states them all'] : []),
      ...(takesParts ? [] : ['the chat template, which expects texts, is given the parts of a message line by line']),
    ],
  };
}

/** What stands in front of a template that expects each message to be one text: it joins parts as `ChatTemplate` does. */
const JOINING_PARTS = (imageText: string): string =>
  [
    '{% set joined = namespace(messages=[], text="") %}',
    '{% for message in messages %}',
    "{% if message['content'] is string %}",
    '{% set joined.messages = joined.messages + [message] %}',
    '{% else %}',
    '{% set joined.text = "" %}',
    "{% for part in message['content'] %}",
    `{% set piece = ${JSON.stringify(imageText)} if part['type'] == 'image' else part['text'] %}`,
    '{% set joined.text = piece if loop.first else joined.text + "\\n" + piece %}',
    '{% endfor %}',
    "{% set joined.messages = joined.messages + [{'role': message['role'], 'content': joined.text}] %}",
    '{% endif %}',
    '{% endfor %}',
    '{% set messages = joined.messages %}',
  ].join('');

/** Steps behind the splitting of a text that leave its tokens as they are. */
const WITHOUT_ADDITIONS = ['ByteLevel'];

/** The steps of a tokenizer's `post_processor` but those that add tokens at the ends of a text. */
function withoutAdditions(processor: unknown): { readonly processor: unknown; readonly isCut: boolean } {
  const { type, processors } = Object(processor) as { readonly type?: unknown; readonly processors?: unknown };
  if (type === undefined) return { processor: null, isCut: false };
  if (type === 'Sequence' && Array.isArray(processors)) {
    const kept = processors.filter((step) => WITHOUT_ADDITIONS.includes(String(Object(step).type)));
    const isCut = kept.length < processors.length;
    return { processor: kept.length === 0 ? null : { ...Object(processor), processors: kept }, isCut };
  }
  return WITHOUT_ADDITIONS.includes(String(type)) ? { processor, isCut: false } : { processor: null, isCut: true };
}
