/** An endpoint for tests that answers by the bytes of an image, and a proxy before it that injects what goes wrong between the two. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

export interface ChatBody {
  readonly model: string;
  readonly messages: readonly {
    readonly content: readonly { readonly text?: string; readonly image_url?: { url: string } }[];
  }[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

/** The text that a picture is answered with. */
export const textFor = (bytes: Uint8Array): string =>
  `picture ${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;

export function completion(text: string, more: object = {}, choice: object = {}): object {
  const message = { role: 'assistant', content: text, refusal: null };
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'fake-1',
    choices: [{ index: 0, message, finish_reason: 'stop', ...choice }],
    usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 },
    ...more,
  };
}

type Handler = (body: ChatBody, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** @returns the base URL of a server on the loopback address */
export async function startEndpoint(handle: Handler): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'GET') return json(response, 200, { object: 'list', data: [{ id: 'fake-1' }] });
    await handle(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChatBody, request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

export function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function pictureIn({ messages }: ChatBody): Uint8Array {
  const url = messages[0]!.content.find((part) => part.image_url !== undefined)!.image_url!.url;
  return new Uint8Array(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

/** Answers every picture with its text. */
export const honest: Handler = (body, _, response) => json(response, 200, completion(textFor(pictureIn(body))));
