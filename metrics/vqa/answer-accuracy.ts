/**
 * Accuracy of answers to yes/no and open questions: exact match after the normalisation of the VQA v2 evaluation,
 * by kind, by question type and overall. Nothing is matched by substring ("normal" holds "no"), and every answer counts.
 */
import { MetricError } from '../errors.js';
import type { SignatureField } from '../signature.js';
import { normaliseAnswer } from './official-normalisation.js';
import {
  type AveragingOptions,
  averageQuestions,
  checkQuestionIdentities,
  type QuestionScore,
  requireAnswerText,
} from './question-score.js';
import { questionType } from './question-type.js';

export interface AnsweredQuestion {
  readonly questionId: string;
  readonly imageId: string;
  readonly answer: string;
  readonly prediction: string;
  readonly kind: 'yes/no' | 'open';
  /** The question's words, for the scores by question type. */
  readonly question?: string;
}

/** Share of right answers, 0–1. */
export type Accuracy = QuestionScore;

export interface AnswerAccuracies {
  readonly 'yes/no': Accuracy;
  readonly open: Accuracy;
  readonly overall: Accuracy;
  /** By the question's first word (`what`, `is`, …), in alphabetical order; empty where no question is given. */
  readonly byQuestionType: Readonly<Record<string, Accuracy>>;
  /** 1 where right, else 0, in the order of the questions. */
  readonly perQuestion: Uint8Array;
}

const FIELDS: readonly SignatureField[] = [
  ['match', 'exact'],
  ['normalise', 'vqa-v2'],
];

/**
 * Exact-match accuracy of `questions`.
 * @throws MetricError `no-questions`, `duplicate-question`, `not-a-string` or `bad-answer-kind`.
 */
export function scoreAnswers(questions: readonly AnsweredQuestion[], options: AveragingOptions = {}): AnswerAccuracies {
  checkAnsweredQuestions(questions);
  const perQuestion = Uint8Array.from(questions, ({ answer, prediction }) =>
    normaliseAnswer(answer) === normaliseAnswer(prediction) ? 1 : 0,
  );
  const accuracy = (name: string, belongs: (question: AnsweredQuestion) => boolean): Accuracy =>
    averageQuestions(name, FIELDS, questions, perQuestion, ({ answer }) => answer, options, belongs);
  const types = new Set(questions.flatMap(({ question }) => (question === undefined ? [] : [questionType(question)])));
  const withoutInterval: AveragingOptions = { split: options.split };
  return {
    'yes/no': accuracy('accuracy-yes/no', ({ kind }) => kind === 'yes/no'),
    open: accuracy('accuracy-open', ({ kind }) => kind === 'open'),
    overall: accuracy('accuracy-overall', () => true),
    byQuestionType: Object.fromEntries(
      [...types].sort().map((type) => [
        type,
        averageQuestions(
          `accuracy-${type}`,
          FIELDS,
          questions,
          perQuestion,
          ({ answer }) => answer,
          withoutInterval,
          ({ question }) => question !== undefined && questionType(question) === type,
        ),
      ]),
    ),
    perQuestion,
  };
}

/** @throws MetricError `no-questions`, `duplicate-question`, `not-a-string` or `bad-answer-kind`. */
export function checkAnsweredQuestions(questions: readonly AnsweredQuestion[]): void {
  checkQuestionIdentities(questions);
  for (const { questionId, answer, prediction, kind } of questions) {
    requireAnswerText(answer, 'answer', questionId);
    requireAnswerText(prediction, 'prediction', questionId);
    if (kind !== 'yes/no' && kind !== 'open') {
      throw new MetricError({
        code: 'bad-answer-kind',
        what: `the kind is ${JSON.stringify(kind)}`,
        where: `question ${questionId}, kind`,
        expected: '"yes/no" or "open"',
        fix: 'name one of the two kinds',
      });
    }
  }
}

/** `yes/no` where the answer is yes or no after normalisation, else `open`. */
export function answerKind(answer: string): 'yes/no' | 'open' {
  const normalised = normaliseAnswer(answer);
  return normalised === 'yes' || normalised === 'no' ? 'yes/no' : 'open';
}
