/**
 * Draws a piece of tissue as 32×32 RGB pixels. Each place of the 2×2 grid takes 16×16 pixels, hence four 8×8 patches, and shows a
 * structure or scattered nuclei. Positions, tones, texture and grain come from the stream, so one tissue has many images.
 */
import type { RandomStream } from '../../numerics/random.js';
import type { RasterImage } from '../dataset.js';
import { between, pick } from '../draws.js';
import { cellOf, PLACES } from '../places.js';
import { type Canvas, type Direction, disc, ellipse, type Outline, paint, polygon, type Rgb } from './paint.js';
import type { Cellularity, NuclearShape, NuclearSize, Stain, Structure, Tissue } from './tissue.js';

const SIDE = 32;
const CELL_SIDE = 16;

interface Tones {
  readonly tissue: Rgb;
  readonly nucleus: Rgb;
}

// The colours of stained tissue and of its nuclei. Lumen, fat and dead tissue stay pale whatever the stain.
const STAIN_TONES: Readonly<Record<Stain, Tones>> = {
  eosin: { tissue: [234, 164, 190], nucleus: [108, 48, 128] },
  hematoxylin: { tissue: [184, 166, 218], nucleus: [60, 42, 130] },
  dab: { tissue: [220, 190, 142], nucleus: [104, 60, 26] },
  trichrome: { tissue: [150, 194, 226], nucleus: [40, 52, 110] },
  silver: { tissue: [196, 196, 190], nucleus: [40, 38, 38] },
};
const EMPTY: Rgb = [248, 246, 246];
const DEAD: Rgb = [228, 214, 206];

const TONE_JITTER = 10; // of the whole image
const CHANNEL_JITTER = 5;
const TEXTURE_SPACING = 4; // pixels between the points of the fibrous texture
const TEXTURE_STRENGTH = 9;
const NOISE_BITS = 4; // grain is uniform in −8 … 7

// Radius of a nucleus in tenths of a pixel, and nuclei per place.
const RADII: Readonly<Record<NuclearSize, readonly [lowest: number, highest: number]>> = {
  small: [14, 16],
  large: [24, 27],
};
const NUCLEI_PER_PLACE: Readonly<Record<Cellularity, readonly [lowest: number, highest: number]>> = {
  low: [1, 2],
  moderate: [3, 4],
  high: [6, 7],
};

// The first quarter of sixteen directions around the circle, 22.5 degrees apart; the others are it turned.
const QUARTER: readonly Direction[] = [
  [1, 0],
  [0.92388, 0.382683],
  [Math.SQRT1_2, Math.SQRT1_2],
  [0.382683, 0.92388],
];
const DIRECTIONS: readonly Direction[] = [
  ...QUARTER,
  ...QUARTER.map(([x, y]): Direction => [-y, x]),
  ...QUARTER.map(([x, y]): Direction => [-x, -y]),
  ...QUARTER.map(([x, y]): Direction => [y, -x]),
];

/** The direction so many sixteenths of a turn from the first. */
const direction = (turns: number): Direction => DIRECTIONS[turns & 15]!;

type Point = readonly [x: number, y: number];

/** A point up to `tenths` tenths of a pixel away in each coordinate. */
const near = ([x, y]: Point, tenths: number, stream: RandomStream): Point => [
  x + between(stream, -tenths, tenths) / 10,
  y + between(stream, -tenths, tenths) / 10,
];

const from = ([x, y]: Point, [directionX, directionY]: Direction, distance: number): Point => [
  x + directionX * distance,
  y + directionY * distance,
];

function nucleusOutline(shape: NuclearShape, radius: number, fibre: number, stream: RandomStream): Outline {
  switch (shape) {
    case 'round':
      return disc(radius);
    case 'elongated':
      return ellipse(1.75 * radius, 0.6 * radius, direction(fibre + between(stream, -1, 1)));
    case 'irregular': {
      // An angular body with long and short corners.
      const turn = stream.integer(16);
      const corners = Array.from({ length: 8 }, (_, i) => {
        const share = i % 2 === 0 ? between(stream, 10, 20) : between(stream, 4, 9);
        return from([0, 0], direction(turn + 2 * i), (radius * share) / 10);
      });
      return polygon(corners);
    }
    default:
      return shape satisfies never;
  }
}

/** What is drawn at one place. */
interface Site {
  readonly canvas: Canvas;
  readonly center: Point;
  readonly tones: Tones;
}

function drawNuclei({ canvas, center, tones }: Site, tissue: Tissue, fibre: number, stream: RandomStream): void {
  const count = between(stream, ...NUCLEI_PER_PLACE[tissue.cellularity]);
  const slots = [-1, 0, 1].flatMap((row) => [-1, 0, 1].map((column): Point => [column, row]));
  for (const [column, row] of stream.shuffle(slots).slice(0, count)) {
    const radius = between(stream, ...RADII[tissue.nuclearSize]) / 10;
    const position = near([center[0] + column * 5.2, center[1] + row * 5.2], 8, stream);
    paint(canvas, nucleusOutline(tissue.nuclearShape, radius, fibre, stream), position, tones.nucleus, 0.95);
  }
}

function drawStructure({ canvas, center, tones }: Site, structure: Structure, stream: RandomStream): void {
  const middle = near(center, 8, stream);
  switch (structure) {
    case 'gland': {
      // A lumen inside a ring of small nuclei.
      const turn = stream.integer(2);
      for (let i = 0; i < 8; i++) {
        const position = near(from(middle, direction(turn + 2 * i), 5.4), 3, stream);
        paint(canvas, disc(1.6), position, tones.nucleus, 0.9);
      }
      paint(canvas, disc(3.6), middle, EMPTY);
      return;
    }
    case 'necrosis': {
      // Dead tissue: pale, without nuclei, full of debris.
      const turn = stream.integer(16);
      const corners = Array.from({ length: 8 }, (_, i) =>
        from([0, 0], direction(turn + 2 * i), between(stream, 62, 82) / 10),
      );
      paint(canvas, polygon(corners), middle, DEAD, 0.85);
      for (let i = 0; i < 26; i++) {
        const position = near(middle, 52, stream);
        paint(canvas, disc(0.6), position, pick(stream, [EMPTY, tones.tissue, tones.nucleus]), 0.5);
      }
      return;
    }
    case 'inflammation': {
      // A dense crowd of the smallest dark cells.
      const slots = Array.from({ length: 25 }, (_, i): Point => [(i % 5) - 2, Math.floor(i / 5) - 2]);
      for (const [column, row] of stream.shuffle(slots).slice(0, between(stream, 17, 20))) {
        const position = near([middle[0] + column * 2.5 + (row & 1) - 0.5, middle[1] + row * 2.5], 7, stream);
        paint(canvas, disc(0.95), position, tones.nucleus);
      }
      return;
    }
    case 'fat': {
      // Empty round cells, wall to wall.
      for (const [column, row] of [
        [-1, -1],
        [1, -1],
        [-1, 1],
        [1, 1],
      ] as const) {
        const position = near([middle[0] + column * 3.5, middle[1] + row * 3.5], 4, stream);
        paint(canvas, disc(between(stream, 29, 34) / 10), position, EMPTY);
      }
      return;
    }
    default:
      structure satisfies never;
  }
}

/** Fibres: a random height at every few pixels, joined by straight lines. */
function drawTexture({ side, values }: Canvas, stream: RandomStream): void {
  const points = side / TEXTURE_SPACING + 1;
  const heights = Array.from({ length: points * points }, () => between(stream, -TEXTURE_STRENGTH, TEXTURE_STRENGTH));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const column = Math.floor(x / TEXTURE_SPACING);
      const row = Math.floor(y / TEXTURE_SPACING);
      const right = x / TEXTURE_SPACING - column;
      const down = y / TEXTURE_SPACING - row;
      const at = (dx: number, dy: number) => heights[(row + dy) * points + column + dx]!;
      const height =
        (at(0, 0) * (1 - right) + at(1, 0) * right) * (1 - down) + (at(0, 1) * (1 - right) + at(1, 1) * right) * down;
      for (let i = (y * side + x) * 3; i < (y * side + x) * 3 + 3; i++) values[i]! += height;
    }
  }
}

/** Rounds to 8 bits after a grain of equal strength in the three channels. */
function develop({ side, values }: Canvas, stream: RandomStream): RasterImage {
  const pixels = new Uint8ClampedArray(values.length);
  const grainsPerWord = 32 / NOISE_BITS;
  let noise = 0;
  for (let pixel = 0; pixel < side * side; pixel++) {
    noise = pixel % grainsPerWord === 0 ? stream.integer(2 ** 32) : noise >>> NOISE_BITS;
    const grain = (noise & (2 ** NOISE_BITS - 1)) - 2 ** (NOISE_BITS - 1);
    for (let i = pixel * 3; i < pixel * 3 + 3; i++) pixels[i] = values[i]! + grain;
  }
  return { width: side, height: side, pixels: new Uint8Array(pixels.buffer) };
}

/** Draws the tissue; the stream decides positions, tones, texture and grain. */
export function renderTissue(tissue: Tissue, stream: RandomStream): RasterImage {
  const jitter = between(stream, -TONE_JITTER, TONE_JITTER);
  const jittered = (tone: Rgb) =>
    tone.map((channel) => channel + jitter + between(stream, -CHANNEL_JITTER, CHANNEL_JITTER)) as unknown as Rgb;
  const stained = STAIN_TONES[tissue.stain];
  const tones: Tones = { tissue: jittered(stained.tissue), nucleus: jittered(stained.nucleus) };
  const canvas: Canvas = { side: SIDE, values: new Float64Array(SIDE * SIDE * 3) };
  for (let i = 0; i < canvas.values.length; i++) canvas.values[i] = tones.tissue[i % 3]!;
  drawTexture(canvas, stream);

  const fibre = stream.integer(16);
  for (const place of PLACES) {
    const { row, column } = cellOf(place);
    const center: Point = [(column + 0.5) * CELL_SIDE, (row + 0.5) * CELL_SIDE];
    const site: Site = { canvas, center, tones };
    const placed = tissue.structures.find((structure) => structure.place === place);
    if (placed === undefined) drawNuclei(site, tissue, fibre, stream);
    else drawStructure(site, placed.structure, stream);
  }
  return develop(canvas, stream);
}
