/**
 * `result.json`: what a finished run came to. It holds only what the run's identity decides (no time, no path, no machine), so the
 * same run has the same file, byte for byte, wherever and however often it was interrupted. It is written last.
 */
import { z } from 'zod';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { readJson } from '../files/read-input.js';
import { existsAnew } from '../files/seen-anew.js';
import { measureIds } from '../measures/measures.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const resultSchema = z.strictObject({
  /** 1 before `digests.json` closed the record. */
  schemaVersion: z.union([z.literal(1), z.literal(2)]),
  runId: z.string(),
  /** Every measure with how it was computed. */
  scores: z.partialRecord(z.enum(measureIds), z.strictObject({ value: z.number(), signature: z.string() })),
  /** The best constant caption of each style that captions are held against. */
  constantCaptions: z.partialRecord(z.enum(['ai-captions', 'human-captions']), z.string()).exactOptional(),
  steps: z.int(),
  /** Sequence tokens seen in training, padding excluded. */
  tokens: z.int(),
  parameters: z.int(),
  /** SHA-256 of `weights.safetensors` and of `predictions.jsonl`. */
  weights: digest,
  predictions: digest,
});

export type RunResult = z.infer<typeof resultSchema>;

/** The content of `result.json`. */
export function resultText(result: RunResult): string {
  const checksum = sha256(canonicalJson(result));
  return `${JSON.stringify({ ...JSON.parse(canonicalJson(result)), checksum }, null, 2)}\n`;
}

/**
 * The result in `file`, or undefined if the run has not finished.
 * @throws UserError `record-corrupt` when the file is not what `writeResult` wrote
 */
export function readResult(file: string): RunResult | undefined {
  if (!existsAnew(file)) return undefined;
  try {
    const { checksum, ...result } = z.looseObject({ checksum: digest }).parse(readJson(file));
    if (sha256(canonicalJson(result)) === checksum) return resultSchema.parse(result);
  } catch {
    // Not JSON, or not of this shape: the one error below says all that matters.
  }
  throw new UserError({
    code: 'record-corrupt',
    what: 'the result of a finished run is damaged: its content does not match its checksum',
    where: file,
    fix: 'delete the folder of this run and run again; it will be trained anew',
  });
}
