/** Writes a finding's page and its numbers (`index.html`, `report.json`) from the records of a reproduction. */
import { join } from 'node:path';
import { type FindingReportView, renderFindingReport, renderReportJson } from '../../reports/index.js';
import { writeFileAtomically } from '../records/atomic-file.js';
import { type Reproduction, readReproduction } from '../records/reproduction.js';
import { buildFindingView } from './build-view.js';

export interface WrittenReport {
  /** Path of `index.html`. */
  readonly page: string;
  readonly view: FindingReportView;
  /** Text of `report.json`. */
  readonly json: string;
}

/**
 * @param folder the reproduction
 * @param out where the report goes; by default beside `reproduction.json`
 * @param reproduction what that file holds, where it is known: another command may have replaced it meanwhile
 */
export async function writeReport(
  folder: string,
  out: string = folder,
  reproduction: Reproduction = readReproduction(folder),
): Promise<WrittenReport> {
  const view = await buildFindingView(folder, out, reproduction);
  const page = join(out, 'index.html');
  const json = renderReportJson(view);
  writeFileAtomically(join(out, 'report.json'), json);
  writeFileAtomically(page, renderFindingReport(view));
  return { page, view, json };
}
