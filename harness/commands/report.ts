/** `vlm-bench report`: reports from records alone, offline, without training. */
import type { Command } from 'commander';

export function registerReport(program: Command): void {
  program
    .command('report')
    .description('recompute the verdict and the report from records')
    .argument('<records...>', 'results folders of earlier runs')
    .requiredOption('--out <dir>', 'where the reports go, one folder each')
    .action(async (records: readonly string[], { out }: { out: string }) => {
      const { basename, join, resolve } = await import('node:path');
      const { findReproductions } = await import('../records/reproduction.js');
      const { writeReport } = await import('../report/write-report.js');
      for (const folder of findReproductions(records.map((path) => resolve(path)))) {
        const { page, view } = await writeReport(folder, join(resolve(out), basename(folder)));
        if (view.verdict !== undefined) console.error(view.verdict.sentence);
        console.error(page);
      }
    });
}
