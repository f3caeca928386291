/**
 * What a gate came to: one plain document that `--json` prints and every other output (terminal, JUnit, Markdown, page, code quality)
 * is made from. It holds a comparison with the baseline, minimums that scores have to reach, or both.
 */
import type { GateVerdict } from '../statistics/gate-decision.js';
import type { Acceptance, Margin } from '../systems/baseline.js';

/** A regression is told before a missed minimum; both end in 3. */
export type GateOutcome = GateVerdict | 'below-minimum';

/** A floor under a score, whatever the baseline. */
export interface GateMinimum {
  readonly metric: string;
  readonly minimum: number;
  /** Mean score of the candidate over its records. */
  readonly score: number;
  readonly images: number;
  readonly signature: string;
  readonly reached: boolean;
}

export interface GateMetric {
  readonly name: string;
  /** Whether it decides; the others inform. */
  readonly gates: boolean;
  readonly higherIsBetter: boolean;
  readonly signature: string;
  readonly images: number;
  /** Mean score over the records of each side. */
  readonly baseline: number;
  readonly candidate: number;
  /** Score of each record. */
  readonly baselineRecords: readonly number[];
  readonly candidateRecords: readonly number[];
  /** Candidate − baseline, whichever direction is better. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided p of no difference. */
  readonly p: number;
}

/** An image on which the candidate lost. */
export interface RegressedImage {
  readonly imageId: string;
  /** Mean score of the image over the records of each side. */
  readonly before: number;
  readonly after: number;
  /** Candidate − baseline. */
  readonly difference: number;
  readonly texts: readonly RegressedText[];
}

export interface RegressedText {
  /** Question or prompt. */
  readonly prompt?: string;
  readonly references: readonly string[];
  /** Of the first record of each side; absent where it is not known. */
  readonly before?: string;
  readonly after?: string;
}

export interface GateCandidate {
  readonly label: string;
  readonly paths: readonly string[];
  readonly records: number;
  readonly commit?: string;
}

interface Outcome {
  readonly schemaVersion: 1;
  readonly verdict: GateOutcome;
  /** A sentence with effect, interval, margin and n, and one for each minimum. */
  readonly sentence: string;
  readonly metric: string;
  readonly candidate: GateCandidate;
  /** Number and fingerprint of the references or questions. */
  readonly references?: string;
  readonly minimums: readonly GateMinimum[];
}

/** Without a baseline: minimums alone. */
export interface FloorResult extends Outcome {
  readonly verdict: 'pass' | 'below-minimum';
}

/** Against a baseline, with or without minimums. */
export interface GateResult extends Outcome {
  /** What the comparison alone came to. */
  readonly comparison: { readonly verdict: GateVerdict; readonly sentence: string };
  readonly margin: Margin;
  /** What the interval covers and how it was computed. */
  readonly method: string;
  readonly level: number;
  readonly resamples: number;
  readonly baseline: { readonly file: string; readonly label: string; readonly accepted: Acceptance };
  /** The gating metric first. */
  readonly metrics: readonly GateMetric[];
  /** At most ten, the most regressed first. */
  readonly regressed: readonly RegressedImage[];
  /** How many images lost, won and stayed the same in the gating metric. */
  readonly images: { readonly total: number; readonly lost: number; readonly won: number; readonly tied: number };
}

export type GateDocument = GateResult | FloorResult;

export function hasBaseline(document: GateDocument): document is GateResult {
  return 'baseline' in document;
}
