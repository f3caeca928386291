import { beforeAll, describe, expect, test } from 'vitest';
import type { RasterImage } from '../../../reference-model/data/dataset.js';
import { PLACES, type Place } from '../../../reference-model/data/places.js';
import type { TissueSample } from '../../../reference-model/data/tiny-pathology/generate.js';
import { generateTinyPathology } from '../../../reference-model/data/tiny-pathology/generate.js';

// A reader of images that knows nothing of the painter: colours by the nearest of these tones, white and dark pixels by thresholds,
// and nuclei by their connected dark pixels. Where the answer is a matter of degree it learns class means from half of the images.
const REFERENCE_TONES = {
  eosin: [235, 160, 190],
  hematoxylin: [180, 165, 215],
  dab: [215, 185, 140],
  trichrome: [150, 195, 225],
  silver: [195, 195, 190],
};
const WHITE = 228;
const DARKER_BY = 55;

type Tone = readonly number[];

let samples: readonly TissueSample[];
beforeAll(() => {
  samples = generateTinyPathology({ sizes: { train: 900, validation: 0, test: 0 } }).train;
});

const toneAt = ({ width, pixels }: RasterImage, x: number, y: number): Tone => [
  ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const brightness = (tone: Tone) => (tone[0]! + tone[1]! + tone[2]!) / 3;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const squaredDistance = (a: Tone, b: Tone) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

/** Median tone along the border and the two middle lines, where tissue shows between the places. */
function backgroundOf(image: RasterImage): Tone {
  const lines = Array.from({ length: 32 }, (_, i) => [
    ...[0, 15, 16, 31].map((y) => toneAt(image, i, y)),
    ...[0, 15, 16, 31].map((x) => toneAt(image, x, i)),
  ]).flat();
  return [0, 1, 2].map((channel) => median(lines.map((tone) => tone[channel]!)));
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Groups of dark pixels that touch by a side, within a place. */
function blobsOf(dark: ReadonlySet<number>): readonly (readonly Point[])[] {
  const open = new Set(dark);
  const blobs: Point[][] = [];
  for (const start of dark) {
    if (!open.delete(start)) continue;
    const blob: number[] = [start];
    for (const pixel of blob) {
      const sides = [
        pixel - 16,
        pixel + 16,
        ...(pixel % 16 > 0 ? [pixel - 1] : []),
        ...(pixel % 16 < 15 ? [pixel + 1] : []),
      ];
      for (const side of sides) if (open.delete(side)) blob.push(side);
    }
    blobs.push(blob.map((pixel) => ({ x: pixel % 16, y: pixel >> 4 })));
  }
  return blobs;
}

/** Ratio of the axes of a blob, from the second moments of its pixels. */
function elongation(blob: readonly Point[]): number {
  const [centerX, centerY] = [mean(blob.map(({ x }) => x)), mean(blob.map(({ y }) => y))];
  const xx = mean(blob.map(({ x }) => (x - centerX) ** 2)) + 1 / 12;
  const yy = mean(blob.map(({ y }) => (y - centerY) ** 2)) + 1 / 12;
  const xy = mean(blob.map(({ x, y }) => (x - centerX) * (y - centerY)));
  const spread = Math.sqrt(((xx - yy) / 2) ** 2 + xy ** 2);
  return Math.sqrt(((xx + yy) / 2 + spread) / ((xx + yy) / 2 - spread));
}

/** Share of the disc around a blob that the blob fills. */
function roundness(blob: readonly Point[]): number {
  const [centerX, centerY] = [mean(blob.map(({ x }) => x)), mean(blob.map(({ y }) => y))];
  const squaredRadius = Math.max(...blob.map(({ x, y }) => (x - centerX) ** 2 + (y - centerY) ** 2));
  return blob.length / (Math.PI * (Math.sqrt(squaredRadius) + 0.5) ** 2);
}

interface PlaceReading {
  readonly whiteShare: number;
  readonly darkShare: number;
  readonly blobs: readonly (readonly Point[])[];
  /** Mean distance of the inner pixels that are not dark from the background's tone. */
  readonly strangeness: number;
}

function read(image: RasterImage, place: Place, background: Tone): PlaceReading {
  const left = place.endsWith('left') ? 0 : 16;
  const top = place.startsWith('top') ? 0 : 16;
  const dark = new Set<number>();
  const distances: number[] = [];
  let white = 0;
  for (let pixel = 0; pixel < 256; pixel++) {
    const [x, y] = [pixel % 16, pixel >> 4];
    const tone = toneAt(image, left + x, top + y);
    if (Math.min(...tone) >= WHITE) white += 1;
    if (brightness(tone) < brightness(background) - DARKER_BY) dark.add(pixel);
    else if (x > 3 && x < 12 && y > 3 && y < 12) distances.push(Math.sqrt(squaredDistance(tone, background)));
  }
  return { whiteShare: white / 256, darkShare: dark.size / 256, blobs: blobsOf(dark), strangeness: mean(distances) };
}

/** Share of held-out items whose nearest class mean, in units of each feature's spread, is that of their own class. */
function nearestMeanAccuracy(
  items: readonly { readonly features: readonly number[]; readonly label: string }[],
): number {
  const learned = items.filter((_, i) => i % 2 === 0);
  const asked = items.filter((_, i) => i % 2 === 1);
  const spreads = learned[0]!.features.map((_, f) => {
    const center = mean(learned.map(({ features }) => features[f]!));
    return Math.sqrt(mean(learned.map(({ features }) => (features[f]! - center) ** 2)));
  });
  const scaled = (features: readonly number[]) => features.map((value, f) => value / spreads[f]!);
  const means = [...new Set(learned.map(({ label }) => label))].map((label) => {
    const members = learned.filter((item) => item.label === label).map(({ features }) => scaled(features));
    return { label, center: spreads.map((_, f) => mean(members.map((features) => features[f]!))) };
  });
  const nearest = (features: readonly number[]) =>
    means.reduce((best, other) =>
      squaredDistance(other.center, scaled(features)) < squaredDistance(best.center, scaled(features)) ? other : best,
    ).label;
  return asked.filter(({ features, label }) => nearest(features) === label).length / asked.length;
}

describe('images of tissue', () => {
  test('have the colour of their stain', () => {
    for (const { image, tissue } of samples) {
      const background = backgroundOf(image);
      const byDistance = Object.entries(REFERENCE_TONES).sort(
        ([, a], [, b]) => squaredDistance(a, background) - squaredDistance(b, background),
      );
      expect(byDistance[0]![0]).toBe(tissue.stain);
    }
  });

  test('show every structure at its place and none elsewhere', () => {
    const items = samples.flatMap(({ image, tissue }) => {
      const background = backgroundOf(image);
      return PLACES.map((place) => {
        const { whiteShare, darkShare, blobs, strangeness } = read(image, place, background);
        const label = tissue.structures.find((placed) => placed.place === place)?.structure ?? 'nuclei';
        return { features: [whiteShare, darkShare, blobs.length, strangeness], label };
      });
    });
    expect(nearestMeanAccuracy(items)).toBeGreaterThan(0.95); // 1 in 5 by chance
  });

  test('of one content differ from one another', () => {
    const byContent = new Map<string, RasterImage[]>();
    for (const { image, tissue } of samples) {
      const key = JSON.stringify(tissue);
      byContent.set(key, [...(byContent.get(key) ?? []), image]);
    }
    const twins = [...byContent.values()].filter((images) => images.length > 1);
    expect(twins.length).toBeGreaterThan(5);
    for (const [first, second] of twins) expect(first!.pixels).not.toEqual(second!.pixels);
  });

  test('show the number, the size and the shape of their nuclei', () => {
    const readings = samples.map(({ image, tissue }) => {
      const plain = PLACES.filter((place) => tissue.structures.every((placed) => placed.place !== place));
      const background = backgroundOf(image);
      const readingsOfPlaces = plain.map((place) => read(image, place, background));
      const blobs = readingsOfPlaces.flatMap((reading) => reading.blobs).filter((blob) => blob.length > 2);
      const perPlace = blobs.length / plain.length;
      const area = median(blobs.map((blob) => blob.length));
      const features = [
        perPlace,
        area,
        mean(readingsOfPlaces.map(({ darkShare }) => darkShare)),
        mean(blobs.map(elongation)),
        mean(blobs.map(roundness)),
      ];
      return { features, tissue };
    });
    const accuracy = (label: (sample: (typeof readings)[number]) => string) =>
      nearestMeanAccuracy(readings.map((reading) => ({ features: reading.features, label: label(reading) })));
    expect(accuracy(({ tissue }) => tissue.cellularity)).toBeGreaterThan(0.8); // 1 in 3 by chance
    expect(accuracy(({ tissue }) => tissue.nuclearSize)).toBeGreaterThan(0.85); // 1 in 2 by chance
    expect(accuracy(({ tissue }) => tissue.nuclearShape)).toBeGreaterThan(0.7); // 1 in 3 by chance
  });
});
