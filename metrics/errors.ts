/**
 * The errors of the metrics: one class, told apart by a literal `code`, with the record that caused it.
 * The harness adds the file and prints them; a library user can switch on `code`.
 */

export type MetricErrorCode =
  | 'no-images'
  | 'duplicate-image'
  | 'missing-prediction'
  | 'unknown-image'
  | 'no-references'
  | 'not-a-string'
  | 'caption-too-long'
  | 'not-a-number'
  | 'duplicate-question'
  | 'no-questions'
  | 'bad-answer-kind'
  | 'bad-document-frequencies'
  | 'signature-mismatch'
  | 'unknown-metric'
  | 'bad-option';

export interface MetricErrorDetail {
  readonly code: MetricErrorCode;
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** The record and field, for example `image 42, references[3]`. */
  readonly where?: string;
  readonly expected?: string;
  /** What the user can do about it. */
  readonly fix: string;
}

export class MetricError extends Error {
  readonly code: MetricErrorCode;
  readonly detail: MetricErrorDetail;

  constructor(detail: MetricErrorDetail) {
    super(detail.where === undefined ? detail.what : `${detail.where}: ${detail.what}`);
    this.name = 'MetricError';
    this.code = detail.code;
    this.detail = detail;
  }
}
