/**
 * Accuracy of answers to yes/no and open questions: exact match after the normalisation of the VQA v2 evaluation,
 * by kind and overall. Nothing is matched by substring ("normal" holds "no"), and every answer counts.
 */
import { MetricError } from '../errors.js';
import { formatFingerprint, HIGH_SEED, hashString, LOW_SEED, mix } from '../numerics/fingerprint.js';
import { formatSignature } from '../signature.js';
import { normaliseAnswer } from './official-normalisation.js';

export interface AnsweredQuestion {
  readonly questionId: string;
  readonly imageId: string;
  readonly answer: string;
  readonly prediction: string;
  readonly kind: 'yes/no' | 'open';
}

export interface Accuracy {
  /** Share of right answers, 0–1; `undefined` where there is no question of the kind. */
  readonly score: number | undefined;
  readonly questions: number;
  readonly signature: string;
}

export interface AnswerAccuracies {
  readonly 'yes/no': Accuracy;
  readonly open: Accuracy;
  readonly overall: Accuracy;
  /** 1 where right, else 0, in the order of the questions. */
  readonly perQuestion: Uint8Array;
}

/**
 * Exact-match accuracy of `questions`.
 * @throws MetricError `no-questions`, `duplicate-question`, `not-a-string` or `bad-answer-kind`.
 */
export function scoreAnswers(
  questions: readonly AnsweredQuestion[],
  { split }: { readonly split?: string } = {},
): AnswerAccuracies {
  checkQuestions(questions);
  const perQuestion = Uint8Array.from(questions, ({ answer, prediction }) =>
    normaliseAnswer(answer) === normaliseAnswer(prediction) ? 1 : 0,
  );
  const accuracy = (name: string, belongs: (question: AnsweredQuestion) => boolean): Accuracy => {
    let right = 0;
    let count = 0;
    let low = 0;
    let high = 0;
    const images = new Set<string>();
    questions.forEach((question, index) => {
      if (!belongs(question)) return;
      right += perQuestion[index]!;
      count++;
      images.add(question.imageId);
      low = (low + hashQuestion(question, LOW_SEED)) | 0;
      high = (high + hashQuestion(question, HIGH_SEED)) | 0;
    });
    const signature = formatSignature(name, [
      ['match', 'exact'],
      ['normalise', 'vqa-v2'],
      ['images', images.size],
      ['questions', `${count}@${formatFingerprint({ high, low })}`],
      ['split', split ?? 'all'],
    ]);
    return { score: count === 0 ? undefined : right / count, questions: count, signature };
  };
  return {
    'yes/no': accuracy('accuracy-yes/no', (question) => question.kind === 'yes/no'),
    open: accuracy('accuracy-open', (question) => question.kind === 'open'),
    overall: accuracy('accuracy-overall', () => true),
    perQuestion,
  };
}

function hashQuestion({ questionId, imageId, answer }: AnsweredQuestion, seed: number): number {
  return mix(mix(hashString(questionId, seed), hashString(imageId, seed)), hashString(answer, seed));
}

function checkQuestions(questions: readonly AnsweredQuestion[]): void {
  if (questions.length === 0) {
    throw new MetricError({
      code: 'no-questions',
      what: 'there is no question to score',
      expected: 'at least one question with an answer and a prediction',
      mend: 'check that the files hold records and that the split is the one you mean',
    });
  }
  const seen = new Set<string>();
  for (const { questionId, answer, prediction, kind } of questions) {
    const where = `question ${questionId}`;
    if (seen.has(questionId)) {
      throw new MetricError({
        code: 'duplicate-question',
        what: `question ${questionId} occurs twice`,
        where,
        expected: 'one record per question',
        mend: 'keep one record for the question',
      });
    }
    seen.add(questionId);
    for (const [field, value] of Object.entries({ answer, prediction })) {
      if (typeof value === 'string') continue;
      throw new MetricError({
        code: 'not-a-string',
        what: `the ${field} is ${value === null ? 'null' : `a ${typeof value}`}, not text`,
        where: `${where}, ${field}`,
        expected: 'a string',
        mend: 'write it as a string; an empty string is allowed',
      });
    }
    if (kind !== 'yes/no' && kind !== 'open') {
      throw new MetricError({
        code: 'bad-answer-kind',
        what: `the kind is ${JSON.stringify(kind)}`,
        where: `${where}, kind`,
        expected: '"yes/no" or "open"',
        mend: 'name one of the two kinds',
      });
    }
  }
}
