/** `vlm-bench doctor`: what works on this machine, and why the rest does not. */
import type { Command } from 'commander';
import { printJson, printText } from '../log-text.js';
import { jsonOption } from './options.js';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('show what works here and why the rest does not')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: true }) => {
      const { examine, findingsText } = await import('./examine-machine.js');
      const findings = await examine();
      if (json === true) printJson(findings);
      else printText(findingsText(findings));
      if (!findings.engines.some(({ available }) => available)) process.exitCode = 1;
    });
}
