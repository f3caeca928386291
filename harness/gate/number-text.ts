/** How the gate's outputs write the numbers of a metric: one choice of decimals per metric, a true minus sign, explicit plus signs. */
import { decimalsFor, formatFixed, formatP, formatSigned } from '../../reports/numbers.js';
import type { GateMetric, GateMinimum, RegressedImage } from './gate-result.js';

export interface MetricNumbers {
  readonly baseline: string;
  readonly candidate: string;
  readonly difference: string;
  readonly low: string;
  readonly high: string;
  readonly p: string;
}

export function metricNumbers({
  baseline,
  candidate,
  difference,
  low,
  high,
  p = Number.NaN,
}: GateMetric): MetricNumbers {
  const decimals = decimalsFor([baseline, candidate]) + 1;
  return {
    baseline: formatFixed(baseline, decimals),
    candidate: formatFixed(candidate, decimals),
    difference: formatSigned(difference, decimals),
    low: formatSigned(low, decimals),
    high: formatSigned(high, decimals),
    p: formatP(p),
  };
}

export function imageNumbers({ before, after, difference }: RegressedImage): Pick<MetricNumbers, 'difference'> & {
  readonly before: string;
  readonly after: string;
} {
  const decimals = decimalsFor([before, after]);
  return {
    before: formatFixed(before, decimals),
    after: formatFixed(after, decimals),
    difference: formatSigned(difference, decimals),
  };
}

/** A score below its minimum is never written as that minimum. */
export function minimumNumbers({ score, minimum, reached }: GateMinimum): {
  readonly score: string;
  readonly minimum: string;
} {
  const rounded = formatFixed(score, decimalsFor([score, minimum]) + 1);
  const misleads = !reached && formatFixed(minimum, decimalsFor([score, minimum]) + 1) === rounded;
  return { score: misleads ? String(score) : rounded, minimum: marginText(minimum) };
}

/** A margin as the user would type it. */
export function marginText(margin: number): string {
  return String(Number(margin.toPrecision(4)));
}
