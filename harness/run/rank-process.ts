/**
 * Entry of a process that rank 0 started beside itself on this machine: takes part in one run after the other until it is told that no
 * other follows, or rank 0 is gone.
 */
import type { LedRanks } from '../../reference-model/ranks/ranks.js';
import { bugProblem, formatProblem, problemsOf } from '../errors.js';
import { amongRanks, followRun } from './follow-run.js';
import { joinRanks } from './join-ranks.js';
import { nextOrder } from './rank-orders.js';
import { referenceModel } from './reference-model.js';

let stop = new AbortController();
let busy = false;
/** Whether rank 0 has been told why this process ends, and says it. */
let hasTold = false;
const requestStop = () => {
  stop.abort();
  // Rank 0, which started it, is to know that it did not end in order.
  if (!busy) process.exit(143);
};
process.on('SIGINT', requestStop);
process.on('SIGTERM', requestStop);

try {
  await serve((await joinRanks('torch'))!);
  process.exit();
} catch (error) {
  const isOthers = error instanceof Error && error.name === 'RankError';
  // What another rank ends with is said there; an idle one ends with rank 0.
  if (!isOthers && !(hasTold && problemsOf(error)?.length === 1))
    console.error((problemsOf(error) ?? [bugProblem(error)]).map(formatProblem).join('\n'));
  process.exit(isOthers && !busy ? 0 : 1);
}

async function serve(ranks: LedRanks): Promise<void> {
  for (;;) {
    busy = false;
    const order = await nextOrder(ranks);
    busy = true;
    switch (order.type) {
      case 'open':
        try {
          const { signal } = stop;
          await amongRanks(ranks, () => followRun(order.job, { machinery: referenceModel, signal }, ranks));
        } catch (error) {
          hasTold = true;
          if (!(error instanceof Error) || error.name !== 'TrainingInterrupted') throw error;
          stop = new AbortController();
        }
        break;
      case 'run':
      case 'done':
      case 'stopped':
        break;
      case 'end':
        return;
      default:
        order satisfies never;
    }
  }
}
