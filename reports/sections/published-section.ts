/** Published numbers with their sources: shown apart from ours, as text, never computed with. */
import type { PublishedTableView, SourceView } from '../finding-report-view.js';
import { safeWebAddress } from '../safe-links.js';
import { sentenceStart } from '../wording.js';

export function publishedSection(tables: readonly PublishedTableView[]) {
  return tables.map(({ title, metric, columns, rows, note }) => ({
    title,
    metric: sentenceStart(metric),
    note,
    columns,
    rows: rows.map(({ model, setting, values, source, caveat }) => ({
      model,
      setting,
      values: columns.map((column) => (Object.hasOwn(values, column) ? (values[column] ?? '') : '') || '–'),
      source: sourceLink(source),
      caveat: caveat ?? '',
    })),
  }));
}

function sourceLink({ citation, url }: SourceView) {
  return { citation, address: safeWebAddress(url) ?? '', url };
}
