/**
 * How often the model of an arm said nothing: such an output scores 0, which reads as a poor answer and may be a missing one. Counted over
 * all seeds, for each kind of output.
 */
import { formatCount, formatFixed } from '../../reports/numbers.js';
import { isSpoken, type Prediction, type SpokenPrediction } from '../records/predictions.js';

/** Of one kind, in the plural: "detailed captions". */
export interface OutputCount {
  readonly kind: string;
  readonly outputs: number;
  readonly empty: number;
}

/** The outputs of one run. */
interface CountedOutputs {
  readonly arm: string;
  readonly counts: readonly OutputCount[];
}

/** Rarer ones change no score that a page prints. */
const leastShare = 0.01;

/**
 * @param runs the outputs of every run
 * @param labels of the arms, by their ids
 * @returns at most one sentence, on the arms and kinds with at least one empty output in a hundred
 */
export function emptyOutputCaveats(
  runs: readonly CountedOutputs[],
  labels: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  const frequent = countsByArm(runs).filter(({ outputs, empty }) => empty / outputs >= leastShare);
  if (frequent.length === 0) return [];
  const shares = frequent.map(
    ({ arm, kind, outputs, empty }) =>
      `${percentText(empty / outputs)} of the ${kind} by the arm “${labels.get(arm) ?? arm}” (${formatCount(empty)} of ${formatCount(outputs)})`,
  );
  return [`Some outputs are empty, and an empty one scores 0: ${shares.join('; ')}.`];
}

/** Of each kind of output, how many there are and how many are empty. */
export function countOutputs(predictions: readonly Prediction[]): readonly OutputCount[] {
  const counts = new Map<string, OutputCount>();
  for (const prediction of predictions.filter(isSpoken)) {
    const kind = kindOf(prediction);
    const { outputs, empty } = counts.get(kind) ?? { outputs: 0, empty: 0 };
    counts.set(kind, { kind, outputs: outputs + 1, empty: empty + (prediction.text.trim() === '' ? 1 : 0) });
  }
  return [...counts.values()];
}

function countsByArm(runs: readonly CountedOutputs[]): readonly (OutputCount & { readonly arm: string })[] {
  const sums = new Map<string, OutputCount & { readonly arm: string }>();
  for (const { arm, counts } of runs) {
    for (const { kind, outputs, empty } of counts) {
      const key = JSON.stringify([arm, kind]);
      const before = sums.get(key) ?? { outputs: 0, empty: 0 };
      sums.set(key, { arm, kind, outputs: before.outputs + outputs, empty: before.empty + empty });
    }
  }
  return [...sums.values()];
}

function kindOf(prediction: SpokenPrediction): string {
  if (prediction.type === 'answer') return `answers to ${prediction.kind} questions`;
  return prediction.style === 'ai-captions' ? 'detailed captions' : 'human-style captions';
}

function percentText(share: number): string {
  return `${formatFixed(share * 100, share < 0.0995 ? 1 : 0)} %`;
}
