/** Who decodes images: threads beside the training, or the caller itself where there are none. All give the same pixels. */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { InputError } from '../../files/input-error.js';
import type { RasterImage } from '../dataset.js';
import type { ImageProcessor } from '../pixels/processor.js';
import { decodeTo } from './decode-to.js';

export interface DecodeRequest {
  readonly job: number;
  readonly bytes: Uint8Array;
  /** Path of the image, for messages. */
  readonly where: string;
  /** What it goes through before the model sees it. */
  readonly processor: ImageProcessor;
}

export type DecodeAnswer = { readonly job: number } & (
  | { readonly image: RasterImage }
  | { readonly refused: InputError['problem'] }
  | { readonly crashed: string }
);

export interface Decoder {
  /** @throws InputError for an image that is broken or refused */
  decode(request: Omit<DecodeRequest, 'job'>): Promise<RasterImage>;
  close(): Promise<void>;
}

/** @param workers threads; with 0 everything is decoded where it is asked for */
export function openDecoder(workers: number): Decoder {
  if (workers === 0) {
    return { decode: ({ bytes, where, processor }) => decodeTo(bytes, where, processor), close: async () => {} };
  }
  // Whoever only wants to know what a data set is decodes nothing.
  let threads: readonly DecodingThread[] = [];
  return {
    decode: (request) => {
      if (threads.length === 0) threads = Array.from({ length: workers }, () => new DecodingThread());
      const idlest = threads.reduce((least, thread) => (thread.pending < least.pending ? thread : least));
      return idlest.decode(request);
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

interface Waiting {
  readonly resolve: (image: RasterImage) => void;
  readonly reject: (error: Error) => void;
}

class DecodingThread {
  readonly #worker = new Worker(workerEntry());
  readonly #waiting = new Map<number, Waiting>();
  #jobs = 0;

  constructor() {
    this.#worker.on('message', (answer: DecodeAnswer) => this.#receive(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('A thread that decodes images has ended.')));
    this.#worker.unref();
  }

  get pending(): number {
    return this.#waiting.size;
  }

  decode(request: Omit<DecodeRequest, 'job'>): Promise<RasterImage> {
    const job = this.#jobs++;
    // A process may end while a thread is idle, and not while it is waited for.
    if (this.pending === 0) this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(job, { resolve, reject });
      const bytes = request.bytes.slice(); // of a buffer that is this image's alone, so that it can be given away
      this.#worker.postMessage({ ...request, job, bytes } satisfies DecodeRequest, [bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(answer: DecodeAnswer): void {
    const waiting = this.#waiting.get(answer.job);
    this.#waiting.delete(answer.job);
    if (this.pending === 0) this.#worker.unref();
    if (waiting === undefined) return;
    if ('image' in answer) waiting.resolve(answer.image);
    else waiting.reject('refused' in answer ? new InputError(answer.refused) : new Error(answer.crashed));
  }

  #fail(error: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(error);
  }
}

/** Threads run what is compiled, whatever runs the caller. */
function workerEntry(): string {
  return createRequire(import.meta.url).resolve('#package/dist/reference-model/data/images/decode-worker.js');
}
