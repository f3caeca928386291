/** `vlm-bench report`: reports from records alone, offline, without training. */
import type { Command } from 'commander';
import { printNote } from '../log-text.js';

export function registerReport(program: Command): void {
  program
    .command('report')
    .description('recompute the verdict and the report from records')
    .argument('<records...>', 'results folders of earlier runs')
    .requiredOption('--out <dir>', 'where the reports go, one folder each')
    .action(async (records: readonly string[], { out }: { out: string }) => {
      const { resolve } = await import('node:path');
      const { findReproductions } = await import('../records/reproduction.js');
      const { quotedVerdicts } = await import('../verdict/decide-finding.js');
      const { writeReports } = await import('../report/write-reports.js');
      const folders = findReproductions(records.map((path) => resolve(path)));
      const { page, reports, leftOut } = await writeReports(folders, resolve(out));
      for (const nothing of leftOut) printNote(`left out: ${nothing}`);
      for (const { finding } of reports) {
        for (const quoted of quotedVerdicts(finding)) printNote(quoted);
      }
      printNote(page);
    });
}
