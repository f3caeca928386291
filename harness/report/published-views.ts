/** Published reference numbers as the page shows them: beside the results, with their sources, never in a test. */
import type { PublishedTableView } from '../../reports/index.js';
import { type PublishedTable, readPublishedTables } from '../suite/published.js';

/** @throws UserError `suite-invalid` for an id that no table has */
export function publishedViews(ids: readonly string[]): readonly PublishedTableView[] {
  return publishedTableViews(readPublishedTables(ids));
}

export function publishedTableViews(tables: readonly PublishedTable[]): readonly PublishedTableView[] {
  return tables.map(({ title, metric, rows, columns, note }) => {
    const meaning = Object.entries(columns).map(([name, { benchmark, split }]) => `${name}: ${benchmark}, ${split}.`);
    return { title, metric, rows, columns: Object.keys(columns), note: [note, ...meaning].join(' ') };
  });
}
