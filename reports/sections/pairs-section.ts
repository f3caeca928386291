/** The paired-seed plot with its table, and the secondary measures with a small forest plot. */
import type { ArmStyle } from '../arm-style.js';
import { renderMiniInterval } from '../charts/mini-interval.js';
import { renderDifferencesPanel, renderScoresPanel } from '../charts/paired-seeds-chart.js';
import { armMeans } from '../derived-numbers.js';
import type { FindingReportView, HypothesisView, PairedSeedsView } from '../finding-report-view.js';
import { decimalsFor, formatFixed, formatInterval, formatP, formatSigned } from '../numbers.js';

export interface PairedClaim {
  readonly hypothesis: HypothesisView;
  readonly pairs: PairedSeedsView;
}

export interface ComparedArms {
  readonly treatment: ArmStyle;
  readonly control: ArmStyle;
}

export function pairsSection({ pairs: measure, hypothesis }: PairedClaim, arms: ComparedArms) {
  const decimals = decimalsFor(measure.pairs.flatMap((pair) => [pair.treatment, pair.control]));
  const means = armMeans(measure);
  const row = (name: string, treatment: number, control: number, difference: number) => ({
    name,
    treatment: formatFixed(treatment, decimals),
    control: formatFixed(control, decimals),
    difference: formatSigned(difference, decimals),
  });
  return {
    metric: measure.metric,
    axis: measure.axis,
    better: measure.higherIsBetter ? 'higher is better' : 'lower is better',
    level: formatFixed(measure.confidence.level * 100, 0),
    margin: hypothesis.margin > 0 ? formatFixed(hypothesis.margin, decimalsFor([hypothesis.margin])) : '',
    treatment: arms.treatment,
    control: arms.control,
    scores: renderScoresPanel({ id: 'paired-scores', measure, ...arms }),
    differences: renderDifferencesPanel({ id: 'paired-differences', measure, ...arms, margin: hypothesis.margin }),
    rows: measure.pairs.map((pair) => row(String(pair.seed), pair.treatment, pair.control, pair.difference)),
    mean: row('mean', means.treatment, means.control, measure.meanDifference),
  };
}

export function secondarySection({ secondary }: FindingReportView, { treatment, control }: ComparedArms) {
  return secondary.map((measure, index) => {
    const { meanDifference, confidence } = measure;
    const decimals = decimalsFor([meanDifference, confidence.low, confidence.high]);
    const means = armMeans(measure);
    const scoreDecimals = decimalsFor([means.treatment, means.control]);
    const interval = formatInterval(confidence, decimals);
    const difference = formatSigned(meanDifference, decimals);
    return {
      metric: measure.metric,
      axis: measure.axis,
      better: measure.higherIsBetter ? 'higher' : 'lower',
      seeds: measure.pairs.length,
      treatment: formatFixed(means.treatment, scoreDecimals),
      control: formatFixed(means.control, scoreDecimals),
      difference: `${difference} ${interval}`,
      p: formatP(measure.signFlip.p),
      effectSize: formatFixed(measure.effectSize, 2),
      favours: favoured(measure, treatment.label, control.label),
      plot: renderMiniInterval({
        id: `secondary-${index + 1}`,
        title: `${measure.metric}: mean difference and interval`,
        description: `${difference} ${interval}; zero in the middle.`,
        mean: meanDifference,
        low: confidence.low,
        high: confidence.high,
        style: treatment,
      }),
    };
  });
}

/** Which arm the interval favours; an interval that holds zero favours neither. */
function favoured(
  { confidence: { low, high }, higherIsBetter }: PairedSeedsView,
  treatment: string,
  control: string,
): string {
  if (low > 0) return higherIsBetter ? treatment : control;
  if (high < 0) return higherIsBetter ? control : treatment;
  return 'neither';
}
