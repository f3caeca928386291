/**
 * How a score was computed, as one line: `CIDEr-D|version:1|tok:ptb-2|case:lower|idf:corpus@…|images:5000|…`.
 * Two scores may be compared only if their signatures are equal; the idea is sacreBLEU's (Post, WMT 2018).
 */
import { MetricError } from './errors.js';

/** Bumped whenever a metric of this package could give another number for the same input. */
export const METRICS_VERSION = 1;

export type SignatureField = readonly [key: string, value: string | number];

/** Joins the fields in order; values may not hold the separators, so they are replaced by `_`. */
export function formatSignature(metric: string, fields: readonly SignatureField[]): string {
  const parts = fields.map(([key, value]) => `${key}:${String(value).replace(/[|:\s]/g, '_')}`);
  return [metric, `version:${METRICS_VERSION}`, ...parts].join('|');
}

/**
 * Refuses a comparison of scores that were computed differently.
 * @throws MetricError `signature-mismatch`, naming every field that differs.
 */
export function requireSameSignature(left: string, right: string): void {
  if (left === right) return;
  const leftParts = left.split('|');
  const rightParts = right.split('|');
  const differences: string[] = [];
  for (let index = 0; index < Math.max(leftParts.length, rightParts.length); index++) {
    const a = leftParts[index] ?? 'nothing';
    const b = rightParts[index] ?? 'nothing';
    if (a !== b) differences.push(`${a} against ${b}`);
  }
  throw new MetricError({
    code: 'signature-mismatch',
    what: `the scores were computed differently: ${differences.join(', ')}`,
    expected: `equal signatures; the first is ${left}`,
    fix: 'score both with the same references, split, metric, tokeniser and document frequencies',
  });
}
