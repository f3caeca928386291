/** Every measure of every arm with its interval, and what answering without a model, or without the image, would score. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import type { FindingReportView, ScoreTableView } from '../finding-report-view.js';
import { decimalsFor, formatFixed, formatInterval, formatLevel } from '../numbers.js';

type Styles = ReadonlyMap<string, ArmStyle>;

/** More arms than this stand in rows, so that the table grows downwards. */
const MOST_COLUMNS = 4;

export function scoresSection({ scores, arms }: FindingReportView, styles: Styles) {
  const ids = [
    ...new Set([...arms.map(({ id }) => id), ...scores.flatMap((table) => table.arms.map(({ arm }) => arm))]),
  ];
  const armsInRows = ids.length > MOST_COLUMNS;
  const armHeads = ids.map((id) => ({ name: styleOf(styles, id).label, note: '' }));
  const measures = scores.map((table) => ({
    head: { name: table.metric, note: `${table.axis}, ${table.higherIsBetter ? 'higher' : 'lower'} is better` },
    cells: ids.map((id) => scoreCell(table, id)),
  }));
  const level = scores.flatMap((table) => table.arms.flatMap(({ confidence }) => confidence?.level ?? []))[0];
  return {
    shown: scores.length > 0,
    corner: armsInRows ? 'Arm' : 'Measure',
    level: level === undefined ? '' : formatLevel(level),
    baselines: scores.some(({ baselines }) => baselines.length > 0),
    columns: armsInRows ? measures.map(({ head }) => head) : armHeads,
    rows: armsInRows
      ? [
          ...armHeads.map((head, arm) => ({
            ...head,
            baseline: false,
            cells: measures.map(({ cells }) => cells[arm]),
          })),
          ...baselineLabels(scores).map((label) => ({
            name: label,
            note: 'without training, by arm',
            baseline: true,
            cells: scores.map((table) => ({ value: baselineRange(table, label), interval: '' })),
          })),
        ]
      : scores.flatMap((table, measure) => [
          { ...measures[measure]!.head, baseline: false, cells: measures[measure]!.cells },
          ...baselineLabels([table]).map((label) => ({
            name: label,
            note: '',
            baseline: true,
            cells: ids.map((id) => ({
              value: formatFixed(baselineOf(table, label, id), decimalsOf(table)),
              interval: '',
            })),
          })),
        ]),
  };
}

function scoreCell(table: ScoreTableView, id: string) {
  const own = table.arms.find(({ arm }) => arm === id);
  const decimals = decimalsOf(table);
  return {
    value: formatFixed(own?.mean ?? Number.NaN, decimals),
    interval: own?.confidence === undefined ? '' : formatInterval(own.confidence, decimals),
  };
}

function decimalsOf({ arms }: ScoreTableView): number {
  return decimalsFor(arms.map(({ mean }) => mean));
}

function baselineLabels(tables: readonly ScoreTableView[]): readonly string[] {
  return [...new Set(tables.flatMap(({ baselines }) => baselines.map(({ label }) => label)))];
}

function baselineOf({ baselines }: ScoreTableView, label: string, id: string): number {
  return baselines.find((baseline) => baseline.label === label && baseline.arm === id)?.value ?? Number.NaN;
}

/** One number where all arms have the same, else from the least to the greatest. */
function baselineRange(table: ScoreTableView, label: string): string {
  const values = table.baselines.filter((baseline) => baseline.label === label).map(({ value }) => value);
  if (values.length === 0) return '';
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map((value) =>
    formatFixed(value, decimalsOf(table)),
  );
  return least === greatest ? `${least}` : `${least} to ${greatest}`;
}
