/** The left panel of paired evidence: x is the score, one row per seed that joins control to treatment, and a last one for the means. */
import type { CustomSeriesOption } from 'echarts';
import type { ArmStyle } from '../arm-style.js';
import { armMeans } from '../derived-numbers.js';
import type { PairedSeedsView } from '../finding-report-view.js';
import { decimalsFor, formatFixed } from '../numbers.js';
import { lineBetween, markerShape } from './marks.js';
import { rowsFrame, rowsHeight, rowsWidth } from './rows-frame.js';
import { MUTED, renderSvgChart } from './svg-chart.js';

export interface PairedScoresOptions {
  readonly id: string;
  readonly measure: PairedSeedsView;
  readonly treatment: ArmStyle;
  readonly control: ArmStyle;
}

export function renderPairedScores({ id, measure, treatment, control }: PairedScoresOptions): string {
  const means = armMeans(measure);
  const rows = [...measure.pairs, means];
  const values = rows.flatMap((row) => [row.treatment, row.control]);
  const series: CustomSeriesOption = {
    type: 'custom',
    silent: true,
    data: rows.map((row, index) => [index, row.control, row.treatment]),
    renderItem: (_, api) => {
      const index = Number(api.value(0));
      const from = api.coord([api.value(1), index]);
      const to = api.coord([api.value(2), index]);
      const size = index === measure.pairs.length ? 6.5 : 5;
      return {
        type: 'group',
        children: [
          { type: 'line', shape: lineBetween(from, to), style: { stroke: MUTED, lineWidth: 1.5 } },
          markerShape(treatment, to, size),
          markerShape(control, from, size),
        ],
      };
    },
  };
  const decimals = decimalsFor([means.treatment, means.control]);
  return renderSvgChart(
    rowsFrame({ rows: measure.pairs.map(({ seed }) => `seed ${seed}`), values, name: measure.axis, series: [series] }),
    { width: rowsWidth, height: rowsHeight(measure.pairs.length) },
    {
      id,
      title: `${measure.metric} of both arms, seed by seed`,
      description:
        `One row per seed; a line joins ${control.label} (hollow square) to ${treatment.label} (disc). ` +
        `Means: ${formatFixed(means.control, decimals)} and ${formatFixed(means.treatment, decimals)}.`,
    },
  );
}
