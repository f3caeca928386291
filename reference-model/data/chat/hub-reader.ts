/**
 * The reader of a model whose parts come from the hub: tokenizer and chat template of the language model, image processor of the vision
 * encoder. What it is made from is plain JSON, so that the record of a run keeps it and its model can be asked without the folders.
 */
import type { ImageProcessor } from '../pixels/processor.js';
import type { ChatMessage } from './chat-template.js';
import { Conversations } from './conversation.js';
import { type HubTokenizer, type HubTokenizerFiles, hubTokenizerOf } from './hub-tokenizer.js';
import type { ChatLayout, LaidOutRequest, ModelReader } from './model-reader.js';

export interface HubReading {
  readonly texts: HubTokenizerFiles;
  readonly images: ImageProcessor;
}

/** What tokenizers call the place of an image: Qwen, Llama and LLaVA. */
const IMAGE_TEXTS = ['<|image_pad|>', '<|image|>', '<image>'];

/**
 * @param where the folder that the files come from, for messages
 * @throws InputError for a tokenizer that is not implemented, one without a chat template, or without an end of a text
 */
export function hubReader({ texts, images }: HubReading, where: string): ModelReader {
  const { texts: complete, imageText } = withImages(texts);
  const tokenizer = hubTokenizerOf(complete, where);
  const { endTokens, specialTokens, specialTexts, vocabularySize } = tokenizer;
  const chat = chatLayout(tokenizer, imageText);
  const [end] = endTokens;
  const named = (role: string) => specialTokens.get(specialTexts[role] ?? '') ?? end!;
  return {
    vocabularySize,
    special: { pad: named('pad_token'), image: specialTokens.get(imageText)!, begin: named('bos_token'), end: end! },
    encode: (text) => tokenizer.encodePlain(text),
    decode: (ids) => tokenizer.decode(ids).trim(),
    chat,
    processor: images,
  };
}

function chatLayout(tokenizer: HubTokenizer, imageText: string): ChatLayout {
  const conversations = new Conversations(tokenizer, { imageText, visualTokensPerImage: 1 });
  const imageToken = tokenizer.specialTokens.get(imageText)!;
  const aroundImage = (ids: readonly number[]): LaidOutRequest => {
    const place = ids.indexOf(imageToken);
    return { before: ids.slice(0, place), prompt: ids.slice(place + 1) };
  };
  const asked = (prompt: string): ChatMessage => ({
    role: 'user',
    parts: [{ kind: 'image' }, { kind: 'text', text: prompt }],
  });
  return {
    endTokens: tokenizer.endTokens,
    request: (prompt) => aroundImage(conversations.prompt([asked(prompt)], 'a request')),
    example: (prompt, answer, name) => {
      const said: ChatMessage = { role: 'assistant', parts: [{ kind: 'text', text: answer }] };
      const { ids, isAnswer } = conversations.learned([asked(prompt), said], name);
      const start = isAnswer.indexOf(true);
      const request = aroundImage(ids.slice(0, start));
      return { ...request, answer: ids.slice(start, isAnswer.lastIndexOf(true) + 1) };
    },
  };
}

function addedTokensOf({ tokenizer }: HubTokenizerFiles): readonly { readonly id: number; readonly content: string }[] {
  const { added_tokens: added } = tokenizer as { readonly added_tokens?: unknown };
  return Array.isArray(added) ? added : [];
}

/** The same with a special token that stands for an image, and its text. */
export function withImages(texts: HubTokenizerFiles): {
  readonly texts: HubTokenizerFiles;
  readonly imageText: string;
} {
  const imageText = imageTextOf(texts);
  return { texts: withImageToken(texts, imageText), imageText };
}

function imageTextOf(texts: HubTokenizerFiles): string {
  const stated = texts.specialTexts.image_token;
  const known = new Set(addedTokensOf(texts).map(({ content }) => content));
  return [stated, ...IMAGE_TEXTS].find((text) => text !== undefined && known.has(text)) ?? '<image>';
}

/**
 * Of a language model that knows no images, with a placeholder behind its vocabulary: visual tokens take its place before anything is looked
 * up, so that the model needs no row for it.
 */
function withImageToken(texts: HubTokenizerFiles, imageText: string): HubTokenizerFiles {
  const added = addedTokensOf(texts);
  if (added.some(({ content }) => content === imageText)) return texts;
  const { vocab } = (texts.tokenizer as { readonly model: { readonly vocab: object } }).model;
  const ids = [...(Array.isArray(vocab) ? [vocab.length - 1] : Object.values(vocab)), ...added.map(({ id }) => id)];
  const id = ids.reduce((most, known) => Math.max(most, known), -1) + 1;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const placeholder = { id, content: imageText, ...flags };
  return { ...texts, tokenizer: { ...texts.tokenizer, added_tokens: [...added, placeholder] } };
}
