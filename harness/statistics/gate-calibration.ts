/**
 * A margin for the gate from A/A runs: pairs of systems that ought not to differ, for example one recipe trained with other seeds. Their
 * differences show what losses happen by chance. They are taken as normal around 0, so k differences tell their spread with k degrees
 * of freedom, and the margin is a one-sided tolerance limit: with the stated confidence, the stated share of A/A losses is smaller
 * (Howe 1969, with the mean known; the factor is z(share) × √(k ÷ χ²(1 − confidence, k))).
 */
import { normalDistribution, normalQuantile } from '../../metrics/numerics/normal-distribution.js';
import { chiSquareQuantile } from './chi-square.js';

export interface GateCalibration {
  /** Undefined when the A/A runs do not differ at all: then chance shows no loss that a margin could be set by. */
  readonly margin?: number;
  /** Of a single A/A difference. */
  readonly standardDeviation: number;
  readonly pairs: number;
  /** Best estimate of how often an unchanged system loses at least the margin; a regression needs more than that. */
  readonly falseAlarmRate: number;
  /** With the confidence, the false-alarm rate is at most this. */
  readonly falseAlarmLimit: number;
  readonly confidence: number;
  /** One sentence on how sure the margin is. */
  readonly sentence: string;
}

export interface CalibrationOptions {
  /** Highest share of A/A losses that may reach the margin. */
  readonly falseAlarms?: number;
  readonly confidence?: number;
}

/** @throws RangeError for no differences or one that is not finite */
export function gateCalibration(
  differences: readonly number[],
  { falseAlarms = 0.025, confidence = 0.9 }: CalibrationOptions = {},
): GateCalibration {
  const pairs = differences.length;
  if (pairs === 0 || !differences.every(Number.isFinite)) {
    throw new RangeError(`a margin needs finite A/A differences, not ${differences.join(', ')}`);
  }
  const standardDeviation = Math.sqrt(
    differences.reduce((sum, difference) => sum + difference * difference, 0) / pairs,
  );
  const base = { standardDeviation, pairs, falseAlarmLimit: falseAlarms, confidence };
  const runs = `${pairs} A/A ${pairs === 1 ? 'difference' : 'differences'}`;
  if (standardDeviation === 0) {
    const sentence = `${runs} of exactly 0 show no chance variation, so no margin follows from them.`;
    return { ...base, falseAlarmRate: 0, sentence };
  }
  const factor = Math.sqrt(pairs / chiSquareQuantile(1 - confidence, pairs));
  const margin = -normalQuantile(falseAlarms) * factor * standardDeviation;
  const falseAlarmRate = normalDistribution(-margin / standardDeviation);
  const few = factor > 1.5 ? ` Being few, they make the margin ${factor.toFixed(1)} times as wide as many would.` : '';
  const sentence =
    `From ${runs}: with ${Math.round(confidence * 100)} % confidence at most ${(falseAlarms * 100).toFixed(1)} % of unchanged ` +
    `systems lose this much by chance.${few}`;
  return { ...base, margin, falseAlarmRate, sentence };
}
