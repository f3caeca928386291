/** What `reproduce` and `run` do with their suites: execute, write the report, print the verdict and last the report's path. */
import { withInterruption } from '../execution/interruption.js';
import { type WrittenReport, writeReport } from '../report/write-report.js';
import { reproduce } from '../run/reproduce.js';
import { reproduceUntilDecided } from '../run/until-decided.js';
import type { Suite } from '../suite/schema.js';
import { type SuiteOptions, typedCommand } from './options.js';

export async function runSuites(suites: readonly Suite[], options: SuiteOptions): Promise<void> {
  const { require: required, json = false } = options;
  const documents: string[] = [];
  for (const suite of suites) {
    const { page, view, json: text } = await writeReport(await execute(suite, options));
    documents.push(text.trimEnd());
    if (required !== undefined && view.verdict?.verdict !== required) {
      process.exitCode = 1;
      console.error(`error: the verdict is ${view.verdict?.verdict ?? 'none'}, and --require asks for ${required}`);
    }
    if (view.verdict !== undefined) console.error(view.verdict.sentence);
    console.error(page);
  }
  if (json)
    process.stdout.write(documents.length === 1 ? `${documents[0]}\n` : `{"findings": [${documents.join(',\n')}]}\n`);
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
      command: typedCommand(),
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
