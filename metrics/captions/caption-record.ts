/**
 * The input of every caption metric: one image with its references and the caption to be scored, as plain text.
 * `checkCaptionRecords` refuses what the metrics cannot score, naming the record; nothing is dropped silently.
 */
import { MetricError } from '../errors.js';
import { requireCaptionLength } from '../tokenise/caption-length.js';

export interface CaptionRecord {
  readonly imageId: string;
  readonly references: readonly string[];
  readonly candidate: string;
}

/** @throws MetricError `no-images`, `duplicate-image`, `no-references`, `not-a-string` or `caption-too-long`. */
export function checkCaptionRecords(records: readonly CaptionRecord[]): void {
  if (records.length === 0) {
    throw new MetricError({
      code: 'no-images',
      what: 'there is no image to score',
      expected: 'at least one image with a candidate and references',
      fix: 'check that the files hold records and that the split is the one you mean',
    });
  }
  const seen = new Set<string>();
  for (const { imageId, references, candidate } of records) {
    if (seen.has(imageId)) {
      throw new MetricError({
        code: 'duplicate-image',
        what: `image ${imageId} occurs twice`,
        where: `image ${imageId}`,
        expected: 'one record per image',
        fix: 'keep one record for the image',
      });
    }
    seen.add(imageId);
    if (references.length === 0) {
      throw new MetricError({
        code: 'no-references',
        what: `image ${imageId} has no reference caption`,
        where: `image ${imageId}`,
        expected: 'at least one reference caption',
        fix: 'add its references or leave the image out of both files',
      });
    }
    requireText(candidate, imageId, 'candidate');
    for (let index = 0; index < references.length; index++) {
      requireText(references[index], imageId, `references[${index}]`);
    }
  }
}

function requireText(value: unknown, imageId: string, field: string): void {
  if (typeof value === 'string') {
    requireCaptionLength(value, `image ${imageId}, ${field}`);
    return;
  }
  throw new MetricError({
    code: 'not-a-string',
    what: `the caption is ${value === null ? 'null' : `a ${typeof value}`}, not text`,
    where: `image ${imageId}, ${field}`,
    expected: 'a string',
    fix: 'write the caption as a string; an empty string is allowed',
  });
}
