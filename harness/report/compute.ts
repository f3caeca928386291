/** What the runs cost: time from the event logs, floating point operations from the configuration and the tokens seen. */
import { type Part, visualTokensPerImage } from '../../reference-model/model/config.js';
import type { RunConfig } from '../../reference-model/training/recipe.js';
import type { RecordedEvent } from '../records/events.js';
import { parameterCount } from '../suite/parameter-count.js';

export interface RunTiming {
  /** From start to end of each session that contributed to the record, in milliseconds since 1970. */
  readonly sessions: readonly { readonly from: number; readonly to: number }[];
  readonly resumed: number;
  readonly jobs: number;
  readonly peakMemoryBytes: number;
}

/** Work that was lost by an interruption is not counted: its events were cut back to the checkpoint. */
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
 * Estimated floating point operations of training: 2 per weight and token for the forward pass, 2 for gradients of activations
 * where a trained part lies below, 2 for gradients of trained weights (Kaplan et al. 2020, arXiv 2001.08361, §2.1, per part).
 * Attention scores, generation and validation are left out.
 */
export function trainingFlops(config: RunConfig, events: readonly RecordedEvent[]): number {
  const { model, recipe } = config;
  const weights = parameterCount(model);
  const images = recipe.batchSize;
  const patches = images * (model.vision.imageSize / model.vision.patchSize) ** 2;
  const visual = images * visualTokensPerImage(model);
  const stages = new Map(recipe.stages.map((stage) => [stage.name, stage]));
  const order: readonly Part[] = ['vision', 'connector', 'language'];
  let total = 0;
  for (const event of events) {
    if (event.type !== 'step') continue;
    const trainable = stages.get(event.stage)?.trainable ?? [];
    const lowest = order.findIndex((part) => trainable.includes(part));
    const tokens: Readonly<Record<Part, number>> = { vision: patches, connector: visual, language: event.tokens };
    order.forEach((part, depth) => {
      const passes = 1 + (depth > lowest ? 1 : 0) + (trainable.includes(part) ? 1 : 0);
      total += 2 * passes * weights[part] * tokens[part];
    });
  }
  return total;
}
