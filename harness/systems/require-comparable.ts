/**
 * Scores are compared only where they were computed alike on the same images; anything else is refused with the reason, and
 * never cut down to what both sides have.
 */
import { UserError } from '../errors.js';
import { count, sample } from '../files/counted.js';
import type { SystemMetric } from './system.js';

export interface LabelledMetric {
  readonly label: string;
  readonly metric: SystemMetric;
}

/** @throws UserError `score-invalid`: other images, other references, or another signature */
export function requireComparable(first: LabelledMetric, second: LabelledMetric): void {
  const [a, b] = [first.metric, second.metric];
  const missing = without(a.imageIds, b.imageIds);
  const surplus = without(b.imageIds, a.imageIds);
  if (missing.length > 0 || surplus.length > 0) {
    const lacks = missing.length === 0 ? [] : [`lacks ${count(missing.length, 'image')} (${sample(missing)})`];
    const adds = surplus.length === 0 ? [] : [`has ${count(surplus.length, 'image')} more (${sample(surplus)})`];
    refuse(
      `${second.label} ${[...lacks, ...adds].join(' and ')}`,
      `${a.name} of ${second.label}`,
      `the ${count(a.imageIds.length, 'image')} of ${first.label}`,
      'score the same images on both sides',
    );
  }
  const differences = differingFields(a, b);
  if (differences.length > 0) {
    const references = differences.some((difference) => /^(references|questions|idf):/.test(difference));
    const subset = differences.some((difference) => /\bsubset:/.test(difference));
    refuse(
      `the scores were computed differently: ${differences.join(', ')}`,
      `${a.name} of ${second.label}`,
      `the signature of ${first.label}: ${a.signature}`,
      subset
        ? 'score both on the same images: with --subset alike, or with `compare --common`'
        : references
          ? 'score both against the same references'
          : 'score both with the same metric, tokeniser, split and document frequencies',
    );
  }
}

function without(ids: readonly string[], others: readonly string[]): readonly string[] {
  if (ids.length === others.length && ids.every((id, index) => id === others[index])) return [];
  const known = new Set(others);
  return ids.filter((id) => !known.has(id));
}

function differingFields(a: SystemMetric, b: SystemMetric): readonly string[] {
  const [left, right] = [a.signature.split('|'), b.signature.split('|')];
  const differences = Array.from({ length: Math.max(left.length, right.length) }, (_, index) =>
    left[index] === right[index] ? [] : [`${right[index] ?? 'nothing'} instead of ${left[index] ?? 'nothing'}`],
  ).flat();
  if (a.aggregation !== b.aggregation) differences.push(`a ${b.aggregation} instead of a ${a.aggregation}`);
  if (a.higherIsBetter !== b.higherIsBetter) differences.push('the opposite direction is better');
  if (a.aggregation === 'ratio' && differences.length === 0) {
    const [counts, others] = [a.replicates[0]!.columns[1]!, b.replicates[0]!.columns[1]!];
    const image = counts.findIndex((number, index) => number !== others[index]);
    if (image >= 0) {
      differences.push(`${others[image]} questions about image ${a.imageIds[image]} instead of ${counts[image]}`);
    }
  }
  return differences;
}

function refuse(what: string, where: string, expected: string, fix: string): never {
  throw new UserError({ code: 'score-invalid', what, where, expected, fix });
}
