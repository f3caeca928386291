/**
 * Reads the body of a chat completion, field by field: one image as data, the texts of all messages, and how long the answer may be. An
 * image is never fetched from an address: a server that fetched what strangers name would fetch for them.
 */
import { ApiError } from './api-error.js';

export interface ChatRequest {
  readonly image: Uint8Array;
  /** Texts of all messages, a line each. */
  readonly prompt: string;
  readonly maximumTokens: number | undefined;
  readonly stream: boolean;
  /** A last chunk of a stream tells the tokens. */
  readonly includeUsage: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** @param models names that the model answers to @throws ApiError naming the field */
export function readChatRequest(body: unknown, models: readonly string[]): ChatRequest {
  const fields = objectAt(body, 'the body');
  const { model, messages, stream, n, temperature, max_completion_tokens: newer, max_tokens: older } = fields;
  if (typeof model !== 'string') throw invalid('model must be the name of a model', 'model');
  if (!models.includes(model)) {
    const message = `The model ${JSON.stringify(model.slice(0, 200))} does not exist; there is ${models[0]}.`;
    throw new ApiError({ status: 404, message, code: 'model_not_found', param: 'model' });
  }
  if (n !== undefined && n !== null && n !== 1) throw invalid('n must be 1', 'n');
  if (temperature !== undefined && temperature !== null && temperature !== 0) {
    throw invalid('temperature must be 0: the model answers greedily', 'temperature');
  }
  const name = newer === undefined || newer === null ? 'max_tokens' : 'max_completion_tokens';
  const maximum = newer ?? older ?? undefined;
  if (maximum !== undefined && !(Number.isSafeInteger(maximum) && (maximum as number) >= 1)) {
    throw invalid(`${name} must be a whole number of at least 1`, name);
  }
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid('messages must be a list with a message', 'messages');
  const parts = messages.flatMap((message: unknown, index) => partsOf(message, `messages[${index}]`));
  const images = parts.flatMap((part) => ('image' in part ? [part.image] : []));
  if (images.length !== 1) throw invalid(`there must be one image, and there are ${images.length}`, 'messages');
  const options = fields.stream_options;
  return {
    image: images[0]!,
    prompt: parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n'),
    maximumTokens: maximum as number | undefined,
    stream: stream === true,
    includeUsage: typeof options === 'object' && options !== null && (options as Fields).include_usage === true,
  };
}

type Part = { readonly text: string } | { readonly image: Uint8Array };

function partsOf(message: unknown, where: string): readonly Part[] {
  const { role, content } = objectAt(message, where);
  if (!['system', 'developer', 'user', 'assistant'].includes(role as string)) {
    throw invalid(`${where}.role must be system, developer, user or assistant`, `${where}.role`);
  }
  if (typeof content === 'string') return [{ text: content }];
  if (!Array.isArray(content)) throw invalid(`${where}.content must be a text or a list of parts`, `${where}.content`);
  return content.map((part: unknown, index): Part => {
    const at = `${where}.content[${index}]`;
    const { type, text, image_url: image } = objectAt(part, at);
    if (type === 'text' && typeof text === 'string') return { text };
    if (type === 'image_url') return { image: imageIn(objectAt(image, `${at}.image_url`).url, `${at}.image_url.url`) };
    throw invalid(`${at} must be a part of type text or image_url`, at);
  });
}

function imageIn(url: unknown, where: string): Uint8Array {
  if (typeof url !== 'string') throw invalid(`${where} must be a data: URL`, where);
  const comma = url.indexOf(',');
  if (comma < 0 || !/^data:image\/[\w.+-]+;base64$/i.test(url.slice(0, comma))) {
    throw invalid(`${where} must be a data: URL of an image in base64; images are not fetched from addresses`, where);
  }
  const text = url.slice(comma + 1);
  if (text.length % 4 === 1 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw invalid(`${where} is not base64`, where);
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function objectAt(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(`${where} must be an object`, where);
}

function invalid(what: string, param: string): ApiError {
  return new ApiError({ status: 400, message: `${what}.`, code: 'invalid_request', param });
}
