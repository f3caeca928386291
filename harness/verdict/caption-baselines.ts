/**
 * Whether captions owe anything to the images: each run's, image by image, against the best constant caption and against its own captions of
 * other images, with paired bootstrap intervals over the images. Computed from records alone.
 */
import type { CaptionSource } from '../../reference-model/recipe/recipe.js';
import type { CaptionPrediction, Prediction } from '../records/predictions.js';
import type { RunResult } from '../records/result.js';
import { exchangedImages } from '../score/caption-baselines.js';
import { scoreCaptionRecords } from '../score/score-captions.js';
import { type ImageDifference, pairedImageDifference } from '../statistics/paired-images.js';

/** The captions less what they are held against. */
export interface HeldAgainst {
  /** CIDEr-D of what they are held against. */
  readonly score: number;
  readonly difference: ImageDifference;
}

export interface HeldCaptions {
  readonly style: CaptionSource;
  readonly images: number;
  readonly score: number;
  readonly constantCaption: string;
  readonly constant: HeldAgainst;
  readonly exchanged: HeldAgainst;
}

/** None where the run was not asked to hold its captions against anything. */
export function heldCaptions(
  predictions: readonly Prediction[],
  { constantCaptions = {} }: Pick<RunResult, 'constantCaptions'>,
): readonly HeldCaptions[] {
  return (Object.entries(constantCaptions) as [CaptionSource, string][]).flatMap(([style, constantCaption]) => {
    const captions = predictions.filter(
      (prediction): prediction is CaptionPrediction => prediction.type === 'caption' && prediction.style === style,
    );
    if (captions.length < 2) return [];
    const own = Float64Array.from(captions, ({ score }) => score);
    const others = exchangedImages(captions.length);
    const against = (candidateOf: (image: number) => string): HeldAgainst => {
      const records = captions.map(({ imageId, references }, image) => ({
        imageId,
        references,
        candidate: candidateOf(image),
      }));
      const { score, perImage } = scoreCaptionRecords(records, ['CIDEr-D'], {}).scores.get('CIDEr-D')!;
      return { score, difference: pairedImageDifference(own, perImage) };
    };
    return [
      {
        style,
        images: captions.length,
        score: own.reduce((sum, value) => sum + value, 0) / own.length,
        constantCaption,
        constant: against(() => constantCaption),
        exchanged: against((image) => captions[others[image]!]!.text),
      },
    ];
  });
}
