/** `vlm-bench schema`: the JSON Schema of suites, their pilots, or benchmarks, for editors. */
import { type Command, Option } from 'commander';
import { printJson } from '../log-text.js';

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of suites, for editors')
    .addOption(new Option('--of <what>', 'of which files').choices(['suite', 'pilot', 'benchmark']).default('suite'))
    .action(async ({ of }: { of: 'suite' | 'pilot' | 'benchmark' }) => {
      const { benchmarkJsonSchema, pilotJsonSchema, suiteJsonSchema } = await import('../suite/json-schema.js');
      const schemas = { suite: suiteJsonSchema, pilot: pilotJsonSchema, benchmark: benchmarkJsonSchema };
      printJson(schemas[of]());
    });
}
