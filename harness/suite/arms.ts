/** The arms of a suite: every combination of one level per factor, in the order of the file. */
import type { Factors } from './suite-fields.js';

/** One setting of everything that a suite varies. */
export interface Arm {
  /** Ids of the levels joined by ".". */
  readonly id: string;
  /** Labels of the levels joined by ", ". */
  readonly label: string;
  readonly description: string;
  /** The level of each factor. */
  readonly levels: Readonly<Record<string, string>>;
}

/** The cartesian product of the factors' levels; the last factor varies fastest. */
export function armsOf(factors: Factors): readonly Arm[] {
  let arms: readonly { readonly levels: readonly (readonly [factor: string, level: string])[] }[] = [{ levels: [] }];
  for (const [factor, { levels }] of Object.entries(factors)) {
    arms = arms.flatMap((arm) =>
      Object.keys(levels).map((level) => ({ levels: [...arm.levels, [factor, level] as const] })),
    );
  }
  return arms.map(({ levels }) => {
    const chosen = levels.map(([factor, level]) => factors[factor]!.levels[level]!);
    return {
      id: levels.map(([, level]) => level).join('.'),
      label: chosen.map(({ label }) => label).join(', '),
      description: chosen.map(({ description }) => description).join(' '),
      levels: Object.fromEntries(levels),
    };
  });
}
