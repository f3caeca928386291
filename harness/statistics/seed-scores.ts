/** Checks on scores by seed before any statistic: what is wrong with a record is said here, once, in the user's words. */
import { UserError } from '../errors.js';

export interface SeedScores {
  readonly seed: number;
  readonly scores: readonly number[];
}

interface SeedsAsked {
  readonly what: 'paired seeds' | 'seeds';
  /** By default 2: one seed does not tell how much seeds differ. */
  readonly least?: 1 | 2;
}

/** @throws UserError `score-invalid` for too few seeds, a repeated seed or a score that is not finite */
export function requireSeedScores(seeds: readonly SeedScores[], { what: unit, least = 2 }: SeedsAsked): void {
  const fix = 'check the records of these runs';
  if (seeds.length < least) {
    const what = `${seeds.length} ${unit} are too few${least === 2 ? ' to estimate how much seeds differ' : ''}`;
    const expected = `at least ${least} ${least === 1 ? 'seed' : 'seeds'}`;
    throw new UserError({ code: 'score-invalid', what, expected, fix });
  }
  const seen = new Set<number>();
  for (const { seed, scores } of seeds) {
    if (seen.has(seed)) throw new UserError({ code: 'score-invalid', what: `seed ${seed} occurs twice`, fix });
    seen.add(seed);
    for (const score of scores) {
      if (Number.isFinite(score)) continue;
      const what = `a score of seed ${seed} is ${score}`;
      throw new UserError({ code: 'score-invalid', what, expected: 'a finite number', fix });
    }
  }
}
