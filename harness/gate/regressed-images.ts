/** Which images lost most between baseline and candidate, with what was said before and after. */
import { pairCounts, ROUNDING } from '../systems/pair-counts.js';
import { meanPerImage } from '../systems/replicate-means.js';
import type { System, SystemItem, SystemMetric } from '../systems/system.js';
import type { GateResult, RegressedImage, RegressedText } from './gate-result.js';

export interface Movement {
  readonly regressed: readonly RegressedImage[];
  readonly images: GateResult['images'];
}

/** @param limit how many regressed images to describe; equal losses are ordered by image id */
export function movementOf(
  metric: string,
  baseline: System,
  candidate: System,
  { limit = 10 }: { readonly limit?: number } = {},
): Movement {
  const before = metricOf(baseline, metric);
  const after = metricOf(candidate, metric);
  const direction = before.higherIsBetter ? 1 : -1;
  const [old, renewed] = [meanPerImage(before), meanPerImage(after)];
  const differences = old.map((value, image) => renewed[image]! - value);
  const losers = [...differences.keys()]
    .filter((image) => direction * differences[image]! < -ROUNDING)
    .sort((left, right) => direction * (differences[left]! - differences[right]!) || left - right);
  const textsOf = textsByImage(before.group, baseline, candidate);
  const { wins, ties, losses } = pairCounts(Float64Array.from(renewed), Float64Array.from(old), before.higherIsBetter);
  return {
    regressed: losers.slice(0, limit).map((image) => {
      const imageId = before.imageIds[image]!;
      return {
        imageId,
        before: old[image]!,
        after: renewed[image]!,
        difference: differences[image]!,
        texts: textsOf(imageId),
      };
    }),
    images: {
      total: differences.length,
      lost: losses,
      won: wins,
      tied: ties,
    },
  };
}

function metricOf(system: System, name: string): SystemMetric {
  return system.metrics.find((metric) => metric.name === name)!;
}

function textsByImage(
  group: string,
  baseline: System,
  candidate: System,
): (imageId: string) => readonly RegressedText[] {
  const items = new Map<string, { before?: SystemItem; after?: SystemItem }>();
  const byImage = new Map<string, string[]>();
  for (const [side, system] of [['before', baseline] as const, ['after', candidate] as const]) {
    for (const item of system.items) {
      if (item.group !== group) continue;
      const key = JSON.stringify([item.imageId, item.questionId]);
      const known = items.get(key);
      if (known === undefined) {
        items.set(key, { [side]: item });
        byImage.set(item.imageId, [...(byImage.get(item.imageId) ?? []), key]);
      } else known[side] = item;
    }
  }
  return (imageId) => {
    const texts = (byImage.get(imageId) ?? []).map((key) => textOf(items.get(key)!));
    // Of an image's questions, those whose answer changed explain the loss.
    const changed = texts.filter(({ before, after }) => before !== after);
    return changed.length > 0 ? changed : texts;
  };
}

function textOf({ before, after }: { before?: SystemItem; after?: SystemItem }): RegressedText {
  const known = after ?? before!;
  const references = [after, before].find((item) => item !== undefined && item.references.length > 0)?.references ?? [];
  return {
    ...(known.prompt === undefined ? {} : { prompt: known.prompt }),
    references,
    ...(before === undefined ? {} : { before: before.texts[0]! }),
    ...(after === undefined ? {} : { after: after.texts[0]! }),
  };
}
