/** The public API of the reports: view models to pages and to `report.json`. */
export {
  type ComparisonSite,
  comparisonSentence,
  comparisonTitle,
  renderComparison,
} from './comparison/comparison-page.js';
export type * from './comparison/comparison-view.js';
export { renderFindingReport } from './finding-report.js';
export type * from './finding-report-view.js';
export { renderFindingsIndex } from './findings-index.js';
export type * from './findings-index-view.js';
export { renderReportJson } from './report-json.js';
