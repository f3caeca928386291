/** What `vlm-bench score vqa` does: scores a file of answers and prints the result, as `score captions` does for captions. */
import { type AnswerMatch, type QuestionScore, scoreTokenOverlap } from '../../metrics/index.js';
import { UserError } from '../errors.js';
import type { AnswerLayout } from '../score/answer-layouts.js';
import { type PrintedScore, printScores, tellOnce, writeCsv } from '../score/print-scores.js';
import { type ScoredAnswers, scoreAnswerFile } from '../score/score-answers.js';
import { type PairingChoice, pairingOf } from '../systems/scoring-options.js';

export interface VqaScoreOptions extends PairingChoice {
  readonly dataset: AnswerLayout;
  readonly references: string;
  readonly predictions: string;
  readonly answerMatch?: AnswerMatch;
  readonly perQuestion?: string;
  readonly resamples: number;
  readonly interval: 'bca' | 'percentile';
  readonly bootstrapSeed: number;
  readonly json?: true;
}

export async function printVqaScores(options: VqaScoreOptions): Promise<void> {
  const { dataset, references, predictions, split, answerMatch, perQuestion: file, json } = options;
  if (split !== undefined && dataset !== 'pathvqa') {
    throw new UserError({
      code: 'data-invalid',
      what: `the files of ${dataset} hold one split each`,
      where: '--split',
      expected: 'no --split',
      fix: 'leave --split out and name the files of the split',
    });
  }
  const { resamples, interval, bootstrapSeed } = options;
  const bootstrap = resamples === 0 ? undefined : { resamples, seed: bootstrapSeed, method: interval };
  const scored = await scoreAnswerFile(predictions, {
    references,
    layout: dataset,
    ...pairingOf(options),
    tell: tellOnce(),
    answerMatch,
    bootstrap,
  });
  const { questions, notes, subset } = scored;
  if (file !== undefined) {
    const { perQuestion } = scored.accuracies;
    const rows = questions.map(({ questionId }, index) => [questionId, String(perQuestion[index])]);
    await writeCsv(file, ['question_id', 'score'], rows);
  }
  const isSoft = scored.kind === 'exact' && dataset === 'pathvqa';
  const soft = isSoft ? scoreTokenOverlap(scored.questions, { split, subset, bootstrap }) : {};
  const printed = Object.entries(namedScores(scored, soft)).flatMap(([name, { score, ...rest }]): PrintedScore[] =>
    score === undefined ? [] : [{ name, score, ...rest }],
  );
  const images = new Set(questions.flatMap(({ imageId }) => (imageId === undefined ? [] : [imageId]))).size;
  printScores({ images, questions: questions.length }, printed, notes, json === true);
}

/** @param soft further scores of the same answers, beside the accuracies */
function namedScores(
  scored: ScoredAnswers,
  soft: Readonly<Record<string, QuestionScore>>,
): Readonly<Record<string, QuestionScore>> {
  switch (scored.kind) {
    case 'consensus': {
      const { overall, byAnswerType, byQuestionType } = scored.accuracies;
      return { overall, ...prefixed('answer type', byAnswerType), ...prefixed('question type', byQuestionType) };
    }
    case 'exact': {
      const { closed, 'yes/no': yesNo, open, overall, byQuestionType } = scored.accuracies;
      return { closed, 'yes/no': yesNo, open, overall, ...soft, ...prefixed('question type', byQuestionType) };
    }
    default:
      return scored satisfies never;
  }
}

function prefixed(prefix: string, scores: Readonly<Record<string, QuestionScore>>): Record<string, QuestionScore> {
  return Object.fromEntries(Object.entries(scores).map(([type, value]) => [`${prefix}: ${type}`, value]));
}
