/** What `--print-jobs` does: prepares the reproductions of suites and prints the commands of their runs instead of performing them. */
import { jobsText, type PrintedJob, printableJobs } from '../execution/jobs/print-jobs.js';
import { prepareReproduction } from '../experiment/reproduce.js';
import { printJson, printNote, printText } from '../log-text.js';
import type { Plan } from '../suite/plan.js';
import { commandFor, type SuiteOptions } from './options.js';

export async function printJobs(plans: readonly Plan[], options: SuiteOptions, command?: string): Promise<void> {
  const { engine, out, dataRoot, jobs: parallel, json } = options;
  const printed: PrintedJob[] = [];
  for (const plan of plans) {
    const { jobs } = await prepareReproduction(plan, {
      engine,
      out,
      command: commandFor(plan.suite.id),
      ...(dataRoot === undefined ? {} : { dataRoot }),
      ...(parallel === undefined ? {} : { jobs: parallel }),
    });
    printed.push(...printableJobs(jobs, command));
  }
  if (json === true) printJson({ schemaVersion: 1, jobs: printed });
  else if (printed.length > 0) printText(jobsText(printed));
  printNote(
    printed.length === 0
      ? 'every run has a result: the same command without --print-jobs decides and writes the report'
      : `${printed.length} to perform; then the same command without --print-jobs decides and writes the report`,
  );
}
