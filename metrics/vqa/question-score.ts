/**
 * Averages scores of questions, with a signature and, on request, a bootstrap interval that resamples whole images:
 * questions about one image are not independent.
 */
import { bootstrapStatistics } from '../bootstrap/bootstrap-statistic.js';
import type { BootstrapOptions, Interval } from '../bootstrap/interval.js';
import { MetricError } from '../errors.js';
import { formatFingerprint, HIGH_SEED, hashString, LOW_SEED, mix } from '../numerics/fingerprint.js';
import { formatSignature, type SignatureField } from '../signature.js';
import { subsetFields } from '../subset.js';

export interface QuestionIdentity {
  readonly questionId: string;
  /** Absent where nobody knows it. */
  readonly imageId?: string;
}

export interface QuestionScore {
  /** Mean over the questions, 0–1; `undefined` where there is none. */
  readonly score: number | undefined;
  readonly questions: number;
  readonly signature: string;
  readonly ci95?: Interval;
}

export interface AveragingOptions {
  /** Name of the split, for the signature. */
  readonly split?: string | undefined;
  /** Number and fingerprint of the questions where they are not all, for the signature. */
  readonly subset?: string | undefined;
  /** Adds a 95 % interval, clustered by image. */
  readonly bootstrap?: BootstrapOptions | undefined;
}

/** Mean of `values` over the questions that `belongs` accepts; `identity` holds the text that tells questions apart. */
export function averageQuestions<Question extends QuestionIdentity>(
  name: string,
  fields: readonly SignatureField[],
  questions: readonly Question[],
  values: ArrayLike<number>,
  identity: (question: Question) => string,
  { split, subset, bootstrap }: AveragingOptions,
  belongs: (question: Question) => boolean = () => true,
): QuestionScore {
  const clusters = new Map<string, number>();
  const sums: number[] = [];
  const counts: number[] = [];
  let knowsImages = true;
  let total = 0;
  let count = 0;
  let low = 0;
  let high = 0;
  questions.forEach((question, index) => {
    if (!belongs(question)) return;
    // Questions without an image are clusters of their own; no image can be called after one.
    const image = question.imageId ?? `\0${question.questionId}`;
    knowsImages &&= question.imageId !== undefined;
    let cluster = clusters.get(image);
    if (cluster === undefined) {
      cluster = clusters.size;
      clusters.set(image, cluster);
      sums.push(0);
      counts.push(0);
    }
    sums[cluster]! += values[index]!;
    counts[cluster]!++;
    total += values[index]!;
    count++;
    const text = identity(question);
    low = (low + hashQuestion(question, text, LOW_SEED)) | 0;
    high = (high + hashQuestion(question, text, HIGH_SEED)) | 0;
  });
  const signature = formatSignature(name, [
    ...fields,
    ['images', knowsImages ? clusters.size : 'unknown'],
    ['questions', `${count}@${formatFingerprint({ high, low })}`],
    ['split', split ?? 'all'],
    ...subsetFields(subset),
  ]);
  if (count === 0) return { score: undefined, questions: 0, signature };
  const score = total / count;
  if (bootstrap === undefined) return { score, questions: count, signature };
  const columns = [
    { values: sums, integers: sums.every(Number.isInteger) },
    { values: counts, integers: true },
  ];
  const ratio = { columns: [0, 1], compute: ([sum, number]: readonly number[]) => sum! / number! };
  const [ci95] = bootstrapStatistics(columns, clusters.size, [ratio], bootstrap);
  return { score, questions: count, signature, ci95: ci95! };
}

function hashQuestion({ questionId, imageId }: QuestionIdentity, text: string, seed: number): number {
  return mix(mix(hashString(questionId, seed), hashString(imageId ?? '', seed)), hashString(text, seed));
}

/** @throws MetricError `no-questions` or `duplicate-question`. */
export function checkQuestionIdentities(questions: readonly QuestionIdentity[]): void {
  if (questions.length === 0) {
    throw new MetricError({
      code: 'no-questions',
      what: 'there is no question to score',
      expected: 'at least one question with an answer and a prediction',
      fix: 'check that the files hold records and that the split is the one you mean',
    });
  }
  const seen = new Set<string>();
  for (const { questionId } of questions) {
    if (seen.has(questionId)) {
      throw new MetricError({
        code: 'duplicate-question',
        what: `question ${questionId} occurs twice`,
        where: `question ${questionId}`,
        expected: 'one record per question',
        fix: 'keep one record for the question',
      });
    }
    seen.add(questionId);
  }
}

/** @throws MetricError `not-a-string`. */
export function requireAnswerText(value: unknown, field: string, questionId: string): void {
  if (typeof value === 'string') return;
  throw new MetricError({
    code: 'not-a-string',
    what: `the ${field} is ${value === null ? 'null' : `a ${typeof value}`}, not text`,
    where: `question ${questionId}, ${field}`,
    expected: 'a string',
    fix: 'write it as a string; an empty string is allowed',
  });
}
