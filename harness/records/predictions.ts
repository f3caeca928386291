/**
 * `predictions.jsonl`: everything the trained model said about the evaluation split, beside what was expected and the score of
 * each, so that every score can be recomputed from the record alone.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readWholeLines } from '../files/read-input.js';

const caption = z.strictObject({
  type: z.literal('caption'),
  /** Which captions it was asked to imitate, and is compared with. */
  style: z.enum(['ai-captions', 'human-captions']),
  imageId: z.string(),
  prompt: z.string(),
  text: z.string(),
  references: z.array(z.string()),
  /** CIDEr-D of this image against `references`. */
  score: z.number(),
});

const answer = z.strictObject({
  type: z.literal('answer'),
  questionId: z.string(),
  imageId: z.string(),
  kind: z.enum(['yes/no', 'open']),
  /** What the question is about, where the data set says so. */
  questionType: z.string().exactOptional(),
  question: z.string(),
  expected: z.string(),
  text: z.string(),
  correct: z.boolean(),
});

/** A reference that was given to the model token by token; see `ForcedAnswer`. */
const forced = z.strictObject({
  type: z.literal('teacher-forced'),
  source: z.enum(['ai-captions', 'questions']),
  imageId: z.string(),
  /** Of a question, as of an answer. */
  questionId: z.string().exactOptional(),
  kind: z.enum(['yes/no', 'open']).exactOptional(),
  questionType: z.string().exactOptional(),
  prompt: z.string(),
  expected: z.string(),
  /** Whether the model ranked every token first, the end token included. */
  exact: z.boolean(),
  /** In nats, over all tokens of the reference, the end token included. */
  loss: z.number(),
  tokens: z.int(),
});

const predictionSchema = z.discriminatedUnion('type', [caption, answer, forced]);

export type CaptionPrediction = z.infer<typeof caption>;
export type AnswerPrediction = z.infer<typeof answer>;
export type ForcedPrediction = z.infer<typeof forced>;
export type Prediction = CaptionPrediction | AnswerPrediction | ForcedPrediction;
/** What the model said of itself. */
export type SpokenPrediction = Exclude<Prediction, ForcedPrediction>;

export const isSpoken = (prediction: Prediction): prediction is SpokenPrediction =>
  prediction.type !== 'teacher-forced';

export function predictionsText(predictions: readonly Prediction[]): string {
  return predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join('');
}

/**
 * Call on a file whose digest the result has confirmed: its bytes are ours, so the lines need no scan for what strangers write.
 * @throws UserError `record-corrupt` naming the line
 */
export function readPredictions(file: string): readonly Prediction[] {
  const lines = readWholeLines(file);
  return lines.map((line, index) => {
    try {
      return predictionSchema.parse(JSON.parse(line));
    } catch (cause) {
      const where = `${file}:${index + 1}`;
      const fix = 'delete the folder of this run and run again; it will be trained anew';
      throw new UserError({ code: 'record-corrupt', what: 'this line is not a prediction', where, fix }, { cause });
    }
  });
}
