/** What `reproduce` and `run` do with their suites: execute, write the report, print the verdict and last the report's path. */
import { withInterruption } from '../execution/interruption.js';
import { writeReport } from '../report/write-report.js';
import { reproduce } from '../run/reproduce.js';
import type { Suite } from '../suite/schema.js';
import { type SuiteOptions, typedCommand } from './options.js';

export async function runSuites(suites: readonly Suite[], options: SuiteOptions): Promise<void> {
  const { data, engine, scale, out, dataRoot, seeds, jobs, smoke = false, json = false } = options;
  const documents: string[] = [];
  for (const suite of suites) {
    const folder = await withInterruption((interruption) =>
      reproduce(suite, {
        engine,
        scale,
        out,
        smoke,
        interruption,
        command: typedCommand(),
        ...(data === undefined ? {} : { dataSet: data }),
        ...(dataRoot === undefined ? {} : { dataRoot }),
        ...(seeds === undefined ? {} : { seeds }),
        ...(jobs === undefined ? {} : { jobs }),
      }),
    );
    const { page, view, json: text } = await writeReport(folder);
    documents.push(text.trimEnd());
    if (options.require !== undefined && view.verdict?.verdict !== options.require) {
      process.exitCode = 1;
      console.error(
        `error: the verdict is ${view.verdict?.verdict ?? 'none'}, and --require asks for ${options.require}`,
      );
    }
    if (view.verdict !== undefined) console.error(view.verdict.sentence);
    console.error(page);
  }
  if (json) process.stdout.write(documents.length === 1 ? `${documents[0]}\n` : `[${documents.join(',\n')}]\n`);
}
