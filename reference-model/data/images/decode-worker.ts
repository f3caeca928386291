/** Entry of a thread that decodes: bytes in, pixels out, one image at a time. */
import { parentPort } from 'node:worker_threads';
import { InputError } from '../../files/input-error.js';
import { decodeTo } from './decode-to.js';
import type { DecodeAnswer, DecodeRequest } from './decoder.js';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');

port.on('message', async ({ job, bytes, where, processor }: DecodeRequest) => {
  try {
    const image = await decodeTo(bytes, where, processor);
    // What decoding leaves may be a part of a larger buffer, which is not ours to give away.
    const pixels = image.pixels.slice();
    const answer: DecodeAnswer = { job, image: { ...image, pixels } };
    port.postMessage(answer, [pixels.buffer]);
  } catch (error) {
    const answer: DecodeAnswer =
      error instanceof InputError
        ? { job, refused: error.problem }
        : { job, crashed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    port.postMessage(answer);
  }
});
