/** Small captions, questions and scores on disk, drawn by a seeded generator. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const words = 'man woman dog cat bus train red small large sitting riding holding on in near under'.split(' ');

/** Numbers in [0, 1) of a congruential generator. */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function captionsOf(seed: number): () => string {
  const draw = draws(seed);
  return () =>
    Array.from({ length: 5 + Math.floor(draw() * 6) }, () => words[Math.floor(draw() * words.length)]).join(' ');
}

const folders: string[] = [];

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-systems-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes JSON (or text as it is) and returns the path. */
export function writeIn(folder: string, name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

export interface CaptionFiles {
  readonly references: string;
  readonly predictions: string;
  readonly images: readonly {
    readonly imageId: string;
    readonly references: readonly string[];
    readonly candidate: string;
  }[];
}

/** COCO references and results of `images` images; half of the predictions repeat a reference. */
export function captionFiles(folder: string, images: number, seed = 1): CaptionFiles {
  const caption = captionsOf(7);
  const guess = captionsOf(seed + 100);
  const records = Array.from({ length: images }, (_, index) => {
    const references = Array.from({ length: 3 }, caption);
    return {
      imageId: String(1000 - index),
      references,
      candidate: (index + seed) % 2 === 0 ? references[0]! : guess(),
    };
  });
  const annotations = records.flatMap(({ imageId, references }) =>
    references.map((text, id) => ({ id, image_id: Number(imageId), caption: text })),
  );
  return {
    references: writeIn(folder, 'references.json', {
      images: records.map(({ imageId }) => ({ id: Number(imageId) })),
      annotations,
    }),
    predictions: writeIn(
      folder,
      `predictions-${seed}.json`,
      records.map(({ imageId, candidate }) => ({ image_id: Number(imageId), caption: candidate })),
    ),
    images: records,
  };
}
