/** An option of `export` that says nothing of the form that is asked for is an error, and is never passed over. */
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { registerExport } from '../../../harness/commands/export.js';

test.each([
  ['hugging-face', ['--quantize', 'q8']],
  ['onnx', ['--allow-mask-mismatch']],
] as const)('for %s alone: not %j', async (format, options) => {
  const program = new Command();
  registerExport(program);
  const typed = ['export', 'run', '--format', format, '--out', 'out', ...options];
  await expect(program.parseAsync(typed, { from: 'user' })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(`${options[0]} is for --format`),
  });
});
