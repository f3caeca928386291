/** What the runs cost: time from the event logs, floating point operations from the configuration and the tokens seen. */

import { batchSizes, type RunConfig } from '../../reference-model/recipe/recipe.js';
import { stageFlops } from '../../reference-model/recipe/stage-flops.js';
import { forkOf, type RecordedEvent } from '../records/events.js';

export interface RunTiming {
  /** From start to end of each session that contributed to the record, in milliseconds since 1970. */
  readonly sessions: readonly { readonly from: number; readonly to: number }[];
  readonly resumed: number;
  readonly jobs: number;
  readonly peakMemoryBytes: number;
}

/**
 * Work that was lost by an interruption is not counted: its events were cut back to the checkpoint. Nor are steps that were copied from
 * another run, which stand in front of the first session.
 */
export function timingOf(events: readonly RecordedEvent[]): RunTiming {
  const sessions: { from: number; to: number }[] = [];
  let jobs = 1;
  let peakMemoryBytes = 0;
  for (const event of events) {
    if (event.type === 'session-started') {
      sessions.push({ from: event.time, to: event.time });
      jobs = Math.max(jobs, event.jobs);
      continue;
    }
    if (event.type === 'finished') peakMemoryBytes = event.peakMemoryBytes;
    const session = sessions.at(-1);
    if (session !== undefined) session.to = Math.max(session.to, event.time);
  }
  return { sessions, resumed: Math.max(0, sessions.length - 1), jobs, peakMemoryBytes };
}

/** Seconds during which at least one of the intervals ran. */
export function unionSeconds(intervals: RunTiming['sessions']): number {
  let total = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...intervals].sort((left, right) => left.from - right.from)) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total / 1000;
}

/**
 * Floating point operations of training, estimated: sequences of a step are taken as equally long and without padding.
 * Validation and generation are left out, and so are steps that were copied from another run.
 */
export function trainingFlops({ model, recipe }: RunConfig, events: readonly RecordedEvent[]): number {
  const stages = new Map(recipe.stages.map((stage) => [stage.name, stage]));
  const copied = forkOf(events)?.step ?? 0;
  let total = 0;
  for (const event of events) {
    if (event.type !== 'step' || event.step <= copied) continue;
    const stage = stages.get(event.stage);
    if (stage === undefined) continue;
    const { tokens, answerTokens, sequences } = event;
    const shared = sequences === undefined ? {} : { sequences };
    const work = { examples: batchSizes(recipe, stage).batchSize, tokens, answerTokens, ...shared };
    const { forward, backward } = stageFlops(model, stage, work);
    total += forward + backward;
  }
  return total;
}
