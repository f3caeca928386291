/** `vlm-bench tokenize`: one line in, one line of tokens out, never merging or splitting lines. */
import type { Command } from 'commander';
import { encodingOption } from './options.js';

export function registerTokenize(program: Command): void {
  program
    .command('tokenize')
    .description('tokenise standard input line by line, as the caption metrics do')
    .option('--ptb', 'Penn Treebank tokens (the only tokeniser, and the default)')
    .option('--keep-punctuation', 'keep the punctuation that the caption metrics drop')
    .addOption(encodingOption())
    .action(async ({ keepPunctuation, encoding }: { keepPunctuation?: true; encoding?: string }) => {
      const { tokeniseStream } = await import('../score/tokenise-stream.js');
      await tokeniseStream(process.stdin, process.stdout, {
        keepPunctuation: keepPunctuation === true,
        encoding,
      });
    });
}
