/** Names a part of the images or questions of a set of references, so that scores are compared only over the same part. */
import { formatFingerprint, HIGH_SEED, hashString, LOW_SEED, mix } from './numerics/fingerprint.js';
import type { SignatureField } from './signature.js';

/** Number, total and fingerprint of the chosen identifiers, whatever their order: `4-of-6@0123456789abcdef`. */
export function fingerprintSubset(chosen: readonly string[], total: number): string {
  let low = 0;
  let high = 0;
  for (const id of chosen) {
    low = (low + mix(hashString(id, LOW_SEED), 1)) | 0;
    high = (high + mix(hashString(id, HIGH_SEED), 1)) | 0;
  }
  return `${chosen.length}-of-${total}@${formatFingerprint({ high, low })}`;
}

/** The field of a signature; absent where all were scored. */
export function subsetFields(subset: string | undefined): readonly SignatureField[] {
  return subset === undefined ? [] : [['subset', subset]];
}
