/** How the interval of an effect is written where there is one, and where there is none. */
import type { EffectInterval } from './finding-report-view.js';
import { formatInterval, formatLevel, formatSigned } from './numbers.js';

/** For marks and digits, which leave out what is not finite. */
export function boundsOf(confidence: EffectInterval | null): { readonly low: number; readonly high: number } {
  const { low, high } = confidence ?? { low: Number.NaN, high: Number.NaN };
  return { low, high };
}

/** @returns `95 % interval` or `no interval` */
export function intervalName(confidence: EffectInterval | null): string {
  return confidence === null ? 'no interval' : `${formatLevel(confidence.level)}\u00a0% interval`;
}

/** @returns `+0.30 [+0.12, +0.48]`, or the effect alone */
export function effectWithInterval(effect: number, confidence: EffectInterval | null, decimals: number): string {
  const text = formatSigned(effect, decimals);
  return confidence === null ? text : `${text} ${formatInterval(confidence, decimals)}`;
}
