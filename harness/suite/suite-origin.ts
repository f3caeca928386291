/** Where a suite comes from: its files and their digests, and the pilot beside it. */
import type { Pilot } from './pilot-schema.js';

export interface SuiteOrigin {
  /** Absolute paths: the suite, what it extends, and its pilot. */
  readonly files: readonly string[];
  /** SHA-256 over the texts of the suite and of what it extends. */
  readonly suite: string;
  readonly pilot?: {
    /** SHA-256 of the text. */
    readonly digest: string;
    readonly content: Pilot;
  };
}
