/**
 * `evaluation.json`: the record of an evaluation, everything its page says but the samples. Beside it lie `scores.json` (the scores of
 * every image, for `gate` and `compare`), the log of the answers, and the answers as other tools read them.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { UserError } from '../errors.js';
import { readJson } from '../files/read-input.js';
import { existsAnew } from '../files/seen-anew.js';

const EVALUATION_FORMAT = 'vlm-bench evaluation 1';

const count = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const evaluationSchema = z.strictObject({
  format: z.literal(EVALUATION_FORMAT),
  /** `failures-allowed`: some items have no answer that can be scored, and the user allowed so many; `incomplete`: more than that. */
  status: z.enum(['complete', 'failures-allowed', 'incomplete']),
  benchmark: z.strictObject({
    id: z.string(),
    version: z.int().min(1),
    variant: z.string(),
    title: z.string(),
    task: z.enum(['captions', 'questions']),
    prompt: z.string(),
    maximumTokens: z.int().min(1),
    cutAnswers: z.enum(['failure', 'scored']),
    postProcessing: z.array(z.string()),
    notComparable: z.string().exactOptional(),
  }),
  data: z.strictObject({ name: z.string(), split: z.string(), fingerprint: z.string() }),
  model: z.strictObject({
    label: z.string(),
    kind: z.enum(['record', 'hf', 'command', 'http', 'predictions']),
    name: z.string(),
    weights: digest.exactOptional(),
    version: z.string().exactOptional(),
    /** What the answerer itself said that it was. */
    reported: z.string().exactOptional(),
  }),
  items: z.strictObject({
    /** Of the whole split. */
    total: count,
    /** That were to be answered: all, or as many as --limit says. */
    chosen: count,
    /** Seed of the choice, where not all were chosen. */
    limitSeed: count.exactOptional(),
  }),
  /** Outcomes: `text` whole answers, `cut` at the maximum, the others without a text. */
  outcomes: z.strictObject({ text: count, cut: count, refused: count, filtered: count, failed: count }),
  /** Whole answers without a character. */
  emptyTexts: count,
  /** Items that no score counts. */
  unscored: count,
  allowedShare: z.number().min(0).max(1),
  /** The first reasons of failures, with how often each occurred. */
  failures: z.array(z.strictObject({ reason: z.string(), times: count })),
  scores: z.array(
    z.strictObject({
      name: z.string(),
      score: z.number(),
      ci95: z.tuple([z.number(), z.number()]).exactOptional(),
      questions: count.exactOptional(),
      signature: z.string(),
    }),
  ),
  /** Over the answers that say it. */
  latency: z
    .strictObject({ answers: count, medianMilliseconds: z.number(), percentile95Milliseconds: z.number() })
    .exactOptional(),
  tokens: z
    .strictObject({
      answers: count,
      prompt: count,
      completion: count,
      medianCompletion: z.number(),
      percentile95Completion: z.number(),
    })
    .exactOptional(),
  /** In the currency of the prices per million tokens. */
  cost: z.strictObject({ prompt: z.number(), completion: z.number(), total: z.number() }).exactOptional(),
  /** Whether the model was trained on data that shares images with the benchmark. */
  overlap: z.strictObject({ known: z.enum(['yes', 'no', 'unknown']), why: z.string() }),
  /** The same asked again: how often the answer was the same, letter by letter. */
  repeated: z.strictObject({ items: count, times: z.int().min(2), equal: count }).exactOptional(),
  /** The log that the answers are in, below the folder. */
  log: z.string(),
});

export type EvaluationRecord = z.infer<typeof evaluationSchema>;

export const evaluationPaths = (folder: string) => ({
  record: join(folder, 'evaluation.json'),
  scores: join(folder, 'scores.json'),
  answers: join(folder, 'answers.jsonl'),
  cocoResults: join(folder, 'coco-results.json'),
  page: join(folder, 'index.html'),
  /** What the page shows, from which a site renders it again. */
  pageView: join(folder, 'page.json'),
  logs: join(folder, 'logs'),
  lock: join(folder, 'lock'),
});

export function writeEvaluation(folder: string, record: EvaluationRecord): void {
  writeFileAtomically(evaluationPaths(folder).record, `${JSON.stringify(record, null, 2)}\n`);
}

/** Whether a folder holds an evaluation. */
export const isEvaluation = (folder: string): boolean => existsAnew(evaluationPaths(folder).record);

/** @throws UserError `record-corrupt` */
export function readEvaluation(folder: string): EvaluationRecord {
  const { record } = evaluationPaths(folder);
  const parsed = evaluationSchema.safeParse(readJson(record));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError({
    code: 'record-corrupt',
    what: 'the record of the evaluation is damaged, or of another version',
    where: `${record}, ${issue!.path.join('.')}`,
    expected: 'the file as `vlm-bench evaluate` wrote it',
    fix: 'run the same evaluation again: its answers are kept',
  });
}
