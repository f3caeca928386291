/** Width and height that a record states of its image. */
import type { ImageSize } from './caption-layout.js';
import { type Fields, fieldOf } from './fields.js';

/** Undefined where the record does not say both, as whole numbers of pixels. */
export function imageSize(fields: Fields): ImageSize | undefined {
  const [width, height] = [fieldOf(fields, 'width'), fieldOf(fields, 'height')];
  return isPixels(width) && isPixels(height) ? { width, height } : undefined;
}

function isPixels(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
