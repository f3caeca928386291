/**
 * A finished run's model behind OpenAI's chat completions: `/v1/models` and `/v1/chat/completions` with one image as data, greedy, also as a
 * stream. Without a token it listens on the loopback address alone, and answers only those who call it by that name.
 */
import { isUtf8 } from 'node:buffer';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../../reference-model/files/hashing.js';
import { InputError } from '../../reference-model/files/input-error.js';
import type { RunModel } from '../answerers/record/run-model.js';
import { UserError } from '../errors.js';
import { ApiError, type ApiProblem, errorBody } from './api-error.js';
import { readChatRequest } from './chat-request.js';
import { completionBody, completionEvents } from './completion-body.js';
import { Responder } from './responder.js';

export interface ServeOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly host?: string;
  /** What a caller must state as `Authorization: Bearer TOKEN`. */
  readonly token?: string | undefined;
}

export interface RunningServer {
  /** What clients take as their base URL. */
  readonly url: string;
  close(): Promise<void>;
}

/** In bytes; a photograph in base64 is far smaller. */
const LARGEST_BODY = 32 * 1024 * 1024;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Unless a request says otherwise. */
const MAXIMUM_TOKENS = 64;

/** @throws UserError `usage` for another address than the loopback without a token, or one that cannot be listened on */
export async function serveRun(
  model: RunModel,
  { port, host = '127.0.0.1', token }: ServeOptions,
): Promise<RunningServer> {
  if (token === undefined && !LOOPBACK.has(host)) {
    throw new UserError(
      {
        code: 'usage',
        what: `without a token the endpoint is not opened to others than this machine`,
        where: `--host ${host}`,
        expected: '127.0.0.1, or a token that every caller must state',
        fix: 'leave --host out, or put a token into an environment variable and name it with --token-env',
      },
      { exitCode: 2 },
    );
  }
  const responder = new Responder(model);
  const server = createServer((request, response) => {
    handle(request, { model, responder, token }, response).catch((error: unknown) => sendError(response, error));
  });
  await listen(server, port, host);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ message }) => {
      const what = `the endpoint cannot be opened: ${message}`;
      reject(
        new UserError({ code: 'usage', what, where: `${host}:${port}`, fix: 'choose another --port, or 0 for any' }),
      );
    });
    server.listen(port, host, resolve);
  });
}

interface Endpoint {
  readonly model: RunModel;
  readonly responder: Responder;
  readonly token: string | undefined;
}

async function handle(request: IncomingMessage, endpoint: Endpoint, response: ServerResponse): Promise<void> {
  const { model, responder, token } = endpoint;
  requireCaller(request, token);
  const path = new URL(request.url ?? '/', 'http://localhost').pathname.replace(/\/$/, '');
  const isGet = request.method === 'GET';
  if (path === '/health' && isGet) return send(response, 200, { status: 'ok' });
  if (path === '/v1/models' && isGet) {
    const one = { id: model.runId, object: 'model', created: 0, owned_by: 'vlm-bench' };
    return send(response, 200, { object: 'list', data: [one] });
  }
  if (path !== '/v1/chat/completions') {
    throw new ApiError({ status: 404, message: `There is no ${request.method} ${path}.`, code: 'not_found' });
  }
  if (request.method !== 'POST') {
    throw new ApiError({ status: 405, message: 'A completion is asked for with POST.', code: 'method_not_allowed' });
  }
  const asked = readChatRequest(await bodyOf(request), [model.runId, `run ${model.runId}`]);
  const image = await model.pictureOf({ kind: 'encoded', bytes: asked.image }, 'the image of the request');
  const answer = await responder.respond({
    image,
    text: asked.prompt,
    maximumTokens: asked.maximumTokens ?? MAXIMUM_TOKENS,
  });
  if (answer === undefined) {
    const message = 'The prompt leaves the model no room for an answer.';
    throw new ApiError({ status: 400, message, code: 'context_length_exceeded', param: 'messages' });
  }
  const head = {
    id: `chatcmpl-${randomBytes(12).toString('hex')}`,
    created: Math.floor(Date.now() / 1000),
    model: model.runId,
    system_fingerprint: `weights-${model.weights.slice(0, 16)}`,
  };
  if (!asked.stream) return send(response, 200, completionBody(head, answer));
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  for (const event of completionEvents(head, answer, asked.includeUsage)) response.write(event);
  response.end();
}

/** A page in a browser may call this machine by another name, and must not be answered. */
function requireCaller({ headers }: IncomingMessage, token: string | undefined): void {
  if (token === undefined) {
    const name = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    if (LOOPBACK.has(name)) return;
    throw new ApiError({ status: 403, message: 'Without a token only this machine is answered.', code: 'forbidden' });
  }
  const stated = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  // Of equal length, whatever was stated.
  if (timingSafeEqual(Buffer.from(sha256(stated)), Buffer.from(sha256(token)))) return;
  throw new ApiError({ status: 401, message: 'The token is missing or wrong.', code: 'invalid_api_key' });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const tooLarge = () =>
    new ApiError({ status: 413, message: `The body is larger than ${LARGEST_BODY} bytes.`, code: 'request_too_large' });
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY) throw tooLarge();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (!isUtf8(body)) throw new ApiError({ status: 400, message: 'The body is not UTF-8.', code: 'invalid_json' });
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiError({ status: 400, message: 'The body is not JSON.', code: 'invalid_json' });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What was not read of a body that is refused must not be taken for the next request.
  response.setHeader('connection', 'close');
  const problem = problemOf(error);
  send(response, problem.status, errorBody(problem));
}

function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiError) return error.problem;
  if (error instanceof InputError) {
    return { status: 400, message: error.problem.what, code: 'invalid_image', param: 'messages' };
  }
  return { status: 500, message: 'The endpoint failed.', code: 'internal_error' };
}
