/** `vlm-bench reproduce`: a finding of the package from nothing to its verdict and report. */
import { type Command, Option } from 'commander';
import { attachOption, printJobsOption, withExecutorOptions } from './executor-options.js';
import {
  allowBrokenOption,
  dataOption,
  dataRootOption,
  engineOption,
  jobsOption,
  jsonOption,
  outOption,
  requireOption,
  type SuiteOptions,
  scaleOption,
  seedsOption,
  smokeOption,
  untilDecidedOption,
  weightsOption,
  workersOption,
} from './options.js';
import { addTorchOptions } from './torch-options.js';

export function registerReproduce(program: Command): void {
  withSuiteOptions(program.command('reproduce'))
    .description('train the arms of a finding, score them, decide, and write the report')
    .addOption(
      new Option('--finding <number>', 'which finding').choices(['1', '2', '3', '4', 'all']).makeOptionMandatory(),
    )
    .option('--full', 'also the further suites of the finding, which take longer')
    .action(async ({ finding, full = false, ...options }: SuiteOptions & { finding: string; full?: boolean }) => {
      const { findingFiles } = await import('../suite/find-suite.js');
      const { readStatedSuite } = await import('../suite/stated-suite.js');
      const { runSuites } = await import('./run-suites.js');
      await runSuites(findingFiles(finding, { full }).map(readStatedSuite), options);
    });
}

/** The flags that `reproduce` and `run` share. */
export function withSuiteOptions(command: Command): Command {
  return addTorchOptions(
    withExecutorOptions(command)
      .addOption(attachOption())
      .addOption(printJobsOption())
      .addOption(scaleOption())
      .addOption(engineOption()),
  )
    .addOption(dataOption())
    .addOption(dataRootOption())
    .addOption(weightsOption())
    .addOption(workersOption())
    .addOption(allowBrokenOption())
    .addOption(seedsOption())
    .addOption(jobsOption())
    .addOption(outOption())
    .addOption(smokeOption())
    .addOption(untilDecidedOption())
    .addOption(jsonOption())
    .addOption(requireOption());
}
