/** `vlm-bench score`: caption and VQA metrics on files, and the document frequencies that CIDEr can be frozen with. */
import { type Command, Option } from 'commander';
import { printNote } from '../log-text.js';
import { ANSWER_LAYOUTS } from '../score/answer-layouts.js';
import type { ReadingOptions } from '../score/rows.js';
import {
  addPairing,
  addReading,
  answerMatchOption,
  bootstrapSeedOption,
  documentFrequencyOption,
  encodingOption,
  formatOption,
  jsonOption,
  optionalResamplesOption,
} from './options.js';
import type { CaptionScoreOptions } from './score-captions.js';
import type { VqaScoreOptions } from './score-vqa.js';

const intervalOption = () =>
  new Option('--interval <kind>', 'kind of bootstrap interval').choices(['bca', 'percentile']).default('bca');
interface FrequencyOptions extends Omit<ReadingOptions, 'format'> {
  readonly references: string;
  readonly out: string;
  readonly split?: string;
  readonly stem?: true;
}

export function registerScore(program: Command): void {
  const score = program.command('score').description('score predictions against references');
  addPairing(
    addReading(score.command('captions'))
      .description('CIDEr-D, BLEU and ROUGE-L of captions; CIDEr, CIDEr-stemmed and METEOR on request')
      .requiredOption(
        '--references <file>',
        'COCO captions, Karpathy split, Flickr files, captions by image, samples of lmms-eval, a table of VLMEvalKit, or records',
      )
      .requiredOption('--predictions <file>', 'COCO results, captions by image, samples, a table, or records'),
  )
    .option('--metrics <list>', 'comma-separated: CIDEr-D, CIDEr, CIDEr-stemmed, BLEU, BLEU-1 …, ROUGE-L, METEOR')
    .addOption(documentFrequencyOption())
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
  addPairing(
    addReading(score.command('vqa'))
      .description('accuracy of answers to questions about images')
      .addOption(
        new Option('--dataset <name>', 'how answers are scored: one right answer, or those of several people (vqav2)')
          .choices(ANSWER_LAYOUTS)
          .makeOptionMandatory(),
      )
      .requiredOption(
        '--references <file>',
        'PathVQA, VQA-RAD, SLAKE, LLaVA conversations, VQA v2, TextVQA, VizWiz, samples, a table, or records',
      )
      .requiredOption(
        '--predictions <file>',
        'LLaVA answers, samples, a table, or records with question_id and answer',
      ),
  )
    .addOption(answerMatchOption())
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
    .option('--stem', 'count stemmed words, for CIDEr-stemmed')
    .addOption(encodingOption())
    .addOption(formatOption('references-format', 'references'))
    .action(async ({ references, out, split, stem, ...reading }: FrequencyOptions) => {
      const { readReferenceRecords } = await import('../score/pair-captions.js');
      const { writeDocumentFrequencies } = await import('../score/document-frequency-file.js');
      const { countDocumentFrequencies, loadPorterStemmer } = await import('../../metrics/index.js');
      const records = await readReferenceRecords(references, split, reading);
      const stemmer = stem === true ? { stem: await loadPorterStemmer() } : {};
      await writeDocumentFrequencies(out, countDocumentFrequencies(records, stemmer));
      printNote(out);
    });
}
