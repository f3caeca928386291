/** The other measures of the arms that each claim compares: one table for each comparison, with a small forest plot. */
import type { ArmStyle } from '../arm-style.js';
import { renderMiniInterval } from '../charts/mini-interval.js';
import { armMeans } from '../derived-numbers.js';
import type { FindingReportView, PairedSeedsView, SecondaryMeasureView } from '../finding-report-view.js';
import {
  decimalsFor,
  formatFixed,
  formatInterval,
  formatLevel,
  formatP,
  formatSigned,
  NOT_DEFINED,
} from '../numbers.js';
import { type ComparedArms, comparedArms } from './claims-section.js';

export function secondarySection({ claims, secondary }: FindingReportView, styles: ReadonlyMap<string, ArmStyle>) {
  const tables = claims.flatMap(({ id, hypothesis }, index) => {
    const own = secondary.filter(({ claim }) => claim === id);
    return own.length === 0 ? [] : [table(own, { number: index + 1, arms: comparedArms(hypothesis, styles) })];
  });
  return { several: claims.length > 1, tables };
}

function table(
  measures: readonly SecondaryMeasureView[],
  { number, arms }: { readonly number: number; readonly arms: ComparedArms },
) {
  const [first] = measures;
  const { treatment, control } = arms;
  return {
    number,
    level: first === undefined ? '' : formatLevel(first.confidence.level),
    treatment,
    control,
    rows: measures.map((measure, index) => {
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
        // The head of the column says what it is.
        p: formatP(measure.signFlip.p).replace(/^p (?:= )?/, ''),
        effectSize: measure.tTest.p === undefined ? NOT_DEFINED : formatFixed(measure.effectSize, 2),
        favours: favoured(measure, treatment.label, control.label),
        plot: renderMiniInterval({
          id: `secondary-${number}-${index + 1}`,
          title: `${measure.metric}: mean difference and ${formatLevel(confidence.level)} % interval`,
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
