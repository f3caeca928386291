/** What the suite could find: the chances of each word over the true effect, drawn for the pilot's spread and for its upper bound. */
import { renderPowerChart, WORD_STYLES } from '../charts/power-chart.js';
import { renderSpreadStrip } from '../charts/spread-strip.js';
import type { FindingReportView, PowerCurveView, PowerView } from '../finding-report-view.js';
import { decimalsFor, formatChosen, formatFixed } from '../numbers.js';
import { earlyEndInWords, powerLooks } from './power-looks.js';
import { VERDICT_WORDS } from './verdict-words.js';

/** Rows of the table, in margins. */
const TABLE_PLACES: readonly number[] = [-1, -0.5, 0, 0.5, 1, 1.5, 2];

export function powerSection({ power, claims }: FindingReportView) {
  return power.map((own, index) => {
    const id = `power-${index + 1}`;
    const { observedSpread } = own;
    const observed = observedSpread === undefined ? [] : [observedSpread];
    const spreads = [...own.curves.map(({ standardDeviation }) => standardDeviation), ...observed];
    const decimals = decimalsFor(spreads);
    return {
      number: index + 1,
      several: power.length > 1,
      statement: claims.find(({ id }) => id === own.claim)?.hypothesis.statement ?? '',
      key: WORD_STYLES.map(({ word, color, dash }) => ({ label: VERDICT_WORDS[word].word, color, dash })),
      panels: own.curves.map((curve, place) => ({
        title: `Seeds differ by ${formatFixed(curve.standardDeviation, decimals)}, ${SPREADS[curve.spread].title}`,
        svg: renderPowerChart({
          id: `${id}-${place + 1}`,
          title: `Probability of each word over the true effect, with the ${SPREADS[curve.spread].words}`,
          power: own,
          curve,
          description: `${chancesInWords(curve)} ${crossingInWords(curve, own)}`,
        }),
      })),
      seeds: own.seeds,
      alpha: formatChosen(own.alpha),
      corrected: own.claims > 1,
      looks: own.looks.length < 2 ? undefined : own.looks.slice(0, -1).join(', '),
      isObserved: own.curves.every(({ spread }) => spread === 'observed'),
      chances: own.curves.map((curve) =>
        [`With the ${SPREADS[curve.spread].words}: ${chancesInWords(curve)}`, earlyEndInWords(curve, own, percent)]
          .join(' ')
          .trim(),
      ),
      byLook: powerLooks(own, (spread) => SPREADS[spread].column),
      strip: strip(own, `${id}-spread`, decimals),
      columns: own.curves.flatMap((curve) =>
        WORD_STYLES.map(({ word }) => `${VERDICT_WORDS[word].word}, ${SPREADS[curve.spread].column}`),
      ),
      rows: TABLE_PLACES.map((place) => ({
        name: formatChosen(place * own.margin),
        cells: own.curves.flatMap((curve) => {
          const point = nearest(curve, place * own.margin);
          return WORD_STYLES.map(({ word }) => formatFixed(point[word], 3));
        }),
      })),
    };
  });
}

/** Where a spread comes from: in a title, in a sentence, and at the head of a column. */
const SPREADS: Readonly<
  Record<PowerCurveView['spread'], { readonly title: string; readonly words: string; readonly column: string }>
> = {
  pilot: { title: 'as in the pilot', words: 'spread of the pilot', column: 'pilot' },
  'upper bound of the pilot': {
    title: 'the pilot’s upper bound',
    words: 'upper bound of the pilot’s spread',
    column: 'upper bound',
  },
  observed: { title: 'as observed here', words: 'spread observed here', column: 'observed' },
};

function chancesInWords({ ruledOutWithoutEffect, reproducedAtBenefit }: PowerCurveView): string {
  return (
    `where there is no effect, the word is “ruled out” or “contradicted” with a probability of ${percent(ruledOutWithoutEffect)}; ` +
    `an effect of 1.5 margins is reproduced with a probability of ${percent(reproducedAtBenefit)}.`
  );
}

/** What the lines do, for those who do not see them. */
function crossingInWords(curve: PowerCurveView, { margin }: PowerView): string {
  const at = (place: number) => nearest(curve, place * margin);
  const words = (place: number) =>
    WORD_STYLES.map(({ word }) => `${VERDICT_WORDS[word].word.toLowerCase()} ${percent(at(place)[word])}`).join(', ');
  return `At no effect: ${words(0)}. At the margin: ${words(1)}. At two margins: ${words(2)}.`;
}

function strip(own: PowerView, id: string, decimals: number) {
  const spreadOf = (wanted: PowerCurveView['spread']) =>
    own.curves.find(({ spread }) => spread === wanted)?.standardDeviation;
  const [pilot, upperBound] = [spreadOf('pilot'), spreadOf('upper bound of the pilot')];
  const { observedSpread: observed } = own;
  if (pilot === undefined || upperBound === undefined || observed === undefined) return undefined;
  const [pilotText, boundText, observedText] = [pilot, upperBound, observed].map((value) =>
    formatFixed(value, decimals),
  );
  return {
    pilot: pilotText,
    upperBound: boundText,
    observed: observedText,
    isWider: observed > upperBound,
    svg: renderSpreadStrip({
      id,
      title: 'How much seeds differ: pilot and this record',
      description: `Standard deviation of the effects: ${pilotText} in the pilot, at most ${boundText} with 80 % confidence, ${observedText} here.`,
      pilot,
      upperBound,
      observed,
    }),
  };
}

function nearest({ points }: PowerCurveView, effect: number): PowerCurveView['points'][number] {
  return points.reduce((best, point) =>
    Math.abs(point.effect - effect) < Math.abs(best.effect - effect) ? point : best,
  );
}

/** Whole per cent; what is not certain is not called so. */
function percent(chance: number): string {
  if (chance > 0 && chance < 0.005) return 'less than 1 %';
  if (chance < 1 && chance >= 0.995) return 'more than 99 %';
  return `${formatFixed(chance * 100, 0)} %`;
}
