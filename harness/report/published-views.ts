/** Published reference numbers as the page shows them: beside the results, with their sources, never in a test. */
import type { PublishedTableView } from '../../reports/index.js';
import { type PublishedTable, readPublishedTables } from '../suite/published.js';

/** @throws UserError `suite-invalid` for an id that no table has */
export function publishedViews(ids: readonly string[]): readonly PublishedTableView[] {
  return publishedTableViews(readPublishedTables(ids));
}

export function publishedTableViews(tables: readonly PublishedTable[]): readonly PublishedTableView[] {
  return tables.map(({ title, metric, rows, columns, note }) => ({
    title,
    metric,
    rows,
    columns: Object.keys(columns),
    note: [note, ...meaningOf(columns)].join(' '),
  }));
}

/** What the columns were measured on: said once where it is the same for all, and not where the rows say it themselves. */
function meaningOf(columns: PublishedTable['columns']): readonly string[] {
  const entries = Object.entries(columns);
  const stated = entries.flatMap(([name, column]) =>
    'benchmark' in column ? [{ name, where: `${column.benchmark}, ${column.split}` }] : [],
  );
  const [first] = stated;
  const shared = stated.length === entries.length && stated.every(({ where }) => where === first?.where);
  if (shared && first !== undefined && stated.length > 1) return [`All columns: ${first.where}.`];
  return stated.map(({ name, where }) => `${name}: ${where}.`);
}
