/** `vlm-bench perform`: the run of a job file, on this machine. Schedulers start it; so can anybody. */
import type { Command } from 'commander';
import { printNote } from '../log-text.js';
import { dataRootOption, weightsOption } from './options.js';

export function registerPerform(program: Command): void {
  program
    .command('perform')
    .description('perform one planned run here; what executors and --print-jobs have other machines do')
    .argument('<job>', 'path of the job file: <results>/jobs/<run id>.json')
    .addOption(dataRootOption())
    .addOption(weightsOption())
    .action(async (file: string, { dataRoot, weights }: { readonly dataRoot?: string; readonly weights?: string }) => {
      const { resolve } = await import('node:path');
      const { withInterruption } = await import('../execution/interruption.js');
      const { performJob } = await import('../execution/jobs/perform-job.js');
      const { progressDisplay, displayedRun } = await import('../execution/progress-display.js');
      const { readJobFile } = await import('../execution/jobs/job-file.js');
      const { referenceModel } = await import('../run/reference-model.js');
      const { isFirstRank } = await import('../run/first-rank.js');
      const display = progressDisplay([displayedRun(readJobFile(file))]);
      try {
        const { job } = await withInterruption((interruption) =>
          performJob(file, {
            machinery: referenceModel,
            interruption,
            onProgress: (progress) => display.onEvent(0, { type: 'progress', progress }),
            ...(dataRoot === undefined ? {} : { dataRoot: resolve(dataRoot) }),
            ...(weights === undefined ? {} : { weights: resolve(weights) }),
          }),
        );
        if (!isFirstRank()) return;
        display.onEvent(0, { type: 'done' });
        const { runPaths } = await import('../records/run-paths.js');
        printNote(runPaths(job.store, job.runId).folder);
      } finally {
        display.close();
      }
    });
}
