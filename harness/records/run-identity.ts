/** What makes a run that run: two runs with the same identity must end with the same bits, so only one is ever trained. */

import { sha256 } from '../../reference-model/files/hashing.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { canonicalJson } from '../files/canonical-json.js';

export interface RunIdentity {
  readonly config: RunConfig;
  readonly dataFingerprint: string;
  /** `PretrainedParts.fingerprint` of the weights that it starts from; absent where these are the package's own, or random. */
  readonly weights?: string;
  readonly codeVersion: string;
  /** `Engine.numerics`. */
  readonly engineNumerics: string;
}

/** 20 hexadecimal digits of SHA-256 over the canonical JSON of the identity. */
export function runIdOf({ config, dataFingerprint, weights, codeVersion, engineNumerics }: RunIdentity): string {
  const started = weights === undefined ? {} : { weights };
  return sha256(canonicalJson({ config, dataFingerprint, ...started, codeVersion, engineNumerics })).slice(0, 20);
}
