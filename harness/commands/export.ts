/** `vlm-bench export`: a finished run in the form of other programs. */
import { type Command, Option } from 'commander';
import { printNote } from '../log-text.js';

interface ExportFlags {
  readonly format: 'hugging-face';
  readonly out: string;
  readonly allowMaskMismatch?: true;
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description('write a trained model as a folder that transformers loads')
    .argument('<run>', 'record of a finished run')
    .addOption(new Option('--format <format>', 'form of the folder').choices(['hugging-face']).makeOptionMandatory())
    .requiredOption('--out <dir>', 'folder to be made')
    .option('--allow-mask-mismatch', 'also where transformers cannot apply the attention mask of the run')
    .action(async (run: string, { out, allowMaskMismatch }: ExportFlags) => {
      const { exportRun } = await import('../export/export-run.js');
      printNote(await exportRun({ run, out, allowsMaskMismatch: allowMaskMismatch === true }));
    });
}
