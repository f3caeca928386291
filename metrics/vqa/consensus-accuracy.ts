/**
 * The accuracy of the official VQA v2 evaluation: an answer is right to the degree that other annotators gave it,
 * min(1, matches ÷ 3) averaged over leaving each annotator out. Its quirks are kept: answers and prediction are normalised
 * only if the annotators disagree. Source: Antol et al., "VQA: Visual Question Answering" (ICCV 2015) and its public code.
 */
import { MetricError } from '../errors.js';
import type { SignatureField } from '../signature.js';
import { normaliseAnswer, trimAnswer } from './official-normalisation.js';
import {
  type AveragingOptions,
  averageQuestions,
  checkQuestionIdentities,
  type QuestionScore,
  requireAnswerText,
} from './question-score.js';

export interface ConsensusQuestion {
  readonly questionId: string;
  /** Absent where nobody knows it; the question then counts as if its image were its own. */
  readonly imageId?: string;
  /** The answers of all annotators, ten in VQA v2. */
  readonly answers: readonly string[];
  readonly prediction: string;
  /** The data set's own types, such as `what color is the` and `number`. */
  readonly questionType?: string;
  readonly answerType?: string;
}

export interface ConsensusAccuracies {
  readonly overall: QuestionScore;
  readonly byAnswerType: Readonly<Record<string, QuestionScore>>;
  readonly byQuestionType: Readonly<Record<string, QuestionScore>>;
  /** Accuracy of each question, 0–1, in the order given. */
  readonly perQuestion: Float64Array;
}

const FIELDS: readonly SignatureField[] = [
  ['match', 'consensus'],
  ['normalise', 'official'],
];

/**
 * Consensus accuracy of `questions`.
 * @throws MetricError `no-questions`, `duplicate-question`, `not-a-string` or `no-references`.
 */
export function scoreConsensus(
  questions: readonly ConsensusQuestion[],
  options: AveragingOptions = {},
): ConsensusAccuracies {
  checkQuestionIdentities(questions);
  for (const { questionId, answers, prediction } of questions) {
    requireAnswerText(prediction, 'prediction', questionId);
    if (answers.length < 2) {
      throw new MetricError({
        code: 'no-references',
        what: `question ${questionId} has ${answers.length} answers`,
        where: `question ${questionId}, answers`,
        expected: 'the answers of at least two annotators',
        fix: 'add the answers, or score the data set by exact match',
      });
    }
    answers.forEach((answer, index) => {
      requireAnswerText(answer, `answers[${index}]`, questionId);
    });
  }
  const perQuestion = Float64Array.from(questions, consensus);
  const average = (name: string, belongs?: (question: ConsensusQuestion) => boolean): QuestionScore => {
    const identity = ({ answers }: ConsensusQuestion): string => answers.join('\n');
    const averaging: AveragingOptions =
      belongs === undefined ? options : { split: options.split, subset: options.subset };
    return averageQuestions(name, FIELDS, questions, perQuestion, identity, averaging, belongs);
  };
  const by = (typeOf: (question: ConsensusQuestion) => string | undefined): Record<string, QuestionScore> => {
    const types = [...new Set(questions.map(typeOf))].filter((type) => type !== undefined).sort();
    return Object.fromEntries(types.map((type) => [type, average(`VQA-accuracy-${type}`, (q) => typeOf(q) === type)]));
  };
  return {
    overall: average('VQA-accuracy'),
    byAnswerType: by(({ answerType }) => answerType),
    byQuestionType: by((question) => question.questionType),
    perQuestion,
  };
}

function consensus({ answers, prediction }: ConsensusQuestion): number {
  const trimmed = answers.map(trimAnswer);
  const normalise = trimmed.some((answer) => answer !== trimmed[0]) ? normaliseAnswer : trimAnswer;
  const given = normalise(prediction);
  let matches = 0;
  for (const answer of trimmed) matches += normalise(answer) === given ? 1 : 0;
  // Leaving out an annotator who agrees leaves one match less.
  const others = answers.length - matches;
  return (matches * Math.min(1, (matches - 1) / 3) + others * Math.min(1, matches / 3)) / answers.length;
}
