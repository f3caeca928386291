/**
 * Whether suite and pilot were fixed before a record was made. It is asked of suites that have a pilot, whose seeds and margin were chosen
 * with it: without that order their scores decide nothing.
 */

import type { Reproduction } from '../records/reproduction.js';
import type { Statement } from '../records/statement.js';
import type { Decision } from '../statistics/verdict.js';
import { verdictLabels } from '../statistics/verdict-rule.js';
import type { Incomplete } from './incomplete.js';
import type { PlacedRun } from './placed-runs.js';

/** Why nothing may be decided, in one sentence; undefined where nothing speaks against it. */
export function whyUndecided(
  { suite, pilot, statement, smoke }: Pick<Reproduction, 'suite' | 'pilot' | 'statement' | 'smoke'>,
  runs: readonly Pick<PlacedRun, 'provenance'>[],
): string | undefined {
  const asksForPilot = (suite.version ?? 1) > 1 || pilot !== undefined || statement?.pilot !== undefined;
  if (!asksForPilot || smoke) return undefined;
  if (statement?.pilot === undefined) {
    return 'Nothing is decided: this record was made before the suite had a pilot that was fixed, so it cannot be evidence for it.';
  }
  if (!statement.committed) {
    return (
      'Nothing is decided: the suite or its pilot was not committed, or was changed since, when the runs were started, so nothing shows ' +
      'that they were fixed before a score was seen.'
    );
  }
  const early = runs.filter(({ provenance }) => !isMadeFrom(provenance.statement, statement)).length;
  if (early === 0) return undefined;
  const which = early === runs.length ? 'the runs were' : `${early} of the ${runs.length} runs were`;
  return `Nothing is decided: ${which} made before the suite and its pilot were committed as they are in this record.`;
}

/** The same texts, or those of another suite of the same commit, whose runs this one shares. */
function isMadeFrom(own: Statement | undefined, { suite, pilot, at }: Statement): boolean {
  if (own?.committed !== true) return false;
  return (own.suite === suite && own.pilot === pilot) || own.at === at;
}

/**
 * The decision without its word and what that says.
 * @param opening what its sentence begins with
 */
export function withheld<D extends Decision>(
  decision: D,
  reason: string,
  opening: string = verdictLabels.inconclusive,
): Omit<D, 'added' | 'seedsToDecide'> {
  const { added = '', seedsToDecide: _, ...kept } = decision;
  const found = decision.sentence.slice(0, decision.sentence.length - added.length).trimEnd();
  const before = `${verdictLabels[decision.verdict]}:`;
  const sentence = found.startsWith(before) ? `${opening}:${found.slice(before.length)}` : found;
  const row = 'row' in decision ? { row: 'undecidable' } : {};
  return { ...kept, ...row, verdict: 'inconclusive', sentence, reasons: [reason] };
}

/** The same where runs are missing. */
export function incompleteDecision<D extends Decision>(
  decision: D,
  { finished, planned }: Incomplete,
): Omit<D, 'added' | 'seedsToDecide'> {
  const runs = `${finished} of ${planned} runs`;
  const reason =
    finished < planned
      ? `Nothing is decided before all runs are finished: so far ${runs} are. What stands here is over the seeds that all arms have.`
      : `Nothing is decided yet: all ${planned} runs are finished, but the command that trained them did not end; run it again, and it decides without training.`;
  return withheld(decision, reason, `${verdictLabels.inconclusive} (incomplete: ${runs})`);
}
