/** `vlm-bench generate`: what a model says about an image. */
import type { Command } from 'commander';
import { logLine, printText } from '../log-text.js';
import { engineOption, type SuiteOptions } from './options.js';
import { addTorchOptions } from './torch-options.js';

interface GenerateOptions extends Pick<SuiteOptions, 'engine'> {
  readonly checkpoint: string;
  readonly image: string;
  readonly prompt?: string;
}

export function registerGenerate(program: Command): void {
  const command = program
    .command('generate')
    .description('caption an image, or answer a question about it')
    .requiredOption(
      '--checkpoint <dir>',
      'record of a finished run, or folder of a LLaVA model as the Hugging Face hub has it',
    )
    .requiredOption('--image <file>', 'PNG, JPEG or WebP, turned as its EXIF says; of an animation the first frame')
    .option('--prompt <text>', 'what to ask; by default, for a caption')
    .addOption(engineOption());
  addTorchOptions(command).action(async ({ checkpoint, image, prompt, engine }: GenerateOptions) => {
    const { describeImageFile } = await import('./describe-image.js');
    const request = { checkpoint, image, engine, ...(prompt === undefined ? {} : { prompt }) };
    printText(logLine(await describeImageFile(request)));
  });
}
