/**
 * Decoding and preprocessing as SigLIP does, against what sharp alone takes to decode whole and resize with its own kernel to the same size.
 * Both run on one thread and alternate, and processor time is counted, so that other processes on the machine weigh on both alike.
 */
import sharp from 'sharp';
import { decodeImage, preprocess, siglipProcessor } from '../../reference-model/index.js';
import type { Measurement } from './measurement.js';

const WIDTH = 640;
const HEIGHT = 480;
const IMAGES = 8;
const ROUNDS = 12;

/** Waves and noise, of about the bytes that a photograph of COCO has. */
async function photograph(seed: number): Promise<Buffer> {
  const pixels = new Uint8ClampedArray(WIDTH * HEIGHT * 3);
  let state = seed;
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      for (let channel = 0; channel < 3; channel++, at++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
        pixels[at] = 127 + 60 * Math.sin(x / (17 + channel)) + 40 * Math.cos(y / (23 - seed)) + (state >>> 28);
      }
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

async function processorTime(perform: (file: Buffer) => Promise<unknown>, files: readonly Buffer[]): Promise<number> {
  const start = process.cpuUsage();
  for (const file of files) await perform(file);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / files.length;
}

async function measured(files: readonly Buffer[], size: number): Promise<Measurement[]> {
  const processor = siglipProcessor(size);
  const ours = async (file: Buffer) => preprocess(await decodeImage(file, { where: 'photograph' }), processor);
  // What is cut out before it is resized is decoded whole.
  const whole = { left: 0, top: 0, width: WIDTH, height: HEIGHT };
  const alone = (file: Buffer) =>
    sharp(file).extract(whole).resize(size, size, { fit: 'fill', kernel: 'cubic' }).raw().toBuffer();
  await processorTime(ours, files);
  await processorTime(alone, files);
  let fastest = Number.POSITIVE_INFINITY;
  let fastestAlone = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    fastest = Math.min(fastest, await processorTime(ours, files));
    fastestAlone = Math.min(fastestAlone, await processorTime(alone, files));
  }
  return [
    { name: `decode and preprocess 640×480 to ${size}×${size}`, value: fastest, unit: 'ms' },
    { name: '  its rate, sharp alone = 1', value: fastestAlone / fastest, unit: '×', bar: 0.8 },
  ];
}

export async function benchmarkPixels(): Promise<Measurement[]> {
  const threads = sharp.concurrency();
  sharp.concurrency(1);
  try {
    const files = await Promise.all(Array.from({ length: IMAGES }, (_, index) => photograph(index + 1)));
    return [...(await measured(files, 224)), ...(await measured(files, 64))];
  } finally {
    sharp.concurrency(threads);
  }
}
