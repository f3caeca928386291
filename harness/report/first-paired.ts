/** The hypothesis that the report is about: the first that compares two arms. */
import { UserError } from '../errors.js';
import type { Reproduction } from '../records/reproduction.js';

type PairedHypothesis = Extract<Reproduction['hypotheses'][number], { test: 'paired' }>;

/** @throws UserError `not-available` when no hypothesis compares two arms */
export function firstPaired({ suite, hypotheses }: Reproduction): PairedHypothesis {
  const paired = hypotheses.find((hypothesis) => hypothesis.test === 'paired');
  if (paired !== undefined) return paired;
  throw new UserError({
    code: 'not-available',
    what: `${suite.id} compares no two arms, and no report can be written of it yet`,
    mend: 'read the scores from the result.json of its runs',
  });
}
