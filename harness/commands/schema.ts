/** `vlm-bench schema`: the JSON Schema of suites, or of their pilots, for editors. */
import { type Command, Option } from 'commander';
import { printJson } from '../log-text.js';

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of suites, for editors')
    .addOption(new Option('--of <what>', 'of which files').choices(['suite', 'pilot']).default('suite'))
    .action(async ({ of }: { of: 'suite' | 'pilot' }) => {
      const { pilotJsonSchema, suiteJsonSchema } = await import('../suite/json-schema.js');
      printJson(of === 'pilot' ? pilotJsonSchema() : suiteJsonSchema());
    });
}
