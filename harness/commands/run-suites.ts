/** What `reproduce` and `run` do with their suites: execute, write the report, print the verdict and last the report's path. */
import { resolve } from 'node:path';
import { withInterruption } from '../execution/interruption.js';
import { writeFindingsIndex } from '../report/findings-index.js';
import { type WrittenReport, writeReport } from '../report/write-report.js';
import { reproduce } from '../run/reproduce.js';
import { reproduceUntilDecided } from '../run/until-decided.js';
import type { Suite } from '../suite/schema.js';
import { commandFor, type SuiteOptions } from './options.js';

export async function runSuites(suites: readonly Suite[], options: SuiteOptions): Promise<void> {
  const { require: required, json = false, out } = options;
  const reports: WrittenReport[] = [];
  for (const suite of suites) {
    const report = await writeReport(await execute(suite, options));
    const { page, view } = report;
    reports.push(report);
    if (required !== undefined && view.verdict?.verdict !== required) {
      process.exitCode = 1;
      console.error(`error: the verdict is ${view.verdict?.verdict ?? 'none'}, and --require asks for ${required}`);
    }
    if (view.verdict !== undefined) console.error(view.verdict.sentence);
    console.error(page);
  }
  if (reports.length > 1) console.error(writeFindingsIndex(resolve(out), reports).page);
  if (json) process.stdout.write(document(reports.map((report) => report.json.trimEnd())));
}

/** The report of one suite, or those of several as one document. */
function document(reports: readonly string[]): string {
  return reports.length === 1 ? `${reports[0]}\n` : `{"findings": [${reports.join(',\n')}]}\n`;
}

/** @returns the folder of the reproduction */
function execute(suite: Suite, options: SuiteOptions): Promise<string> {
  const { data, engine, scale, out, dataRoot, seeds, jobs, smoke = false, untilDecided } = options;
  return withInterruption((interruption) => {
    const common = {
      engine,
      scale,
      out,
      interruption,
      command: commandFor(suite.id),
      ...(data === undefined ? {} : { dataSet: data }),
      ...(dataRoot === undefined ? {} : { dataRoot }),
      ...(jobs === undefined ? {} : { jobs }),
    };
    if (untilDecided === undefined) {
      return reproduce(suite, { ...common, smoke, ...(seeds === undefined ? {} : { seeds }) });
    }
    const decide = async (folder: string) => verdictOf(await writeReport(folder));
    return reproduceUntilDecided(suite, { ...common, maximumSeeds: untilDecided, decide });
  });
}

function verdictOf({ view }: WrittenReport): 'reproduced' | 'contradicted' | 'inconclusive' {
  console.error(view.verdict?.sentence ?? '');
  return view.verdict?.verdict ?? 'inconclusive';
}
