/** A request as messages of a chat, the image before the first text of the user. */
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { AnswerRequest } from '../answerer.js';
import { type EncodedImage, encodedImage } from '../encoded-image.js';

/** What every endpoint takes; other kinds are sent as PNG. */
const TAKEN: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

export async function messagesOf({ image, messages }: AnswerRequest): Promise<ChatCompletionMessageParam[]> {
  const { bytes, mediaType } = await taken(await encodedImage(image));
  const url = `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
  const first = messages.findIndex(({ role }) => role === 'user');
  return messages.map(({ role, text }, index): ChatCompletionMessageParam => {
    if (role !== 'user') return { role, content: text };
    const words = { type: 'text', text } as const;
    return { role, content: index === first ? [{ type: 'image_url', image_url: { url } }, words] : [words] };
  });
}

async function taken(image: EncodedImage): Promise<EncodedImage> {
  if (TAKEN.has(image.mediaType)) return image;
  const { default: sharp } = await import('sharp');
  return { bytes: new Uint8Array(await sharp(image.bytes).autoOrient().png().toBuffer()), mediaType: 'image/png' };
}
