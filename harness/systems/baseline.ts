/**
 * The baseline that users commit: the accepted scores of every image with what was said, how it was scored, the metric and margin that
 * gate, and who accepted it when and why. One image per line, sorted keys and a checksum against edits by hand.
 */
import { z } from 'zod';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { readJsonFile } from '../score/rows.js';
import { documentText, headerOf, scoresHeaderShape, splitDocument, systemOfDocument } from './scores-document.js';
import type { System } from './system.js';

export const BASELINE_FORMAT = 'vlm-bench baseline 1';

const acceptanceSchema = z.strictObject({
  by: z.string().min(1),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  reason: z.string().min(1),
  /** Name of the system that was accepted. */
  candidate: z.string(),
  /** Commit of the repository that the baseline was accepted in. */
  commit: z.string().optional(),
  metric: z.string(),
  /** Mean score of its records. */
  score: z.number(),
});

const marginSchema = z.strictObject({
  value: z.number().nonnegative(),
  /** Where it comes from, in words. */
  origin: z.string(),
});

const headerSchema = z.strictObject({
  format: z.literal(BASELINE_FORMAT),
  /** SHA-256 of the canonical JSON of everything else. */
  checksum: z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 that `vlm-bench gate accept` wrote'),
  /** The metric that gates. */
  metric: z.string(),
  margin: marginSchema,
  /** Number and fingerprint of the references or questions. */
  references: z.string().optional(),
  /** Every acceptance, the first one first. */
  accepted: z.array(acceptanceSchema).min(1),
  ...scoresHeaderShape,
});

export type Acceptance = z.infer<typeof acceptanceSchema>;
export type Margin = z.infer<typeof marginSchema>;

export interface Baseline {
  readonly system: System;
  /** Name of the metric that gates. */
  readonly metric: string;
  readonly margin: Margin;
  /** The first one first; the last one is the one in force. */
  readonly accepted: readonly Acceptance[];
}

/** @throws UserError `file-unreadable`, `data-invalid` or `score-invalid` */
export async function readBaseline(file: string): Promise<Baseline> {
  const document = await readJsonFile(file);
  const format =
    typeof document === 'object' && document !== null && 'format' in document ? document.format : undefined;
  if (format === BASELINE_FORMAT) return parseBaseline(document, file);
  throw new UserError({
    code: 'data-invalid',
    what: 'the file is not a baseline',
    where: file,
    expected: `"format": ${JSON.stringify(BASELINE_FORMAT)}`,
    fix: 'write it with `vlm-bench gate accept`',
  });
}

/** @throws UserError as `readBaseline` */
export function parseBaseline(document: unknown, file: string): Baseline {
  const { header, images } = splitDocument(document, headerSchema, file);
  const { format: _, checksum, metric, margin, references: __, accepted, ...scores } = header;
  if (checksumOf(document as object) !== checksum) {
    throw new UserError({
      code: 'data-invalid',
      what: 'the baseline was changed after it was accepted: its content does not match its checksum',
      where: file,
      expected: 'the file as `vlm-bench gate accept` wrote it',
      fix: 'restore it from version control, or delete it and accept a candidate anew',
    });
  }
  const system = systemOfDocument(scores, images, file);
  if (!system.metrics.some(({ name }) => name === metric)) {
    throw new UserError({
      code: 'data-invalid',
      what: `the baseline gates on ${metric}, which it does not hold`,
      where: `${file}, metric`,
      expected: `one of ${system.metrics.map(({ name }) => name).join(', ')}`,
      fix: 'accept a candidate anew',
    });
  }
  return { system, metric, margin, accepted };
}

/** Writes or replaces the baseline in one step. */
export function writeBaseline(file: string, baseline: Baseline): void {
  writeFileAtomically(file, baselineText(baseline));
}

/** The bytes of a baseline; equal baselines have equal bytes. */
export function baselineText({ system, metric, margin, accepted }: Baseline): string {
  const references = referencesOf(system.metrics.find(({ name }) => name === metric)!.signature);
  const header = { metric, margin, references, accepted, ...headerOf(system) };
  const text = (checksum: string) =>
    documentText({ format: BASELINE_FORMAT, checksum, ...header }, system, { references: false });
  return text(checksumOf(JSON.parse(text('')) as object));
}

function checksumOf(document: object): string {
  const { checksum: _, ...content } = document as { checksum?: unknown };
  return sha256(canonicalJson(content));
}

/** Number and fingerprint of the references (or questions) that a signature of this package names, and of the part that was scored. */
export function referencesOf(signature: string): string | undefined {
  const references = /\|(?:references|questions):([^|]+)/.exec(signature)?.[1];
  const subset = /\|subset:([^|]+)/.exec(signature)?.[1];
  return references === undefined || subset === undefined ? references : `${references}, subset ${subset}`;
}
