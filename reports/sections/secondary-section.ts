/** The other measures of the arms that each claim compares: one table for each comparison, with a small forest plot. */
import type { ArmStyle } from '../arm-style.js';
import { renderMiniInterval } from '../charts/mini-interval.js';
import { armMeans } from '../derived-numbers.js';
import { boundsOf, effectWithInterval, intervalName } from '../effect-interval.js';
import type { FindingReportView, PairedSeedsView, SecondaryMeasureView } from '../finding-report-view.js';
import { decimalsFor, formatFixed, formatLevel, formatP, NOT_DEFINED } from '../numbers.js';
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
  const { treatment, control } = arms;
  return {
    number,
    level: measures.flatMap(({ confidence }) => confidence?.level ?? []).map(formatLevel)[0] ?? '',
    treatment,
    control,
    rows: measures.map((measure, index) => {
      const { meanDifference, confidence } = measure;
      const bounds = boundsOf(confidence);
      const difference = effectWithInterval(
        meanDifference,
        confidence,
        decimalsFor([meanDifference, bounds.low, bounds.high]),
      );
      const means = armMeans(measure);
      const scoreDecimals = decimalsFor([means.treatment, means.control]);
      return {
        metric: measure.metric,
        axis: measure.axis,
        better: measure.higherIsBetter ? 'higher' : 'lower',
        seeds: measure.pairs.length,
        treatment: formatFixed(means.treatment, scoreDecimals),
        control: formatFixed(means.control, scoreDecimals),
        difference,
        // The head of the column says what it is.
        p: formatP(measure.signFlip.p).replace(/^p (?:= )?/, ''),
        effectSize: measure.effectSize === null ? NOT_DEFINED : formatFixed(measure.effectSize, 2),
        favours: favoured(measure, treatment.label, control.label),
        plot: renderMiniInterval({
          id: `secondary-${number}-${index + 1}`,
          title: `${measure.metric}: mean difference, ${intervalName(confidence)}`,
          description: `${difference}; zero in the middle.`,
          mean: meanDifference,
          ...bounds,
          color: treatment.color,
        }),
      };
    }),
  };
}

/** Which arm the interval favours; one that holds zero favours neither, nor does none. */
function favoured({ confidence, higherIsBetter }: PairedSeedsView, treatment: string, control: string): string {
  const { low, high } = boundsOf(confidence);
  if (low > 0) return higherIsBetter ? treatment : control;
  if (high < 0) return higherIsBetter ? control : treatment;
  return 'neither';
}
