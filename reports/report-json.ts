/**
 * `report.json`: the view and the numbers derived from it, every one that the page shows. Keys are sorted, so that equal
 * views give equal bytes whatever order their fields were built in; numbers that are not finite become null.
 */
import { deriveNumbers } from './derived-numbers.js';
import type { FindingReportView } from './finding-report-view.js';

/** @returns the document as JSON text with a final line feed; parsed again it renders to the same page. */
export function renderReportJson(view: FindingReportView): string {
  return `${JSON.stringify(withSortedKeys({ ...view, derived: deriveNumbers(view) }), null, 2)}\n`;
}

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  // fromEntries defines own properties, so that a key "__proto__" stays data.
  return Object.fromEntries(entries.map(([key, inner]) => [key, withSortedKeys(inner)]));
}
