/** Writes a finding's page and its numbers (`index.html`, `report.json`) from the records of a reproduction. */
import { join, relative } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { type FindingReportView, renderFindingReport, renderReportJson } from '../../reports/index.js';
import { type Reproduction, readReproduction } from '../records/reproduction.js';
import { buildFindingView } from './build-view.js';

export interface WrittenReport {
  /** Path of `index.html`. */
  readonly page: string;
  readonly view: FindingReportView;
  /** Text of `report.json`. */
  readonly json: string;
}

export interface ReportOptions {
  /** Where the report goes; by default beside `reproduction.json`. */
  readonly out?: string;
  /** What `reproduction.json` holds, where it is known: another command may have replaced it meanwhile. */
  readonly reproduction?: Reproduction;
  /** Path of the landing page that the report stands under; it may be written later. */
  readonly landingPage?: string;
}

/** @param folder the reproduction */
export async function writeReport(
  folder: string,
  { out = folder, reproduction = readReproduction(folder), landingPage }: ReportOptions = {},
): Promise<WrittenReport> {
  const view = await buildFindingView(folder, out, reproduction);
  const page = join(out, 'index.html');
  const json = renderReportJson(view);
  const home =
    landingPage === undefined
      ? {}
      : { home: { href: relative(out, landingPage).replaceAll('\\', '/'), label: 'All findings' } };
  writeFileAtomically(join(out, 'report.json'), json);
  writeFileAtomically(page, renderFindingReport(view, home));
  return { page, view, json };
}

/** @returns the sentence to quote, with what was tested; empty for a benchmark */
export function quotedVerdict({ verdict, suite }: Pick<FindingReportView, 'verdict' | 'suite'>): string {
  return verdict === undefined ? '' : [verdict.sentence, suite.scope ?? ''].join(' ').trim();
}
