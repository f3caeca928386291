/** `vlm-bench verify`: whether records are as they were written. */
import type { Command } from 'commander';
import { logText, printJson, printText } from '../log-text.js';
import { jsonOption } from './options.js';

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('hold records against the digests that were written with them: finds damage, not forgery')
    .argument('<records...>', 'results folders, reproductions, or single runs')
    .addOption(jsonOption())
    .action(async (paths: readonly string[], { json }: { json?: true }) => {
      const { verifyRecords } = await import('../records/verify-records.js');
      const records = await verifyRecords(paths);
      if (json === true) {
        printJson({ schemaVersion: 1, records });
        return;
      }
      const lines = records.map(({ folder, kind, complete }) => {
        const note = complete ? 'intact' : 'weights and predictions intact; event log unverified (an earlier version)';
        return `${kind.padEnd(12)}  ${logText(folder, 1000)}  ${note}`;
      });
      printText(lines.join('\n'));
    });
}
