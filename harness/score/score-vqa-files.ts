/**
 * Scores a file of answers against a file of questions and prints the result, as `score-caption-files.ts` does for captions.
 */
import { type QuestionScore, scoreAnswers, scoreConsensus, scoreTokenOverlap } from '../../metrics/index.js';
import { UserError } from '../errors.js';
import { type PrintedScore, printScores, writeCsv } from './print-scores.js';
import { readConsensusQuestions, readEasyVqaQuestions, readPathVqaQuestions } from './questions.js';

export interface VqaScoreOptions {
  readonly dataset: 'pathvqa' | 'vqav2' | 'easy-vqa';
  readonly references: string;
  readonly predictions: string;
  readonly split?: string;
  readonly perQuestion?: string;
  readonly resamples: number;
  readonly interval: 'bca' | 'percentile';
  readonly bootstrapSeed: number;
  readonly json?: true;
}

interface Scored {
  readonly questionIds: readonly string[];
  readonly images: number;
  readonly scores: Readonly<Record<string, QuestionScore>>;
  readonly perQuestion: ArrayLike<number>;
}

export async function scoreVqaFiles(options: VqaScoreOptions): Promise<void> {
  const { dataset, split, perQuestion: file, json } = options;
  if (split !== undefined && dataset !== 'pathvqa') {
    throw new UserError({
      code: 'data-invalid',
      what: `the files of ${dataset} hold one split each`,
      where: '--split',
      expected: 'no --split',
      fix: 'leave --split out and name the files of the split',
    });
  }
  const { questionIds, images, scores, perQuestion } = await score(options);
  if (file !== undefined) {
    const rows = questionIds.map((questionId, index) => [questionId, String(perQuestion[index])]);
    await writeCsv(file, ['question_id', 'score'], rows);
  }
  const printed = Object.entries(scores).flatMap(([name, { score: value, ...rest }]): PrintedScore[] =>
    value === undefined ? [] : [{ name, score: value, ...rest }],
  );
  printScores({ images, questions: questionIds.length }, printed, [], json === true);
}

async function score({
  dataset,
  references,
  predictions,
  split,
  resamples,
  interval,
  bootstrapSeed,
}: VqaScoreOptions): Promise<Scored> {
  const bootstrap = resamples === 0 ? undefined : { resamples, seed: bootstrapSeed, method: interval };
  switch (dataset) {
    case 'vqav2': {
      const questions = await readConsensusQuestions(references, predictions);
      const { overall, byAnswerType, byQuestionType, perQuestion } = scoreConsensus(questions, { bootstrap });
      const scores = {
        overall,
        ...prefixed('answer type', byAnswerType),
        ...prefixed('question type', byQuestionType),
      };
      return { ...identify(questions), scores, perQuestion };
    }
    case 'pathvqa':
    case 'easy-vqa': {
      const questions =
        dataset === 'pathvqa'
          ? await readPathVqaQuestions(references, predictions, split)
          : await readEasyVqaQuestions(references, predictions);
      const accuracies = scoreAnswers(questions, { split, bootstrap });
      const soft = dataset === 'pathvqa' ? scoreTokenOverlap(questions, { split, bootstrap }) : {};
      const scores = {
        'yes/no': accuracies['yes/no'],
        open: accuracies.open,
        overall: accuracies.overall,
        ...soft,
        ...prefixed('question type', accuracies.byQuestionType),
      };
      return { ...identify(questions), scores, perQuestion: accuracies.perQuestion };
    }
    default:
      return dataset satisfies never;
  }
}

function prefixed(prefix: string, scores: Readonly<Record<string, QuestionScore>>): Record<string, QuestionScore> {
  return Object.fromEntries(Object.entries(scores).map(([type, value]) => [`${prefix}: ${type}`, value]));
}

function identify(
  questions: readonly { readonly questionId: string; readonly imageId: string }[],
): Pick<Scored, 'questionIds' | 'images'> {
  return {
    questionIds: questions.map(({ questionId }) => questionId),
    images: new Set(questions.map(({ imageId }) => imageId)).size,
  };
}
