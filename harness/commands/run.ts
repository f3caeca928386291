/** `vlm-bench run`: as `reproduce`, for a suite file of the user's own. */
import type { Command } from 'commander';
import type { SuiteOptions } from './options.js';
import { withSuiteOptions } from './reproduce.js';

export function registerRun(program: Command): void {
  withSuiteOptions(program.command('run'))
    .description('as reproduce, for a suite file')
    .argument('<suite>', 'path of the suite (YAML)')
    .action(async (file: string, options: SuiteOptions) => {
      const { readSuite } = await import('../suite/find-suite.js');
      const { runSuites } = await import('./run-suites.js');
      await runSuites([readSuite(file)], options);
    });
}
