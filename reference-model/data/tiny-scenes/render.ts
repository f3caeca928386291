/**
 * Draws a scene as 32×32 RGB pixels. Each object fills most of a 16×16 cell, hence reaches into several 8×8 patches.
 * Place, size and colour jitter, the background's tone and the pixel noise come from the stream; all arithmetic is on
 * integers, so the pixels are the same everywhere.
 */
import type { RandomStream } from '../../numerics/random.js';
import type { RasterImage } from '../dataset.js';
import { between } from '../draws.js';
import { cellOf } from '../places.js';
import type { Color, Scene, SceneObject, Shape, Size } from './scene.js';

const SCENE_SIDE = 32;
const CELL_SIDE = 16;

const PALETTE: Readonly<Record<Color, readonly [number, number, number]>> = {
  red: [205, 35, 40],
  green: [35, 150, 55],
  blue: [40, 75, 215],
  yellow: [235, 215, 45],
  purple: [145, 45, 175],
  orange: [240, 130, 25],
  white: [242, 242, 242],
  black: [22, 22, 24],
};

// Side of an object's bounding box in pixels.
const SIDES: Readonly<Record<Size, readonly [lowest: number, highest: number]>> = { small: [8, 10], large: [13, 15] };
const PLACE_JITTER = 2; // pixels off the cell's centre
const COLOR_JITTER = 12;
const BACKGROUND_TONE = [105, 150] as const;
const BACKGROUND_TINT = 8;
const NOISE_BITS = 4; // noise is uniform in −8 … 7

/**
 * Whether a pixel belongs to a shape. Coordinates are in half pixels from the centre of the bounding box, whose half
 * side is `side` half pixels; y grows downwards.
 */
function covers(shape: Shape, x: number, y: number, side: number): boolean {
  const squaredRadius = x * x + y * y;
  const absoluteX = Math.abs(x);
  const absoluteY = Math.abs(y);
  switch (shape) {
    case 'circle':
      return squaredRadius < side * side;
    case 'square':
      return true;
    case 'triangle':
      return 2 * absoluteX <= y + side;
    case 'diamond':
      return absoluteX + absoluteY <= side;
    case 'cross':
      return 3 * absoluteX <= side || 3 * absoluteY <= side;
    case 'ring':
      return squaredRadius < side * side && 4 * squaredRadius >= side * side;
    default:
      return shape satisfies never;
  }
}

function drawObject(pixels: Int16Array, object: SceneObject, stream: RandomStream): void {
  const side = between(stream, ...SIDES[object.size]);
  const slack = CELL_SIDE - side;
  const offset = (): number => {
    const shifted = (slack >> 1) + between(stream, -PLACE_JITTER, PLACE_JITTER);
    return Math.min(Math.max(shifted, 0), slack);
  };
  const { row, column } = cellOf(object.place);
  const left = column * CELL_SIDE + offset();
  const top = row * CELL_SIDE + offset();
  const color = PALETTE[object.color].map((channel) => channel + between(stream, -COLOR_JITTER, COLOR_JITTER));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!covers(object.shape, 2 * x + 1 - side, 2 * y + 1 - side, side)) continue;
      const pixel = ((top + y) * SCENE_SIDE + left + x) * 3;
      for (let channel = 0; channel < 3; channel++) pixels[pixel + channel] = color[channel]!;
    }
  }
}

/** Draws the scene; the stream decides jitter, tone and noise, so one scene has many images. */
export function renderScene(scene: Scene, stream: RandomStream): RasterImage {
  const canvas = new Int16Array(SCENE_SIDE * SCENE_SIDE * 3); // [height, width, 3], before noise and clamping
  const tone = between(stream, ...BACKGROUND_TONE);
  const background = [0, 1, 2].map(() => tone + between(stream, -BACKGROUND_TINT, BACKGROUND_TINT));
  for (let channel = 0; channel < 3; channel++) {
    for (let i = channel; i < canvas.length; i += 3) canvas[i] = background[channel]!;
  }
  for (const object of scene.objects) drawObject(canvas, object, stream);

  const pixels = new Uint8ClampedArray(canvas.length);
  const grainsPerWord = 32 / NOISE_BITS;
  let noise = 0;
  for (let pixel = 0; pixel < SCENE_SIDE * SCENE_SIDE; pixel++) {
    noise = pixel % grainsPerWord === 0 ? stream.integer(2 ** 32) : noise >>> NOISE_BITS;
    const grain = (noise & (2 ** NOISE_BITS - 1)) - 2 ** (NOISE_BITS - 1); // one luminance grain per pixel
    for (let i = pixel * 3; i < pixel * 3 + 3; i++) pixels[i] = canvas[i]! + grain;
  }
  return { width: SCENE_SIDE, height: SCENE_SIDE, pixels: new Uint8Array(pixels.buffer) };
}
