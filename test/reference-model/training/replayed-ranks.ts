/**
 * Ranks in one process, for whatever may be done again: a rank that waits for the others is given up, and all begin anew once each has said its
 * part. So a sum, for which a process would wait, needs no second one, and ranks that wait for each other in vain are found out.
 */
import type { Ranks } from '../../../reference-model/ranks/ranks.js';

class Waiting extends Error {}

/** @returns what every rank came to, by rank; its error where it ended with one */
export async function replayedRanks<Result>(
  count: number,
  body: (ranks: Ranks) => Promise<Result>,
): Promise<readonly (Result | Error)[]> {
  /** What each rank said, by meeting. */
  const meetings: (readonly string[])[] = [];
  for (;;) {
    const said: string[] = [];
    const ended: (Result | Error)[] = [];
    for (let rank = 0; rank < count; rank++) {
      let at = 0;
      const meet = (kind: string, own: unknown): readonly unknown[] => {
        const all = meetings[at++];
        if (all === undefined) {
          said[rank] = JSON.stringify([kind, own]);
          throw new Waiting();
        }
        const heard = all.map((text) => JSON.parse(text) as [string, unknown]);
        if (heard.some(([other]) => other !== kind)) throw new Error('ranks meet for different things');
        return heard.map(([, value]) => value);
      };
      const ranks: Ranks = {
        rank,
        count,
        sum: (values) => {
          const all = meet('sum', values) as readonly (readonly number[])[];
          return values.map((_, i) => all.reduce((total, own) => total + own[i]!, 0));
        },
        exchange: async <Said>(own: Said) => meet('exchange', own) as readonly Said[],
      };
      try {
        ended[rank] = await body(ranks);
      } catch (error) {
        if (!(error instanceof Waiting)) ended[rank] = error as Error;
      }
    }
    if (said.length === 0) return ended;
    if (Object.keys(said).length < count) throw new Error('a rank waits for one that has ended');
    meetings.push(said);
  }
}
