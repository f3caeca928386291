/** Every measure of every arm with its interval, and what answering without a model, or without the image, would score. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import type { FindingReportView, ScoreTableView } from '../finding-report-view.js';
import { decimalsFor, formatFixed, formatInterval } from '../numbers.js';

type Styles = ReadonlyMap<string, ArmStyle>;

/** More arms than this stand in rows, so that the table grows downwards. */
const MOST_COLUMNS = 4;

export function scoresSection({ scores, arms }: FindingReportView, styles: Styles) {
  const ids = [
    ...new Set([...arms.map(({ id }) => id), ...scores.flatMap((table) => table.arms.map(({ arm }) => arm))]),
  ];
  const measures = scores.map((table) => ({
    name: table.metric,
    note: `${table.axis}, ${table.higherIsBetter ? 'higher' : 'lower'} is better`,
    cells: cells(table, ids),
  }));
  const armHeads = ids.map((id) => ({ name: styleOf(styles, id).label, note: '' }));
  const armsInRows = ids.length > MOST_COLUMNS;
  const columns = armsInRows ? measures.map(({ name, note }) => ({ name, note })) : armHeads;
  const rows = armsInRows
    ? armHeads.map((head, arm) => ({ ...head, cells: measures.map((measure) => measure.cells[arm]) }))
    : measures;
  const level = scores.flatMap((table) => table.arms.flatMap(({ confidence }) => confidence?.level ?? []))[0];
  return {
    shown: scores.length > 0,
    corner: armsInRows ? 'Arm' : 'Measure',
    level: level === undefined ? '' : formatFixed(level * 100, 0),
    baselines: scores.some(({ baselines }) => baselines.length > 0),
    columns,
    rows,
  };
}

function cells({ arms, baselines }: ScoreTableView, ids: readonly string[]) {
  const decimals = decimalsFor(arms.map(({ mean }) => mean));
  return ids.map((id) => {
    const own = arms.find(({ arm }) => arm === id);
    return {
      value: formatFixed(own?.mean ?? Number.NaN, decimals),
      interval: own?.confidence === undefined ? '' : formatInterval(own.confidence, decimals),
      baselines: baselines
        .filter(({ arm }) => arm === id)
        .map(({ label, value }) => ({ label, value: formatFixed(value, decimals) })),
    };
  });
}
