/** What captions owe to the images: each run beside the best constant caption and beside its own captions of other images. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import type { FindingReportView } from '../finding-report-view.js';
import type { HeldAgainstView } from '../learning-view.js';
import { formatCount, formatFixed, formatInterval, formatLevel, formatSigned } from '../numbers.js';

/** CIDEr-D of models that learn from little lies close to 0. */
const DECIMALS = 3;

export function captionBaselinesSection(
  { captionBaselines = [] }: FindingReportView,
  styles: ReadonlyMap<string, ArmStyle>,
) {
  const [first] = captionBaselines;
  if (first === undefined) return { shown: false };
  return {
    shown: true,
    level: formatLevel(first.constant.level),
    images: formatCount(first.images),
    rows: captionBaselines.map(({ arm, seed, captions, score, constantCaption, constant, exchanged }) => ({
      arm: styleOf(styles, arm).label,
      seed,
      captions,
      score: formatFixed(score, DECIMALS),
      constantCaption,
      constant: cells(constant),
      exchanged: cells(exchanged),
    })),
  };
}

function cells(against: HeldAgainstView) {
  return {
    score: formatFixed(against.score, DECIMALS),
    difference: `${formatSigned(against.difference, DECIMALS)} ${formatInterval(against, DECIMALS)}`,
  };
}
