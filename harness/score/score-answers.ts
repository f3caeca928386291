/** Scores answers: the one way from questions and answers to accuracies, whatever they were read from and whoever asks. */
import {
  type AnsweredQuestion,
  type AnswerMatch,
  answerKind,
  type BootstrapOptions,
  type ConsensusQuestion,
  type ScoreAnswersOptions,
  scoreAnswers,
  scoreConsensus,
} from '../../metrics/index.js';
import { refusal } from '../../reference-model/data/layouts/fields.js';
import { firstName } from '../../reference-model/data/layouts/image-names.js';
import { UserError } from '../errors.js';
import { count } from '../files/counted.js';
import { strictly } from '../files/read-input.js';
import type { AnswerLayout } from './answer-layouts.js';
import { type PairedQuestion, pairAnswers } from './pair-answers.js';
import type { PairingOptions } from './pair-captions.js';

/** What answers are scored against, and how. */
export interface AnswerScoring extends PairingOptions {
  readonly references: string;
  readonly layout: AnswerLayout;
  /** When an answer is right where there is one; the whole answer by default. */
  readonly answerMatch?: AnswerMatch | undefined;
  /** Intervals are left out without it. */
  readonly bootstrap?: BootstrapOptions | undefined;
}

/** One right answer a question. */
export interface ExactAnswers {
  readonly kind: 'exact';
  readonly questions: readonly AnsweredQuestion[];
  readonly accuracies: ReturnType<typeof scoreAnswers>;
}

/** The answers of ten people a question. */
export interface ConsensusAnswers {
  readonly kind: 'consensus';
  readonly questions: readonly ConsensusQuestion[];
  readonly accuracies: ReturnType<typeof scoreConsensus>;
}

export type ScoredAnswers = ExactAnswers | ConsensusAnswers;

/** Scores of a file, with what a careful reader should know. */
export type ScoredAnswerFile = ScoredAnswers & {
  readonly subset?: string | undefined;
  readonly notes: readonly string[];
};

export function scoreExactAnswers(
  questions: readonly AnsweredQuestion[],
  options: ScoreAnswersOptions = {},
): ExactAnswers {
  return { kind: 'exact', questions, accuracies: scoreAnswers(questions, options) };
}

/**
 * @param predictions a file of answers
 * @throws UserError, InputError or MetricError for answers that are missing, surplus or repeated
 */
export async function scoreAnswerFile(
  predictions: string,
  { references, layout, answerMatch, bootstrap, ...pairing }: AnswerScoring,
): Promise<ScoredAnswerFile> {
  const { pairs, subset, notes } = await pairAnswers(references, predictions, pairing);
  const told = { subset, notes: [...notes, ...imageNotes(pairs)] };
  const averaging = { split: pairing.split, subset, bootstrap };
  switch (layout) {
    case 'vqav2': {
      requireExact(answerMatch);
      const questions = pairs.map(consensusQuestion);
      return { kind: 'consensus', questions, accuracies: scoreConsensus(questions, averaging), ...told };
    }
    case 'pathvqa':
    case 'easy-vqa':
      return {
        ...scoreExactAnswers(
          strictly(() => pairs.map(answeredQuestion)),
          { ...averaging, answerMatch },
        ),
        ...told,
      };
    default:
      return layout satisfies never;
  }
}

function answeredQuestion({ question: asked, questionId, prediction }: PairedQuestion): AnsweredQuestion {
  const { image, question, answers, statedKind, where } = asked;
  const [answer] = answers;
  if (answers.length !== 1) {
    throw refusal(
      `question ${questionId} has ${answers.length} answers`,
      where,
      'one right answer',
      'score answers of several people with --dataset vqav2',
    );
  }
  const imageId = firstName(image);
  return {
    questionId,
    ...(imageId === undefined ? {} : { imageId }),
    ...(question === undefined ? {} : { question }),
    answer: answer!,
    kind: statedKind ?? answerKind(answer!),
    prediction,
  };
}

function consensusQuestion({ question: asked, questionId, prediction }: PairedQuestion): ConsensusQuestion {
  const { image, answers, questionType, answerType } = asked;
  const imageId = firstName(image);
  return {
    questionId,
    ...(imageId === undefined ? {} : { imageId }),
    answers,
    ...(questionType === undefined ? {} : { questionType }),
    ...(answerType === undefined ? {} : { answerType }),
    prediction,
  };
}

function imageNotes(pairs: readonly PairedQuestion[]): readonly string[] {
  const without = pairs.filter(({ question }) => firstName(question.image) === undefined).length;
  if (without === 0) return [];
  return [
    `${count(without, 'question')} of ${pairs.length} ${without === 1 ? 'names' : 'name'} no image; intervals take each of them as if its image were its own`,
  ];
}

function requireExact(answerMatch: AnswerMatch | undefined): void {
  if (answerMatch === undefined || answerMatch === 'exact') return;
  throw new UserError({
    code: 'usage',
    what: `answers of several people are not matched by ${answerMatch}`,
    where: '--answer-match',
    expected: 'exact, which the accuracy of VQA v2 is defined by',
    fix: 'leave --answer-match out',
  });
}
