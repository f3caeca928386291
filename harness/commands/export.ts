/** `vlm-bench export`: a trained model in the form of other programs. */
import { type Command, Option } from 'commander';
import { UserError } from '../errors.js';
import { printNote } from '../log-text.js';

interface ExportFlags {
  readonly format: 'hugging-face' | 'onnx';
  readonly out: string;
  readonly allowMaskMismatch?: true;
  readonly quantize?: 'int8' | 'q8';
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description('write a trained model as a folder that transformers (hugging-face) or transformers.js (onnx) loads')
    .argument(
      '<run>',
      'record of a finished run; for onnx also the folder of a LLaVA model as the Hugging Face hub has it',
    )
    .addOption(
      new Option('--format <format>', 'form of the folder').choices(['hugging-face', 'onnx']).makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder to be made')
    .option(
      '--allow-mask-mismatch',
      'for hugging-face, also where the attention mask of the run cannot be applied there',
    )
    .addOption(
      new Option(
        '--quantize <kind>',
        'for onnx, also graphs with weights in 8 bits, as transformers.js names them',
      ).choices(['int8', 'q8']),
    )
    .action(async (run: string, { allowMaskMismatch, quantize, ...flags }: ExportFlags) => {
      if (quantize !== undefined && flags.format !== 'onnx') throw misplaced('--quantize', 'onnx');
      if (allowMaskMismatch && flags.format !== 'hugging-face')
        throw misplaced('--allow-mask-mismatch', 'hugging-face');
      const { exportRun } = await import('../export/export-run.js');
      const quantised = quantize === undefined ? {} : { quantised: quantize };
      printNote(await exportRun({ ...flags, run, allowsMaskMismatch: allowMaskMismatch === true, ...quantised }));
    });
}

function misplaced(option: string, format: ExportFlags['format']): UserError {
  const problem = {
    code: 'usage',
    what: `${option} is for --format ${format} alone`,
    expected: `--format ${format}`,
    fix: `leave ${option} out, or give --format ${format}`,
  } as const;
  return new UserError(problem, { exitCode: 2 });
}
