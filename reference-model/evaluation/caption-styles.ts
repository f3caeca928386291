/** Which captions an evaluation asks for, known without a model. */
import type { DescribedImage } from '../data/dataset.js';
import type { CaptionSource } from '../recipe/recipe.js';

/** The styles in which the images are described, in the order of a record. */
export function captionStylesOf(samples: readonly DescribedImage[]): readonly CaptionSource[] {
  const styles: CaptionSource[] = [];
  if (samples.some(({ aiCaptions }) => aiCaptions.length > 0)) styles.push('ai-captions');
  if (samples.some(({ humanCaptions }) => humanCaptions.length > 0)) styles.push('human-captions');
  return styles;
}
