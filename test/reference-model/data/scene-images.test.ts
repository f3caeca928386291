import { describe, expect, test } from 'vitest';
import type { RasterImage } from '../../../reference-model/data/dataset.js';
import { PLACES } from '../../../reference-model/data/places.js';
import { generateTinyScenes } from '../../../reference-model/data/tiny-scenes/generate.js';
import type { SceneObject } from '../../../reference-model/data/tiny-scenes/scene.js';

const samples = generateTinyScenes({ sizes: { train: 600, validation: 0, test: 0 } }).train;

// A reader of images that knows nothing of the painter: it separates an object from the background by colour distance and
// names colours by the nearest of these reference tones.
const REFERENCE_TONES = {
  red: [200, 40, 40],
  green: [40, 150, 60],
  blue: [50, 80, 210],
  yellow: [230, 210, 50],
  purple: [140, 50, 170],
  orange: [240, 130, 30],
  white: [240, 240, 240],
  black: [25, 25, 25],
};
const BACKGROUND_DISTANCE = 45;

const distance = (a: readonly number[], b: readonly number[]) =>
  Math.sqrt(a.reduce((sum, channel, i) => sum + (channel - b[i]!) ** 2, 0));

const pixelAt = ({ width, pixels }: RasterImage, x: number, y: number): readonly number[] => [
  ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Median tone along the image's border and its middle column, where objects are the exception. */
function backgroundOf(image: RasterImage): readonly number[] {
  const border = Array.from({ length: 32 }, (_, i) => [
    pixelAt(image, i, 0),
    pixelAt(image, i, 31),
    pixelAt(image, 15, i),
  ]).flat();
  return [0, 1, 2].map((channel) => median(border.map((pixel) => pixel[channel]!)));
}

interface Blob {
  readonly area: number;
  readonly side: number;
  readonly color: string;
  readonly centerIsFilled: boolean;
  readonly filled: readonly { readonly x: number; readonly y: number }[];
}

function blobIn(image: RasterImage, place: SceneObject['place']): Blob | undefined {
  const background = backgroundOf(image);
  const left = place.endsWith('left') ? 0 : 16;
  const top = place.startsWith('top') ? 0 : 16;
  const filled: { x: number; y: number; tone: readonly number[] }[] = [];
  for (let y = top; y < top + 16; y++) {
    for (let x = left; x < left + 16; x++) {
      const tone = pixelAt(image, x, y);
      if (distance(tone, background) > BACKGROUND_DISTANCE) filled.push({ x, y, tone });
    }
  }
  if (filled.length === 0) return undefined;
  const xs = filled.map(({ x }) => x);
  const ys = filled.map(({ y }) => y);
  const width = Math.max(...xs) - Math.min(...xs) + 1;
  const height = Math.max(...ys) - Math.min(...ys) + 1;
  const mean = [0, 1, 2].map((channel) => filled.reduce((sum, { tone }) => sum + tone[channel]!, 0) / filled.length);
  const named = Object.entries(REFERENCE_TONES).sort(([, a], [, b]) => distance(a, mean) - distance(b, mean));
  const centerX = Math.floor((Math.max(...xs) + Math.min(...xs)) / 2);
  const centerY = Math.floor((Math.max(...ys) + Math.min(...ys)) / 2);
  return {
    area: filled.length / (width * height),
    side: Math.max(width, height),
    color: named[0]![0],
    centerIsFilled: filled.some(({ x, y }) => x === centerX && y === centerY),
    filled,
  };
}

describe('images', () => {
  test('hold an object in every place that the scene names and in no other', () => {
    for (const { image, scene } of samples) {
      const occupied = PLACES.filter((place) => blobIn(image, place) !== undefined);
      expect(occupied).toEqual(scene.objects.map(({ place }) => place));
    }
  });

  test('show colour and size so that a reader of pixels names them', () => {
    for (const { image, scene } of samples) {
      for (const { place, color, size } of scene.objects) {
        const blob = blobIn(image, place)!;
        expect(blob.color).toBe(color);
        expect(blob.side).toBeGreaterThanOrEqual(size === 'small' ? 8 : 13);
        expect(blob.side).toBeLessThanOrEqual(size === 'small' ? 10 : 15);
      }
    }
  });

  test('give every shape the part of its bounding box that geometry says', () => {
    const expected: Readonly<Record<SceneObject['shape'], number>> = {
      circle: Math.PI / 4,
      square: 1,
      triangle: 1 / 2,
      diamond: 1 / 2,
      cross: 5 / 9,
      ring: (Math.PI / 4) * (1 - 1 / 4),
    };
    for (const { image, scene } of samples) {
      for (const { place, shape } of scene.objects) {
        const { area, centerIsFilled } = blobIn(image, place)!;
        expect(Math.abs(area - expected[shape])).toBeLessThan(0.15);
        expect(centerIsFilled).toBe(shape !== 'ring');
      }
    }
  });

  test('let every object cover pixels of several 8×8 patches', () => {
    const patchesOf = (image: RasterImage, place: SceneObject['place']): number => {
      const blob = blobIn(image, place)!;
      return new Set(blob.filled.map(({ x, y }) => `${x >> 3},${y >> 3}`)).size;
    };
    const counts = samples.flatMap(({ image, scene }) => scene.objects.map(({ place }) => patchesOf(image, place)));
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
    expect(counts.filter((count) => count === 4).length / counts.length).toBeGreaterThan(0.9);
  });

  test('of one content differ from one another', () => {
    const byContent = new Map<string, RasterImage[]>();
    for (const { image, scene } of samples) {
      const key = JSON.stringify(scene);
      byContent.set(key, [...(byContent.get(key) ?? []), image]);
    }
    const pairs = [...byContent.values()].filter((images) => images.length > 1);
    expect(pairs.length).toBeGreaterThan(5);
    for (const [first, second] of pairs) expect(first!.pixels).not.toEqual(second!.pixels);
  });
});
