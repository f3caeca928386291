/**
 * Identifies a set of references by image and tokens, whatever the order of images and of references,
 * so that scores against different references are never compared.
 */
import { formatFingerprint, HIGH_SEED, hashString, LOW_SEED, mix } from '../numerics/fingerprint.js';
import type { EncodedCaptions } from './encoded-captions.js';

/** Sixteen hexadecimal digits over image identifiers and reference tokens. */
export function fingerprintReferences(encoded: EncodedCaptions): string {
  const { table, imageIds, captionStart, wordStart, longest } = encoded;
  const wordLow = new Int32Array(table.size);
  const wordHigh = new Int32Array(table.size);
  let low = 0;
  let high = 0;
  for (let image = 0; image < imageIds.length; image++) {
    const imageLow = hashString(imageIds[image]!, LOW_SEED);
    const imageHigh = hashString(imageIds[image]!, HIGH_SEED);
    for (let caption = captionStart[image]! + 1; caption < captionStart[image + 1]!; caption++) {
      let captionLow = imageLow;
      let captionHigh = imageHigh;
      for (let index = wordStart[caption]!; index < wordStart[caption + 1]!; index++) {
        const word = table.firstWordOf(longest[index]!);
        if (wordLow[word] === 0 && wordHigh[word] === 0) {
          wordLow[word] = hashString(table.textOf(word), LOW_SEED);
          wordHigh[word] = hashString(table.textOf(word), HIGH_SEED);
        }
        captionLow = mix(Math.imul(captionLow, 31), wordLow[word]!);
        captionHigh = mix(Math.imul(captionHigh, 37), wordHigh[word]!);
      }
      low = (low + mix(captionLow, 1)) | 0;
      high = (high + mix(captionHigh, 1)) | 0;
    }
  }
  return formatFingerprint({ high, low });
}
