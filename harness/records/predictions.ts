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

const predictionSchema = z.discriminatedUnion('type', [caption, answer]);

export type CaptionPrediction = z.infer<typeof caption>;
export type AnswerPrediction = z.infer<typeof answer>;
export type Prediction = CaptionPrediction | AnswerPrediction;

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
