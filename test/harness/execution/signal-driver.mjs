/** A command in miniature: executes the jobs of a file with the stand-in trainer, with signals caught as the command line does. */
import { readFileSync } from 'node:fs';
import { formatError } from '../../../dist/harness/errors.js';
import { executeRuns } from '../../../dist/harness/execution/execute-runs.js';
import { withInterruption } from '../../../dist/harness/execution/interruption.js';
import { localExecutor } from '../../../dist/harness/execution/local/local-executor.js';

const [file, workerEntry] = process.argv.slice(2);
const titledJobs = JSON.parse(readFileSync(file, 'utf8'));
try {
  await withInterruption((interruption) =>
    executeRuns(titledJobs, {
      executor: localExecutor({ interruption, workerEntry }),
      jobs: 2,
      interruption,
      onEvent: (_, { type }) => {
        if (type === 'progress') process.stdout.write('.');
      },
    }),
  );
} catch (error) {
  console.error(formatError(error));
  process.exitCode = error.exitCode ?? 1;
}
