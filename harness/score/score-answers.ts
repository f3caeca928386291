/** Scores answers: the one way from questions and answers to accuracies, whatever they were read from and whoever asks. */
import {
  type AnsweredQuestion,
  type BootstrapOptions,
  type ConsensusQuestion,
  scoreAnswers,
  scoreConsensus,
} from '../../metrics/index.js';
import { readConsensusQuestions, readEasyVqaQuestions, readPathVqaQuestions } from './questions.js';
import type { PairReading } from './rows.js';

/** How questions are laid out and scored. */
export type AnswerLayout = 'pathvqa' | 'vqav2' | 'easy-vqa';

/** What answers are scored against, and how. */
export interface AnswerScoring {
  readonly references: string;
  readonly layout: AnswerLayout;
  readonly split?: string;
  /** How the files are read. */
  readonly reading?: PairReading;
  /** Intervals are left out without it. */
  readonly bootstrap?: BootstrapOptions;
}

interface RecordScoring {
  readonly split?: string | undefined;
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

export function scoreExactAnswers(
  questions: readonly AnsweredQuestion[],
  { split, bootstrap }: RecordScoring = {},
): ExactAnswers {
  return { kind: 'exact', questions, accuracies: scoreAnswers(questions, { split, bootstrap }) };
}

/**
 * @param predictions a file of answers
 * @throws UserError or MetricError for answers that are missing, surplus or repeated
 */
export async function scoreAnswerFile(
  predictions: string,
  { references, layout, split, reading, bootstrap }: AnswerScoring,
): Promise<ScoredAnswers> {
  switch (layout) {
    case 'vqav2': {
      const questions = await readConsensusQuestions(references, predictions, reading);
      return { kind: 'consensus', questions, accuracies: scoreConsensus(questions, { bootstrap }) };
    }
    case 'pathvqa':
      return scoreExactAnswers(await readPathVqaQuestions(references, predictions, split, reading), {
        split,
        bootstrap,
      });
    case 'easy-vqa':
      return scoreExactAnswers(await readEasyVqaQuestions(references, predictions, reading), { split, bootstrap });
    default:
      return layout satisfies never;
  }
}
