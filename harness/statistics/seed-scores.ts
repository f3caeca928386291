/** Checks on scores by seed before any statistic: what is wrong with a record is said here, once, in the user's words. */
import { UserError } from '../errors.js';

export interface SeedScores {
  readonly seed: number;
  readonly scores: readonly number[];
}

/** @throws UserError `score-invalid` for fewer than two seeds, a repeated seed or a score that is not finite */
export function requireSeedScores(
  seeds: readonly SeedScores[],
  { what: unit }: { readonly what: 'paired seeds' | 'seeds' },
): void {
  const fix = 'check the records of these runs';
  if (seeds.length < 2) {
    const what = `${seeds.length} ${unit} are too few to estimate how much seeds differ`;
    throw new UserError({ code: 'score-invalid', what, expected: 'at least 2 seeds', fix });
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
