/** What a pilot shows of a claim: the effects of its seeds, computed as those that decide are. */
import type { Reproduction } from '../records/reproduction.js';
import { requireSeedScores } from '../statistics/seed-scores.js';
import type { Pilot } from '../suite/pilot-schema.js';
import type { Hypothesis } from '../suite/schema.js';
import { type Evidence, evidenceOf } from './evidence.js';

/**
 * Over the runs of the chosen recipe; a pilot is checked against its suite when it is read, so that none is missing.
 * @throws UserError `score-invalid` for fewer than two seeds of the arms that the claim compares
 */
export function pilotEvidence(
  hypothesis: Hypothesis,
  about: Pick<Reproduction, 'suite' | 'arms'>,
  pilot: Pick<Pilot, 'runs'>,
): Evidence {
  const { metric } = hypothesis;
  const runs = pilot.runs.flatMap(({ rate, arm, seed, run = '', scores }) => {
    const value = scores[metric];
    if (rate !== 1 || value === undefined) return [];
    return [{ arm, seed, runId: run, result: { scores: { [metric]: { value, signature: 'of the pilot' } } } }];
  });
  const evidence = evidenceOf(hypothesis, about, runs);
  const seeds = evidence.test === 'paired' ? evidence.pairs : evidence.seeds;
  const what = evidence.test === 'paired' ? 'paired seeds' : 'seeds';
  requireSeedScores(
    seeds.map(({ seed }) => ({ seed, scores: [] })),
    { what },
  );
  return evidence;
}
