/** `vlm-bench score`: caption and VQA metrics on files, and the document frequencies that CIDEr can be frozen with. */
import { type Command, Option } from 'commander';
import { printNote } from '../log-text.js';
import type { ReadingOptions } from '../score/rows.js';
import {
  addReading,
  bootstrapSeedOption,
  encodingOption,
  formatOption,
  jsonOption,
  optionalResamplesOption,
} from './options.js';
import type { CaptionScoreOptions } from './score-captions.js';
import type { VqaScoreOptions } from './score-vqa.js';

interface DocumentFrequencyOptions extends Omit<ReadingOptions, 'format'> {
  readonly references: string;
  readonly out: string;
  readonly split?: string;
}

const intervalOption = () =>
  new Option('--interval <kind>', 'kind of bootstrap interval').choices(['bca', 'percentile']).default('bca');

export function registerScore(program: Command): void {
  const score = program.command('score').description('score predictions against references');
  addReading(score.command('captions'))
    .description('CIDEr-D, BLEU and ROUGE-L of captions; CIDEr, CIDEr-stemmed and METEOR on request')
    .requiredOption(
      '--references <file>',
      'COCO captions, Karpathy split, Flickr30k CSV, or records in JSON, JSONL, CSV',
    )
    .requiredOption('--predictions <file>', 'COCO results JSON, or records with image_id and caption in JSONL or CSV')
    .option('--metrics <list>', 'comma-separated: CIDEr-D, CIDEr, CIDEr-stemmed, BLEU, BLEU-1 …, ROUGE-L, METEOR')
    .option('--split <name>', 'score this split of the references only')
    .option('--df <file>', 'frozen document frequencies for CIDEr, as `score df` writes them')
    .option('--meteor-jar <file>', 'compute METEOR with this meteor-1.5.jar and the Java on this machine')
    .option('--per-image <file>', 'also write the scores of every image: FILE.csv, or FILE.json for `gate`, `compare`')
    .addOption(optionalResamplesOption())
    .addOption(intervalOption())
    .addOption(bootstrapSeedOption())
    .addOption(jsonOption())
    .action(async (options: CaptionScoreOptions) => {
      const { printCaptionScores } = await import('./score-captions.js');
      await printCaptionScores(options);
    });
  addReading(score.command('vqa'))
    .description('accuracy of answers to questions about images')
    .addOption(
      new Option('--dataset <name>', 'how the data set is laid out and scored')
        .choices(['pathvqa', 'vqav2', 'easy-vqa'])
        .makeOptionMandatory(),
    )
    .requiredOption('--references <file>', 'questions with answers: JSON, JSONL or CSV; VQA v2: annotations JSON')
    .requiredOption('--predictions <file>', 'records with question_id and answer in JSON, JSONL or CSV')
    .option('--split <name>', 'score this split of the references only')
    .option('--per-question <file>', 'also write the score of every question as CSV')
    .addOption(optionalResamplesOption())
    .addOption(intervalOption())
    .addOption(bootstrapSeedOption())
    .addOption(jsonOption())
    .action(async (options: VqaScoreOptions) => {
      const { printVqaScores } = await import('./score-vqa.js');
      await printVqaScores(options);
    });
  score
    .command('df')
    .description('count the document frequencies of a set of references, for `score captions --df`')
    .requiredOption('--references <file>', 'references, as for `score captions`')
    .requiredOption('--out <file>', 'where to write them')
    .option('--split <name>', 'count this split of the references only')
    .addOption(encodingOption())
    .addOption(formatOption('references-format', 'references'))
    .action(async ({ references, out, split, ...reading }: DocumentFrequencyOptions) => {
      const { readReferenceRecords } = await import('../score/captions.js');
      const { writeDocumentFrequencies } = await import('../score/document-frequency-file.js');
      const { countDocumentFrequencies } = await import('../../metrics/index.js');
      const records = await readReferenceRecords(references, split, reading);
      await writeDocumentFrequencies(out, countDocumentFrequencies(records));
      printNote(out);
    });
}
