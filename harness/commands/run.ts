/** `vlm-bench run`: as `reproduce`, for any suite: a file of the user's own, or a shipped one by its id. */
import type { Command } from 'commander';
import type { SuiteOptions } from './options.js';
import { withSuiteOptions } from './reproduce.js';

export function registerRun(program: Command): void {
  withSuiteOptions(program.command('run'))
    .description('as reproduce, for any suite')
    .argument('<suite>', 'path of the suite (YAML), or the id of a shipped one')
    .action(async (fileOrId: string, options: SuiteOptions) => {
      const { namedSuiteFile } = await import('../suite/find-suite.js');
      const { readStatedSuite } = await import('../suite/stated-suite.js');
      const { runSuites } = await import('./run-suites.js');
      await runSuites([readStatedSuite(namedSuiteFile(fileOrId))], options);
    });
}
