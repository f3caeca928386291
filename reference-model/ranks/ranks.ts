/**
 * The processes that train one model together ("ranks"), as trainer and harness see them. Each sees the same global batches and learns its
 * own share of them; whatever depends on all of them is asked for by every rank at the same point.
 */

export interface Ranks {
  /** From 0; that one alone writes records. */
  readonly rank: number;
  readonly count: number;
  /** Each number summed over all ranks. @throws RankError */
  sum(values: readonly number[]): readonly number[];
  /** What every rank says, as plain JSON, in the order of ranks. @throws RankError */
  exchange<Said>(said: Said): Promise<readonly Said[]>;
}

/** The one process of a run that is not divided. */
export const ALONE: Ranks = {
  rank: 0,
  count: 1,
  sum: (values) => values,
  exchange: async (said) => [said],
};

export interface RankProblem {
  readonly what: string;
  readonly where?: string;
  readonly expected?: string;
  readonly fix: string;
}

/** Ranks of which the first leads the others from one piece of work to the next. */
export interface LedRanks extends Ranks {
  /** What rank 0 tells the others to do next, as plain JSON. */
  announce(order: unknown): void;
  /** Waits for what rank 0 announces next, for however long that takes. @throws RankError when a rank has failed */
  nextOrder(): Promise<unknown>;
  /** Tells all others why this rank ends. */
  fail(problem: RankProblem): void;
  /** Ends the group; of a process that ends. @param order what rank 0 tells the others last, unless they have been told of a failure */
  leave(order?: unknown): void;
}

/** A rank, this one or another, that failed or hangs; the job of all of them ends. */
export class RankError extends Error {
  override readonly name = 'RankError';
  readonly rank: number;
  readonly problem: RankProblem;

  constructor(rank: number, problem: RankProblem, options?: ErrorOptions) {
    super(`rank ${rank}: ${problem.what}; ${problem.fix}`, options);
    this.rank = rank;
    this.problem = { ...problem, what: `rank ${rank}: ${problem.what}` };
  }
}
