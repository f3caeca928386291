/**
 * Accuracy of answers to closed and open questions after the normalisation of the VQA v2 evaluation, by kind, by question type and
 * overall. By default only the whole answer is right; nothing is ever matched by substring, and every answer counts.
 */
import { MetricError } from '../errors.js';
import type { SignatureField } from '../signature.js';
import { ANSWER_MATCHES, type AnswerMatch, isRightAnswer } from './answer-match.js';
import { normaliseAnswer } from './official-normalisation.js';
import {
  type AveragingOptions,
  averageQuestions,
  checkQuestionIdentities,
  type QuestionScore,
  requireAnswerText,
} from './question-score.js';
import { questionType } from './question-type.js';

/** `closed` and `open` where the data set says so; otherwise an answer of yes or no makes a question `yes/no`. */
export type AnswerKind = 'yes/no' | 'closed' | 'open';

export interface AnsweredQuestion {
  readonly questionId: string;
  /** Absent where nobody knows it; the question then counts as if its image were its own. */
  readonly imageId?: string;
  readonly answer: string;
  readonly prediction: string;
  readonly kind: AnswerKind;
  /** The question's words, for the scores by question type. */
  readonly question?: string;
}

/** Share of right answers, 0–1. */
export type Accuracy = QuestionScore;

export interface AnswerAccuracies {
  /** Questions that the data set itself calls closed, whatever their answers. */
  readonly closed: Accuracy;
  /** Questions whose answer is yes or no; where types are stated, those among the closed ones. */
  readonly 'yes/no': Accuracy;
  readonly open: Accuracy;
  readonly overall: Accuracy;
  /** By the question's first word (`what`, `is`, …), in alphabetical order; empty where no question is given. */
  readonly byQuestionType: Readonly<Record<string, Accuracy>>;
  /** 1 where right, else 0, in the order of the questions. */
  readonly perQuestion: Uint8Array;
}

export interface ScoreAnswersOptions extends AveragingOptions {
  /** When a prediction is right; the whole answer by default. */
  readonly answerMatch?: AnswerMatch | undefined;
}

/**
 * Accuracy of `questions`.
 * @throws MetricError `no-questions`, `duplicate-question`, `not-a-string`, `bad-answer-kind` or `bad-option`.
 */
export function scoreAnswers(
  questions: readonly AnsweredQuestion[],
  { answerMatch = 'exact', ...options }: ScoreAnswersOptions = {},
): AnswerAccuracies {
  checkAnsweredQuestions(questions);
  const fields: readonly SignatureField[] = [
    ['match', requireAnswerMatch(answerMatch)],
    ['normalise', 'vqa-v2'],
  ];
  const perQuestion = Uint8Array.from(questions, ({ answer, prediction }) =>
    isRightAnswer(answer, prediction, answerMatch) ? 1 : 0,
  );
  const accuracy = (name: string, belongs: (question: AnsweredQuestion) => boolean): Accuracy =>
    averageQuestions(name, fields, questions, perQuestion, ({ answer }) => answer, options, belongs);
  const types = new Set(questions.flatMap(({ question }) => (question === undefined ? [] : [questionType(question)])));
  const withoutInterval: AveragingOptions = { split: options.split, subset: options.subset };
  return {
    closed: accuracy('accuracy-closed', ({ kind }) => kind === 'closed'),
    'yes/no': accuracy('accuracy-yes/no', isYesOrNo),
    open: accuracy('accuracy-open', ({ kind }) => kind === 'open'),
    overall: accuracy('accuracy-overall', () => true),
    byQuestionType: Object.fromEntries(
      [...types].sort().map((type) => [
        type,
        averageQuestions(
          `accuracy-${type}`,
          fields,
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
    if (kind !== 'yes/no' && kind !== 'closed' && kind !== 'open') {
      throw new MetricError({
        code: 'bad-answer-kind',
        what: `the kind is ${JSON.stringify(kind)}`,
        where: `question ${questionId}, kind`,
        expected: '"yes/no", "closed" or "open"',
        fix: 'name one of these kinds',
      });
    }
  }
}

function isYesOrNo({ kind, answer }: AnsweredQuestion): boolean {
  return kind === 'yes/no' || (kind === 'closed' && answerKind(answer) === 'yes/no');
}

function requireAnswerMatch(match: AnswerMatch): AnswerMatch {
  if (ANSWER_MATCHES.includes(match)) return match;
  throw new MetricError({
    code: 'bad-option',
    what: `there is no way to match answers ${JSON.stringify(match)}`,
    where: 'options, answerMatch',
    expected: ANSWER_MATCHES.join(', '),
    fix: 'name one of these',
  });
}

/** `yes/no` where the answer is yes or no after normalisation, else `open`. */
export function answerKind(answer: string): 'yes/no' | 'open' {
  const normalised = normaliseAnswer(answer);
  return normalised === 'yes' || normalised === 'no' ? 'yes/no' : 'open';
}
