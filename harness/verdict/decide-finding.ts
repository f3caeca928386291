/**
 * From the records of a reproduction to its decision: the evidence of every claim, the verdict on each and on all of them together, and
 * what had been seen of the outcome before. No page and no engine is needed for it.
 */

import { UserError } from '../errors.js';
import { measures } from '../measures/measures.js';
import { type Reproduction, readReproduction, storeOf } from '../records/reproduction.js';
import { readFinishedTraining } from '../records/run-record.js';
import { type ClaimDecision, decideClaims } from '../statistics/claims.js';
import { sequentialDecision } from '../statistics/sequential.js';
import type { Decision } from '../statistics/verdict.js';
import type { Verdict } from '../statistics/verdict-rule.js';
import type { Hypothesis } from '../suite/schema.js';
import { scopeOf } from '../suite/scope.js';
import { type Evidence, evidenceOf } from './evidence.js';
import { incompleteDecision, whyUndecided, withheld } from './fixed-before.js';
import type { Incomplete } from './incomplete.js';
import type { PlacedRun } from './placed-runs.js';
import { whatWasSeenBefore } from './seen-before.js';

export interface DecidedClaim {
  readonly hypothesis: Hypothesis;
  readonly evidence: Evidence;
  readonly decision: ClaimDecision;
}

export interface DecidedFinding {
  /** Of the reproduction. */
  readonly folder: string;
  readonly reproduction: Reproduction;
  readonly runs: readonly PlacedRun[];
  /** Of all claims together; absent for a benchmark, which claims nothing, and where each claim has a verdict of its own. */
  readonly decision?: Decision;
  /** In the order of the hypotheses. */
  readonly claims: readonly DecidedClaim[];
  /** What is to be known of every verdict here: which look it is, and what had been seen before. */
  readonly remarks: readonly string[];
  /** Where runs are missing, of which `reproduction` then lists those of finished seeds alone: nothing is decided. */
  readonly incomplete?: Incomplete;
}

/**
 * @param folder the reproduction
 * @param reproduction what `reproduction.json` holds, where it is known: another command may have replaced it meanwhile
 * @param incomplete what is missing in it, as `recordedReproduction` says
 * @throws UserError when a record is missing, unfinished or damaged, or when runs were scored in different ways
 */
export function decideFinding(
  folder: string,
  reproduction: Reproduction = readReproduction(folder),
  incomplete?: Incomplete,
): DecidedFinding {
  const store = storeOf(folder);
  const runs = reproduction.runs.map((place): PlacedRun => ({ ...place, ...readFinishedTraining(store, place.runId) }));
  requireNoPilot(runs);
  const decided = decideOnRuns(reproduction, runs, incomplete);
  return { folder, reproduction, runs, ...decided, ...(incomplete === undefined ? {} : { incomplete }) };
}

/** @throws UserError `score-invalid` */
function requireNoPilot(runs: readonly PlacedRun[]): void {
  const pilot = runs.find(({ provenance }) => provenance.pilot === true);
  if (pilot === undefined) return;
  throw new UserError({
    code: 'score-invalid',
    what: 'the run is part of a pilot: it was made to plan a suite, and nothing may be decided on it',
    where: `run ${pilot.runId}`,
    fix: 'run the suite itself, in another folder than the pilot',
  });
}

/** @throws UserError `score-invalid` for missing scores, differing signatures or no seed */
function decideOnRuns(
  reproduction: Reproduction,
  runs: readonly PlacedRun[],
  incomplete: Incomplete | undefined,
): Pick<DecidedFinding, 'decision' | 'claims' | 'remarks'> {
  const { hypotheses, smoke, looks, suite } = reproduction;
  if (hypotheses.length === 0) return { claims: [], remarks: [] };
  const evidence = hypotheses.map((hypothesis) => evidenceOf(hypothesis, reproduction, runs));
  const stated = hypotheses.map(({ id, metric, direction, margin, alpha, test }, index) => {
    const { effects, magnitude, comparison } = evidence[index]!;
    return { id, metric: measures[metric].label, direction, margin, alpha, test, effects, magnitude, comparison };
  });
  // The seeds of an incomplete plan are no look.
  const sequential = looks && incomplete === undefined && sequentialDecision(stated, { looks: looks.planned, smoke });
  const { claims, ...together } = sequential || decideClaims(stated, { smoke });
  const why = whyUndecided(reproduction, runs);
  const allowed = <D extends Decision>(decision: D) => {
    if (incomplete !== undefined) return incompleteDecision(decision, incomplete);
    return why === undefined ? decision : withheld(decision, why);
  };
  const { verdict, sentence, reasons, seedsToDecide }: Decision = allowed(together);
  const before = whatWasSeenBefore(reproduction);
  const decision = {
    verdict,
    sentence,
    reasons: [...reasons, ...before],
    ...(seedsToDecide === undefined ? {} : { seedsToDecide }),
  };
  return {
    ...(areSeparate(suite) ? {} : { decision }),
    remarks: [...(sequential ? [sequential.look.note] : []), ...before],
    claims: hypotheses.map((hypothesis, index) => ({
      hypothesis,
      evidence: evidence[index]!,
      decision: allowed(claims[index]!),
    })),
  };
}

/** Whether each claim has a verdict of its own, and there is none of all together; of a single claim it is the same. */
function areSeparate({ combine, hypotheses }: Pick<Reproduction['suite'], 'combine' | 'hypotheses'>): boolean {
  return combine === 'separate' && hypotheses.length > 1;
}

/** The words that a look came to, for the record, and whether any claim is still open. */
export function lookOutcome({ decision, claims }: Pick<DecidedFinding, 'decision' | 'claims'>): {
  readonly open: boolean;
  readonly verdict?: Verdict;
  readonly claims?: Record<string, Verdict>;
} {
  const words = claims.map(({ hypothesis, decision: { verdict } }) => [hypothesis.id, verdict] as const);
  return {
    open: words.some(([, word]) => word === 'inconclusive'),
    ...(decision === undefined ? { claims: Object.fromEntries(words) } : { verdict: decision.verdict }),
  };
}

/** What to quote, a line each: the verdict of the finding with what was tested, or those of its claims; none for a benchmark. */
export function quotedVerdicts({
  decision,
  claims,
  reproduction,
}: Pick<DecidedFinding, 'decision' | 'claims' | 'reproduction'>): readonly string[] {
  const scope = scopeOf(reproduction.suite, reproduction.scale) ?? '';
  if (decision !== undefined) return [[decision.sentence, scope].join(' ').trim()];
  return claims.map(({ hypothesis, decision: { sentence } }) =>
    [`${hypothesis.id}: ${sentence}`, scope].join(' ').trim(),
  );
}
