/** Other measures of the comparison that the first claim makes, with a small forest plot. */
import { renderMiniInterval } from '../charts/mini-interval.js';
import { armMeans } from '../derived-numbers.js';
import type { FindingReportView, PairedSeedsView } from '../finding-report-view.js';
import { decimalsFor, formatFixed, formatInterval, formatP, formatSigned } from '../numbers.js';
import type { ComparedArms } from './claims-section.js';

export function secondarySection({ secondary }: FindingReportView, { treatment, control }: ComparedArms) {
  const [first] = secondary;
  return {
    level: first === undefined ? '' : formatFixed(first.confidence.level * 100, 0),
    treatment,
    control,
    rows: secondary.map((measure, index) => {
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
          color: treatment.color,
        }),
      };
    }),
  };
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
