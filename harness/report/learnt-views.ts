/** What each arm has learned part by part, over its seeds: whether a verdict rests on something that was learned at all. */
import type { LearntPartView } from '../../reports/index.js';
import type { LearntPart } from '../verdict/learnt-parts.js';
import type { OutputSummary } from './output-summaries.js';

/** A part counts as learned from this share of what a model that sees everything reaches, which is 1. */
const learnedFrom = 0.9;

export function learntViews(outputs: readonly OutputSummary[]): readonly LearntPartView[] {
  const byPart = new Map<string, { readonly arm: string; readonly learnt: LearntPart }[]>();
  for (const { arm, parts } of outputs) {
    for (const learnt of parts) {
      const key = `${learnt.kind}/${learnt.part}`;
      byPart.set(key, [...(byPart.get(key) ?? []), { arm, learnt }]);
    }
  }
  return [...byPart.values()].map((measured) => ({
    part: measured[0]!.learnt.part,
    kind: measured[0]!.learnt.kind,
    chance: measured[0]!.learnt.chance,
    arms: [...new Set(measured.map(({ arm }) => arm))].map((arm) => {
      const accuracies = measured.filter((each) => each.arm === arm).map(({ learnt }) => learnt.accuracy);
      return {
        arm,
        mean: accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length,
        least: Math.min(...accuracies),
        learned: accuracies.filter((accuracy) => accuracy >= learnedFrom).length,
        runs: accuracies.length,
      };
    }),
  }));
}
