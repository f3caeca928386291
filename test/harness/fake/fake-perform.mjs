/** `vlm-bench perform` with the stand-in trainer: what a scheduler starts in tests. */
import { formatError } from '../../../dist/harness/errors.js';
import { withInterruption } from '../../../dist/harness/execution/interruption.js';
import { performJob } from '../../../dist/harness/execution/jobs/perform-job.js';
import { fakeMachinery } from './fake-machinery.mjs';

const [, file] = process.argv.slice(2);
try {
  await withInterruption((interruption) =>
    performJob(file, { machinery: fakeMachinery, interruption, onProgress: () => {} }),
  );
} catch (error) {
  console.error(formatError(error));
  process.exitCode = error.exitCode ?? 1;
}
