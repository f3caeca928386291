/**
 * A 64-bit fingerprint of strings, sequences and multisets, kept as two 32-bit lanes.
 * It detects that two reference sets or document frequencies differ by accident; it is no defence against an adversary.
 * Multisets are summed, so that the order of images and of references does not matter.
 */

export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/** One lane: multiply–xor mixing of 32-bit words (the finaliser of MurmurHash3, public domain). */
export function mix(lane: number, word: number): number {
  let hash = Math.imul(lane ^ word, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

export const LOW_SEED = 0x2545f491;
export const HIGH_SEED = 0x6c62272e;

/** One lane over the UTF-16 code units of a string. */
export function hashString(text: string, seed: number): number {
  let lane = mix(seed, text.length);
  for (let index = 0; index < text.length; index++) lane = mix(lane, text.charCodeAt(index) + 0x9e3779b9);
  return lane;
}

export function formatFingerprint({ high, low }: Fingerprint): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}
