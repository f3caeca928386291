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
import { type Evidence, evidenceOf } from './evidence.js';
import { whyUndecided, withheld } from './fixed-before.js';
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
  /** Absent for a benchmark, which claims nothing. */
  readonly decision?: Decision;
  /** In the order of the hypotheses. */
  readonly claims: readonly DecidedClaim[];
}

/**
 * @param folder the reproduction
 * @param reproduction what `reproduction.json` holds, where it is known: another command may have replaced it meanwhile
 * @throws UserError when a record is missing, unfinished or damaged, or when runs were scored in different ways
 */
export function decideFinding(folder: string, reproduction: Reproduction = readReproduction(folder)): DecidedFinding {
  const store = storeOf(folder);
  const runs = reproduction.runs.map((place): PlacedRun => ({ ...place, ...readFinishedTraining(store, place.runId) }));
  requireNoPilot(runs);
  return { folder, reproduction, runs, ...decideOnRuns(reproduction, runs) };
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

/** @throws UserError `score-invalid` for missing scores, differing signatures or fewer than two seeds */
function decideOnRuns(
  reproduction: Reproduction,
  runs: readonly PlacedRun[],
): Pick<DecidedFinding, 'decision' | 'claims'> {
  const { hypotheses, smoke, looks } = reproduction;
  if (hypotheses.length === 0) return { claims: [] };
  const evidence = hypotheses.map((hypothesis) => evidenceOf(hypothesis, reproduction, runs));
  const stated = hypotheses.map(({ id, metric, direction, margin, alpha, test }, index) => {
    const { effects, magnitude, comparison } = evidence[index]!;
    return { id, metric: measures[metric].label, direction, margin, alpha, test, effects, magnitude, comparison };
  });
  const sequential = looks && sequentialDecision(stated, { looks: looks.planned, smoke });
  const { verdict, sentence, reasons, claims } = sequential ?? decideClaims(stated, { smoke });
  const why = whyUndecided(reproduction, runs);
  const allowed = <D extends Decision>(decision: D): D => (why === undefined ? decision : withheld(decision, why));
  const decision = allowed({ verdict, sentence, reasons });
  return {
    decision: { ...decision, reasons: [...decision.reasons, ...whatWasSeenBefore(reproduction)] },
    claims: hypotheses.map((hypothesis, index) => ({
      hypothesis,
      evidence: evidence[index]!,
      decision: allowed(claims[index]!),
    })),
  };
}

/** What `--require` and further looks ask for: a benchmark leaves everything open. */
export function verdictOf({ decision }: Pick<DecidedFinding, 'decision'>): Verdict {
  return decision?.verdict ?? 'inconclusive';
}

/** The sentence to quote, with what was tested; undefined for a benchmark. */
export function quotedVerdict({
  decision,
  reproduction,
}: Pick<DecidedFinding, 'decision' | 'reproduction'>): string | undefined {
  return decision && [decision.sentence, reproduction.suite.scope ?? ''].join(' ').trim();
}
