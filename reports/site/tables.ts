/** The two tables of a site: systems of a leaderboard, with their intervals drawn on one axis, and runs. */
import { fewImages } from '../few-images.js';
import { decimalsFor, formatCount, formatFixed } from '../numbers.js';
import { hrefFrom, linkFrom, runHead, scoreTexts } from './site-page.js';
import type { BoardRowView, BoardView, PageFrame, RunRowView } from './site-views.js';

const RUNS_PER_ROW = 12;

export function boardTitle({ metric, dataSet, split, smoke }: BoardView): string {
  return `${metric}, ${dataSet} (${split} split)${smoke ? ', smoke runs' : ''}`;
}

/** @param rows at most how many systems, the best first */
export function boardTable(frame: PageFrame, board: BoardView, rows: number = Number.POSITIVE_INFINITY) {
  const shown = board.rows.slice(0, rows);
  const bounds = shown.flatMap(({ value, interval }) => [value, interval?.low ?? value, interval?.high ?? value]);
  const decimals = decimalsFor(bounds);
  const axis = { low: Math.min(...bounds), high: Math.max(...bounds) };
  return {
    label: boardTitle(board),
    caption:
      `${board.higherIsBetter ? 'Higher' : 'Lower'} is better. The interval is over seeds, or over images where there is one run. ${fewImages(fewestImages(shown))}`.trim(),
    metric: board.axis,
    low: formatFixed(axis.low, decimals),
    high: formatFixed(axis.high, decimals),
    rows: shown.map((row) => ({
      rank: row.rank,
      label: row.label,
      href: row.runs[0] === undefined ? '' : hrefFrom(frame, row.runs[0].path),
      suite: row.suites[0]?.label ?? '',
      suites: row.suites.map((suite) => linkFrom(frame, suite)),
      engine: row.engine,
      number: row.value,
      ...scoreTexts(row, decimals),
      plot: intervalPlot(row, axis),
      group: row.group,
      over: `${formatCount(row.runs.length)} ${row.runs.length === 1 ? 'run' : 'seeds'}, ${formatCount(row.images)} images`,
      runs: row.runs.length > 1 ? row.runs.slice(0, RUNS_PER_ROW).map((run) => linkFrom(frame, run)) : [],
    })),
  };
}

/** Of the systems whose interval is over images. */
function fewestImages(rows: readonly BoardRowView[]): number {
  const counts = rows.filter(({ runs, interval }) => runs.length === 1 && interval !== undefined);
  return Math.min(...counts.map(({ images }) => images));
}

const WIDTH = 150;
const HEIGHT = 22;

/** The same numbers stand in the row, so the picture is hidden from assistive technology. */
function intervalPlot(
  { value, interval }: BoardRowView,
  { low, high }: { readonly low: number; readonly high: number },
): string {
  const reach = high > low ? high - low : 1;
  const x = (at: number) => Math.round((6 + ((at - low) / reach) * (WIDTH - 12)) * 10) / 10;
  const line =
    interval === undefined
      ? ''
      : `<path d="M${x(interval.low)} 11H${x(interval.high)}" stroke="var(--treatment)" stroke-width="2.5"/>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true"><path d="M2 11H${WIDTH - 2}" stroke="var(--rule)"/>${line}<circle cx="${x(value)}" cy="11" r="4" fill="var(--treatment)"/></svg>`;
}

/** @returns a sentence on what a table leaves out, empty where it leaves out nothing */
export function leftOut(count: number, shown: number): string {
  return count > shown ? `${formatCount(count - shown)} more are in index.json.` : '';
}

export function runTable(frame: PageFrame, runs: readonly RunRowView[], caption: string) {
  const decimals = 3;
  return {
    label: caption,
    caption,
    rows: runs.map((run) => ({
      ...runHead(frame, run),
      number: run.lead?.value ?? '',
      score: run.lead === undefined ? '' : scoreTexts(run.lead, decimals).score,
      metric: run.lead?.metric ?? '',
      samples: run.samples,
      sampleCount: formatCount(run.samples),
    })),
  };
}
