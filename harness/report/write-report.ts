/** Writes a finding's page and its numbers (`index.html`, `report.json`). */
import { join, relative } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { type FindingReportView, renderFindingReport, renderReportJson } from '../../reports/index.js';
import type { DecidedFinding } from '../verdict/decide-finding.js';
import { buildFindingView } from './build-view.js';

export interface WrittenReport {
  /** Path of `index.html`. */
  readonly page: string;
  readonly finding: DecidedFinding;
  readonly view: FindingReportView;
  /** Text of `report.json`. */
  readonly json: string;
}

export interface ReportOptions {
  /** Where the report goes; by default beside `reproduction.json`. */
  readonly out?: string;
  /** Path of the landing page that the report stands under; it may be written later. */
  readonly landingPage?: string;
}

export async function writeReport(
  finding: DecidedFinding,
  { out = finding.folder, landingPage }: ReportOptions = {},
): Promise<WrittenReport> {
  const view = await buildFindingView(finding, out);
  const page = join(out, 'index.html');
  const json = renderReportJson(view);
  const home =
    landingPage === undefined
      ? {}
      : { home: { href: relative(out, landingPage).replaceAll('\\', '/'), label: 'All findings' } };
  writeFileAtomically(join(out, 'report.json'), json);
  writeFileAtomically(page, renderFindingReport(view, home));
  return { page, finding, view, json };
}
