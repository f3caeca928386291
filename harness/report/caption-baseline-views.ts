/** What the captions of each run are held against, as the page shows it. */
import type { CaptionBaselineView } from '../../reports/index.js';
import type { HeldAgainst } from '../verdict/caption-baselines.js';
import type { OutputSummary } from './output-summaries.js';

const CAPTIONS = { 'ai-captions': 'detailed captions', 'human-captions': 'human-style captions' } as const;

export function captionBaselineViews(outputs: readonly OutputSummary[]): readonly CaptionBaselineView[] {
  return outputs.flatMap(({ arm, seed, held }) =>
    held.map(({ style, images, score, constantCaption, constant, exchanged }) => ({
      arm,
      seed,
      captions: CAPTIONS[style],
      images,
      score,
      constantCaption,
      constant: heldAgainst(constant),
      exchanged: heldAgainst(exchanged),
    })),
  );
}

function heldAgainst({ score, difference: { difference, low, high, level } }: HeldAgainst) {
  return { score, difference, low, high, level };
}
