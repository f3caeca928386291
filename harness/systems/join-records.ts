/** Makes one system of several records: retrained seeds of the same configuration, scored alike on the same images. */
import { UserError } from '../errors.js';
import { requireDistinctRecords } from './distinct-records.js';
import { requireComparable } from './require-comparable.js';
import type { System, SystemItem, SystemMetric } from './system.js';

/** @throws UserError `score-invalid` when the records have other metrics, images or signatures, or a record occurs twice */
export function joinRecords(
  parts: readonly System[],
  { label, paths }: { readonly label?: string; readonly paths: readonly string[] },
): System {
  const [first, ...rest] = parts;
  if (first === undefined) throw new TypeError('a system has at least one record');
  requireDistinctRecords(parts, paths);
  const runIds = parts.flatMap(({ origin }) => origin.runIds ?? []);
  const metrics = first.metrics.map((metric): SystemMetric => {
    const others = rest.map((part) => metricOf(part, metric.name));
    others.forEach((other, index) => {
      requireComparable({ label: first.label, metric }, { label: rest[index]!.label, metric: other });
    });
    return { ...metric, replicates: [metric, ...others].flatMap(({ replicates }) => replicates) };
  });
  for (const part of rest) for (const { name } of part.metrics) metricOf(first, name);
  const commits = new Set(parts.map(({ origin }) => origin.commit));
  const [commit] = commits;
  return {
    label: label ?? `${parts.length} records`,
    origin: {
      kind: first.origin.kind,
      paths,
      ...(runIds.length === 0 ? {} : { runIds }),
      ...(commits.size === 1 && commit !== undefined ? { commit } : {}),
    },
    records: parts.reduce((sum, { records }) => sum + records, 0),
    metrics,
    items: rest.length === 0 ? first.items : joinItems(parts),
    ...(first.imageStore === undefined ? {} : { imageStore: first.imageStore }),
  };
}

function metricOf(system: System, name: string): SystemMetric {
  const metric = system.metrics.find((one) => one.name === name);
  if (metric !== undefined) return metric;
  throw new UserError({
    code: 'score-invalid',
    what: `${system.label} has no ${name}, but another record of the same system has it`,
    where: system.label,
    expected: 'records with the same metrics',
    fix: 'join only records of one configuration',
  });
}

/** Items that every part has, with the texts of all; a part without texts leaves none. */
function joinItems(parts: readonly System[]): readonly SystemItem[] {
  const key = ({ group, imageId, questionId }: SystemItem): string => JSON.stringify([group, imageId, questionId]);
  const [first, ...rest] = parts.map(({ items }) => new Map(items.map((item) => [key(item), item])));
  return [...first!].flatMap(([itemKey, item]) => {
    const others = rest.map((items) => items.get(itemKey));
    if (others.includes(undefined)) return [];
    const all = [item, ...(others as SystemItem[])];
    const { scores: _, ...joined } = { ...item, texts: all.flatMap(({ texts }) => texts) };
    const scores = all.flatMap(({ scores }) => scores ?? []);
    return [scores.length === joined.texts.length ? { ...joined, scores } : joined];
  });
}
