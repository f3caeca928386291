/** Writes the reports of several reproductions into one folder, each into a folder of its own, under a landing page. */
import { basename, join } from 'node:path';
import { UserError } from '../errors.js';
import { isComplete } from '../records/reproduction.js';
import { decideFinding } from '../verdict/decide-finding.js';
import { recordedReproduction } from '../verdict/incomplete.js';
import { writeFindingsIndex } from './findings-index.js';
import { type WrittenReport, writeReport } from './write-report.js';

export interface WrittenReports {
  /** What to open first: the landing page, or the page itself where there is one. */
  readonly page: string;
  readonly reports: readonly WrittenReport[];
  /** Of several folders those that were interrupted before any seed was finished: why there is nothing to show. */
  readonly leftOut: readonly string[];
}

/**
 * @param folders of reproductions, at least one; their names become those of the reports' folders
 * @throws UserError `usage` when two have the same name; otherwise as `recordedReproduction` and `writeReport`
 */
export async function writeReports(folders: readonly string[], out: string): Promise<WrittenReports> {
  const names = folders.map((folder) => basename(folder));
  const repeated = folders.find((_, index) => names.indexOf(names[index]!) !== index);
  if (repeated !== undefined) {
    throw new UserError({
      code: 'usage',
      what: `two of the records would be written to the same folder "${basename(repeated)}"`,
      where: repeated,
      fix: 'report them one by one, each with an --out of its own',
    });
  }
  const under = folders.length > 1 ? { landingPage: join(out, 'index.html') } : {};
  const reports: WrittenReport[] = [];
  const leftOut: string[] = [];
  for (const [index, folder] of folders.entries()) {
    const isAlone = index === folders.length - 1 && reports.length === 0;
    const recorded = isAlone ? recordedReproduction(folder) : shownReproduction(folder);
    if ('nothing' in recorded) {
      leftOut.push(recorded.nothing);
      continue;
    }
    const finding = decideFinding(folder, recorded.reproduction, recorded.incomplete);
    reports.push(await writeReport(finding, { out: join(out, names[index]!), ...under }));
  }
  const page = reports.length === 1 ? reports[0]!.page : writeFindingsIndex(out, reports).page;
  return { page, reports, leftOut };
}

/** Among others, one that was interrupted before any seed was finished is nothing to fail for. */
function shownReproduction(folder: string): ReturnType<typeof recordedReproduction> | { readonly nothing: string } {
  try {
    return recordedReproduction(folder);
  } catch (error) {
    const problem = error instanceof UserError && !isComplete(folder) ? error.problems[0] : undefined;
    if (problem?.code !== 'record-missing') throw error;
    return { nothing: `${problem.what} (${folder})` };
  }
}
