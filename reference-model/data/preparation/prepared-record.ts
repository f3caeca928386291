/** What stands beside an image in a prepared shard: all texts of the opened data set, so that reading it back gives the same samples. */
import { z } from 'zod';
import type { Place } from '../layouts/content.js';
import { refusal } from '../layouts/fields.js';
import type { IndexedConversation, IndexedSample } from '../source.js';

const texts = z.array(z.string());
const pixels = z.int().positive();

const question = z.strictObject({
  questionId: z.string(),
  question: z.string(),
  answer: z.string(),
  kind: z.enum(['yes/no', 'open']),
  questionType: z.string().exactOptional(),
  answers: texts.exactOptional(),
});
const turn = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  parts: z.array(z.union([z.string(), z.strictObject({ image: z.int().min(0) })])),
});
const conversation = z.strictObject({ conversationId: z.string(), imageIds: texts, turns: z.array(turn) });

const schema = z.looseObject({
  /** Version of this layout. */
  prepared: z.literal(1),
  sample: z
    .strictObject({
      imageId: z.string().min(1),
      humanCaptions: texts,
      aiCaptions: texts,
      questions: z.array(question),
      size: z.strictObject({ width: pixels, height: pixels }).exactOptional(),
    })
    .exactOptional(),
  /** Conversations whose first image this is, or that are about none. */
  conversations: z.array(conversation),
});

export interface PreparedRecord {
  readonly sample?: IndexedSample;
  readonly conversations: readonly IndexedConversation[];
}

export function isPreparedRecord(fields: object): boolean {
  return Object.hasOwn(fields, 'prepared');
}

/** @throws InputError naming the record and the field */
export function readPreparedRecord(value: unknown, where: Place): PreparedRecord {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    const { sample, conversations } = parsed.data;
    return { ...(sample === undefined ? {} : { sample }), conversations };
  }
  const issue = parsed.error.issues[0]!;
  throw refusal(`${issue.path.map(String).join('.')}: ${issue.message}`, where, 'a record of `vlm-bench data prepare`');
}

/** JSON of the record; equal samples give equal bytes. */
export function preparedJson({ sample, conversations }: PreparedRecord): Buffer {
  return Buffer.from(JSON.stringify({ prepared: 1, ...(sample === undefined ? {} : { sample }), conversations }));
}
