/**
 * Soft scores of free-text answers that medical VQA papers report beside exact match: token F1, token recall and BLEU-1.
 * Tokens are the words of the normalised answers; overlap counts each occurrence once, as in SQuAD (Rajpurkar et al. 2016).
 */
import { exponential } from '../numerics/deterministic-math.js';
import type { SignatureField } from '../signature.js';
import { type AnsweredQuestion, checkAnsweredQuestions } from './answer-accuracy.js';
import { normaliseAnswer } from './official-normalisation.js';
import { type AveragingOptions, averageQuestions, type QuestionScore } from './question-score.js';

export interface TokenOverlapScores {
  /** Harmonic mean of token precision and recall, over all questions. */
  readonly 'token-F1': QuestionScore;
  /** Share of the answer's tokens that the prediction holds, over open questions (LLaVA-Med's "open"). */
  readonly 'token-recall-open': QuestionScore;
  /** Clipped unigram precision with brevity penalty, per question, over all questions. */
  readonly 'BLEU-1': QuestionScore;
}

/** @throws MetricError as `scoreAnswers` does. */
export function scoreTokenOverlap(
  questions: readonly AnsweredQuestion[],
  options: AveragingOptions = {},
): TokenOverlapScores {
  checkAnsweredQuestions(questions);
  const overlaps = questions.map(({ answer, prediction }) => overlapOf(answer, prediction));
  const score = (
    name: string,
    value: (overlap: Overlap) => number,
    belongs: (question: AnsweredQuestion) => boolean = () => true,
  ): QuestionScore => {
    const fields: SignatureField[] = [
      ['tok', 'vqa-v2-words'],
      ['kind', name.endsWith('-open') ? 'open' : 'all'],
    ];
    return averageQuestions(name, fields, questions, overlaps.map(value), ({ answer }) => answer, options, belongs);
  };
  return {
    'token-F1': score('token-F1', f1),
    'token-recall-open': score('token-recall-open', recall, ({ kind }) => kind === 'open'),
    'BLEU-1': score('BLEU-1', bleu1),
  };
}

interface Overlap {
  readonly common: number;
  readonly answer: number;
  readonly prediction: number;
}

function overlapOf(answer: string, prediction: string): Overlap {
  const wanted = wordsOf(answer);
  const given = wordsOf(prediction);
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    common++;
    left.set(word, count - 1);
  }
  return { common, answer: wanted.length, prediction: given.length };
}

function wordsOf(text: string): string[] {
  const normalised = normaliseAnswer(text);
  return normalised === '' ? [] : normalised.split(' ');
}

function f1({ common, answer, prediction }: Overlap): number {
  if (answer === 0 && prediction === 0) return 1;
  return (2 * common) / (answer + prediction);
}

function recall({ common, answer, prediction }: Overlap): number {
  if (answer === 0) return prediction === 0 ? 1 : 0;
  return common / answer;
}

function bleu1({ common, answer, prediction }: Overlap): number {
  if (prediction === 0) return answer === 0 ? 1 : 0;
  const penalty = prediction < answer ? exponential(1 - answer / prediction) : 1;
  return (penalty * common) / prediction;
}
