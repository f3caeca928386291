/** The public API of the reports: a finding's view model to its page and to `report.json`. */
export { renderFindingReport } from './finding-report.js';
export type * from './finding-report-view.js';
export { renderReportJson } from './report-json.js';
