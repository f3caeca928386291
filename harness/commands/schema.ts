/** `vlm-bench schema`: the JSON Schema of suites, for editors. */
import type { Command } from 'commander';
import { printJson } from '../log-text.js';

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of suites, for editors')
    .action(async () => {
      const { suiteJsonSchema } = await import('../suite/json-schema.js');
      printJson(suiteJsonSchema());
    });
}
