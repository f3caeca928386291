/**
 * Which metrics a comparison is about: those that all systems have, computed alike on the same images against the same references.
 * Metrics that some systems lack are named; metrics that differ are refused with the reason.
 */
import { UserError } from '../errors.js';
import { requireComparable } from '../systems/require-comparable.js';
import type { System, SystemItem, SystemMetric } from '../systems/system.js';

export interface SharedMetric {
  readonly name: string;
  /** One per system, in their order. */
  readonly metrics: readonly SystemMetric[];
}

export interface SharedMetrics {
  /** At least one. */
  readonly shared: readonly SharedMetric[];
  readonly leftOut: readonly { readonly metric: string; readonly systems: readonly string[] }[];
}

/**
 * @param wanted metrics to compare, the first being the one that images are compared by; by default all that the systems share
 * @throws UserError `score-invalid` for systems that share no metric, or not the wanted ones, or are not comparable
 */
export function sharedMetrics(systems: readonly System[], wanted?: readonly string[]): SharedMetrics {
  const names = [...new Set(systems.flatMap(({ metrics }) => metrics.map(({ name }) => name)))];
  const holders = (name: string) => systems.filter(({ metrics }) => metrics.some((metric) => metric.name === name));
  const common = names.filter((name) => holders(name).length === systems.length);
  for (const name of wanted ?? []) {
    if (!common.includes(name)) throw lackingMetric(systems, name, common);
  }
  if (common.length === 0) throw nothingShared(systems);
  const chosen = wanted === undefined ? common : [...new Set(wanted)];
  const shared = chosen.map((name) => ({
    name,
    metrics: systems.map(({ metrics }) => metrics.find((metric) => metric.name === name)!),
  }));
  for (const { metrics } of shared) requireAllComparable(systems, metrics);
  requireSameReferences(systems, [...new Set(shared.map(({ metrics }) => metrics[0]!.group))]);
  const leftOut = names.filter((name) => !common.includes(name));
  return {
    shared,
    leftOut:
      wanted === undefined
        ? leftOut.map((metric) => ({ metric, systems: holders(metric).map(({ label }) => label) }))
        : [],
  };
}

function requireAllComparable(systems: readonly System[], metrics: readonly SystemMetric[]): void {
  const [first, ...rest] = metrics;
  rest.forEach((metric, index) => {
    requireComparable({ label: systems[0]!.label, metric: first! }, { label: systems[index + 1]!.label, metric });
  });
  if (first!.imageIds.length >= 2) return;
  throw new UserError({
    code: 'score-invalid',
    what: 'there is one image only',
    where: `${first!.name} of ${systems[0]!.label}`,
    expected: 'at least 2 images, without which no uncertainty can be stated',
    fix: 'score more images',
  });
}

/** Signatures name the references where they were known; scores of other tools may bring texts that betray other ones. */
function requireSameReferences(systems: readonly System[], groups: readonly string[]): void {
  const known = new Map<string, { readonly label: string; readonly references: string }>();
  for (const { label, items } of systems) {
    for (const item of items) {
      if (item.references.length === 0 || !groups.includes(item.group)) continue;
      const key = itemKey(item);
      const references = JSON.stringify([...item.references].sort());
      const earlier = known.get(key);
      if (earlier === undefined) known.set(key, { label, references });
      else if (earlier.references !== references) throw otherReferences(item, earlier.label, label);
    }
  }
}

/** Names one thing to say: a caption of an image in a group, or the answer to a question. */
export function itemKey({ group, imageId, questionId }: SystemItem): string {
  return JSON.stringify([group, imageId, questionId]);
}

function otherReferences({ imageId, questionId }: SystemItem, first: string, second: string): UserError {
  const question = questionId === undefined ? '' : `, question ${questionId}`;
  return new UserError({
    code: 'score-invalid',
    what: `${first} and ${second} were scored against other references`,
    where: `image ${imageId}${question}`,
    expected: 'the same references for every image',
    fix: 'score both against the same references',
  });
}

function lackingMetric(systems: readonly System[], name: string, common: readonly string[]): UserError {
  const lacking = systems.filter(({ metrics }) => !metrics.some((metric) => metric.name === name));
  return new UserError({
    code: 'score-invalid',
    what: `there are no scores of ${name} for every image`,
    where: lacking.map(({ label }) => label).join(', '),
    expected: common.length === 0 ? 'a metric that all systems have' : `one of ${common.join(', ')}`,
    fix: 'name a metric that all systems have, or score the missing one',
  });
}

function nothingShared(systems: readonly System[]): UserError {
  return new UserError({
    code: 'score-invalid',
    what: 'the systems have no metric in common',
    where: systems.map(({ label, metrics }) => `${label}: ${metrics.map(({ name }) => name).join(', ')}`).join('; '),
    expected: 'at least one metric that all of them have',
    fix: 'compare systems that were evaluated in the same way',
  });
}
