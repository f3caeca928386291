/**
 * Minimums: floors that a score has to reach whatever was accepted before, with a baseline or without one. They are rules about the score
 * itself, so no interval decides on them.
 */
import { UserError } from '../errors.js';
import type { GateVerdict } from '../statistics/gate-decision.js';
import { referencesOf } from '../systems/baseline.js';
import { ROUNDING } from '../systems/pair-counts.js';
import { meanScore } from '../systems/replicate-means.js';
import type { System } from '../systems/system.js';
import type { FloorResult, GateCandidate, GateMinimum, GateOutcome } from './gate-result.js';
import { minimumNumbers } from './number-text.js';
import { requireMetric } from './required-metric.js';

/** As typed: `X` for the metric that gates, `METRIC=X` for another. */
export interface MinimumRequest {
  readonly metric?: string;
  readonly minimum: number;
}

/** @throws UserError for a metric that the candidate lacks or has two minimums for, or where less is better */
export function minimumsOf(
  candidate: System,
  requests: readonly MinimumRequest[],
  gating: string,
): readonly GateMinimum[] {
  const names = requests.map(({ metric = gating }) => metric);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw refused(`${repeated} has two minimums`, 'one minimum for each metric', 'leave out one of them');
  }
  return requests.map(({ metric: name = gating, minimum }) => {
    const metric = requireMetric(candidate, name, candidate.label);
    if (!metric.higherIsBetter) {
      throw refused(
        `of ${name} less is better, so a minimum guards nothing`,
        'a metric of which more is better',
        'name another metric as METRIC=X, or leave out --minimum',
      );
    }
    const score = meanScore(metric);
    const { signature, imageIds } = metric;
    // A mean of equal scores may miss them by rounding.
    return { metric: name, minimum, score, images: imageIds.length, signature, reached: score >= minimum - ROUNDING };
  });
}

/** The gate without a baseline. @param gating by default the candidate's first metric */
export function judgeMinimums(
  candidate: System,
  requests: readonly MinimumRequest[],
  gating: string = candidate.metrics[0]!.name,
): FloorResult {
  const minimums = minimumsOf(candidate, requests, gating);
  const references = referencesOf(minimums[0]!.signature);
  return {
    schemaVersion: 1,
    verdict: minimums.every(({ reached }) => reached) ? 'pass' : 'below-minimum',
    sentence: minimums.map(minimumSentence).join(' '),
    metric: minimums[0]!.metric,
    candidate: candidateOf(candidate),
    ...(references === undefined ? {} : { references }),
    minimums,
  };
}

/** What a comparison and the minimums come to: a regression says more than a missed minimum, which says more than an open question. */
export function withMinimums(verdict: GateVerdict, minimums: readonly GateMinimum[]): GateOutcome {
  return verdict !== 'regression' && minimums.some(({ reached }) => !reached) ? 'below-minimum' : verdict;
}

export function minimumSentence(floor: GateMinimum): string {
  const { score, minimum } = minimumNumbers(floor);
  const images = `${floor.images} ${floor.images === 1 ? 'image' : 'images'}`;
  return `${floor.metric} ${score} (${images}) ${floor.reached ? 'reaches' : 'is below'} the minimum of ${minimum}.`;
}

export function candidateOf({ label, origin, records }: System): GateCandidate {
  const { paths, commit } = origin;
  return { label, paths, records, ...(commit === undefined ? {} : { commit }) };
}

function refused(what: string, expected: string, fix: string): UserError {
  return new UserError({ code: 'usage', what, where: '--minimum', expected, fix }, { exitCode: 2 });
}
