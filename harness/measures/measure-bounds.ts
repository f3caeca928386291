/** Which values a measure can take at all: no interval may leave them. */
import type { MeasureId } from './measures.js';

export interface MeasureBounds {
  readonly low: number;
  readonly high: number;
}

export function measureBounds(measure: MeasureId): MeasureBounds {
  if (['accuracy', 'baseline', 'exact-match'].includes(measure.split('/')[0]!)) return { low: 0, high: 1 };
  if (measure.startsWith('CIDEr-D/')) return { low: 0, high: 10 };
  // Losses, steps, tokens and areas.
  return { low: 0, high: Number.POSITIVE_INFINITY };
}
