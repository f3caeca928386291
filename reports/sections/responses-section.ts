/** Scores against a quantity, one figure each, with their tables. */
import { type LineStyle, styleSeries } from '../arm-style.js';
import { BASELINE_DASHES, renderResponseChart } from '../charts/response-chart.js';
import type { FindingReportView, ResponseView } from '../finding-report-view.js';
import { decimalsFor, formatFixed, formatInterval, formatLevel } from '../numbers.js';
import { insideSentence, sentenceStart } from '../wording.js';

const WIDE = { width: 860, height: 340 };
const NARROW = { width: 400, height: 320 };

export function responsesSection(view: FindingReportView) {
  return view.responses.map((response, index) => {
    const id = `response-${index + 1}`;
    const styles = styleSeries(
      response.series.map(({ label }) => label),
      view,
    );
    const title = `${sentenceStart(response.metric)} against ${insideSentence(response.xLabel)}`;
    const several = response.series.length + response.references.length > 1;
    return {
      title,
      better: response.higherIsBetter ? 'higher is better' : 'lower is better',
      logarithmic: response.xScale === 'logarithmic',
      level: levelOf(response),
      several,
      armKey: styles.map((style: LineStyle) => ({ ...style, roleWord: '' })),
      baselineKey: response.references.map(({ label }, place) => ({
        label,
        dash: BASELINE_DASHES[place % BASELINE_DASHES.length],
      })),
      wide: renderResponseChart({ id: `${id}-wide`, title, response, styles, named: several, ...WIDE }),
      narrow: renderResponseChart({ id: `${id}-narrow`, title, response, styles, ...NARROW }),
      ...responseTable(response),
    };
  });
}

/** Rows are places on the axis, columns the series and the baselines. */
function responseTable({ series, references }: ResponseView) {
  const places = new Map(series.flatMap(({ points }) => points.map(({ x, xText }) => [x, xText] as const)));
  const decimals = decimalsFor(series.flatMap(({ points }) => points.map(({ mean }) => mean)));
  const xs = [...places.keys()].sort((left, right) => left - right);
  return {
    columns: [...series.map(({ label }) => label), ...references.map(({ label }) => label)],
    rows: xs.map((x) => ({
      name: places.get(x) ?? '',
      cells: [
        ...series.map(({ points }) => {
          const point = points.find((candidate) => candidate.x === x);
          return {
            value: formatFixed(point?.mean ?? Number.NaN, decimals),
            note: point?.confidence === undefined ? '' : formatInterval(point.confidence, decimals),
          };
        }),
        ...references.map(({ points }) => ({
          value: formatFixed(points.find((candidate) => candidate.x === x)?.value ?? Number.NaN, decimals),
          note: '',
        })),
      ],
    })),
  };
}

function levelOf({ series }: ResponseView): string {
  const level = series.flatMap(({ points }) => points.flatMap(({ confidence }) => confidence?.level ?? []))[0];
  return level === undefined ? '' : formatLevel(level);
}
