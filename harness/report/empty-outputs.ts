/**
 * How often the model of an arm said nothing: such an output scores 0, which reads as a poor answer and may be a missing one. Counted over
 * all seeds, for each kind of output.
 */
import { formatCount, formatFixed } from '../../reports/numbers.js';
import { isSpoken, type Prediction, type SpokenPrediction } from '../records/predictions.js';

export interface OutputsOfArm {
  /** Label of the arm. */
  readonly arm: string;
  readonly predictions: readonly Prediction[];
}

interface OutputCount {
  readonly arm: string;
  /** In the plural: "detailed captions". */
  readonly kind: string;
  readonly outputs: number;
  readonly empty: number;
}

/** Rarer ones change no score that a page prints. */
const leastShare = 0.01;

/**
 * @param outputs of every run, one at a time: together they may be large
 * @returns at most one sentence, on the arms and kinds with at least one empty output in a hundred
 */
export function emptyOutputCaveats(outputs: Iterable<OutputsOfArm>): readonly string[] {
  const frequent = countOutputs(outputs).filter(({ outputs, empty }) => empty / outputs >= leastShare);
  if (frequent.length === 0) return [];
  const shares = frequent.map(
    ({ arm, kind, outputs, empty }) =>
      `${percentText(empty / outputs)} of the ${kind} by the arm “${arm}” (${formatCount(empty)} of ${formatCount(outputs)})`,
  );
  return [`Some outputs are empty, and an empty one scores 0: ${shares.join('; ')}.`];
}

function countOutputs(outputs: Iterable<OutputsOfArm>): readonly OutputCount[] {
  const counts = new Map<string, OutputCount>();
  for (const { arm, predictions } of outputs) {
    for (const prediction of predictions.filter(isSpoken)) {
      const kind = kindOf(prediction);
      const key = JSON.stringify([arm, kind]);
      const { outputs, empty } = counts.get(key) ?? { outputs: 0, empty: 0 };
      counts.set(key, { arm, kind, outputs: outputs + 1, empty: empty + (prediction.text.trim() === '' ? 1 : 0) });
    }
  }
  return [...counts.values()];
}

function kindOf(prediction: SpokenPrediction): string {
  if (prediction.type === 'answer') return `answers to ${prediction.kind} questions`;
  return prediction.style === 'ai-captions' ? 'detailed captions' : 'human-style captions';
}

function percentText(share: number): string {
  return `${formatFixed(share * 100, share < 0.0995 ? 1 : 0)} %`;
}
