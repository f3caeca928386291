/** What the page needs of everything that the runs said. Predictions are read one run at a time, since together they may be large. */
import { readPredictions } from '../records/predictions.js';
import { type Reproduction, storeOf } from '../records/reproduction.js';
import { readResult } from '../records/result.js';
import { runPaths } from '../records/run-paths.js';
import { type HeldCaptions, heldCaptions } from '../verdict/caption-baselines.js';
import { type LearntPart, learntParts } from '../verdict/learnt-parts.js';
import { countOutputs, type OutputCount } from './empty-outputs.js';

export interface OutputSummary {
  readonly arm: string;
  readonly seed: number;
  readonly held: readonly HeldCaptions[];
  readonly parts: readonly LearntPart[];
  readonly counts: readonly OutputCount[];
}

/** @throws UserError `record-corrupt` for a line that is no prediction */
export function outputSummaries(folder: string, { runs }: Pick<Reproduction, 'runs'>): readonly OutputSummary[] {
  return runs.map(({ arm, seed, runId }) => {
    const paths = runPaths(storeOf(folder), runId);
    const predictions = readPredictions(paths.predictions);
    const held = heldCaptions(predictions, readResult(paths.result) ?? {});
    return { arm, seed, held, parts: learntParts(predictions), counts: countOutputs(predictions) };
  });
}
