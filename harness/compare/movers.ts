/** The images on which each system gained and lost most against the first one, with what both said and a small picture. */
import type { MovedImageView, MoversView } from '../../reports/comparison/comparison-view.js';
import { meanPerImage } from '../systems/replicate-means.js';
import type { System, SystemItem } from '../systems/system.js';
import { readThumbnails } from '../systems/thumbnails.js';
import { itemKey, type SharedMetric } from './shared-metrics.js';

export interface MoversOptions {
  /** Folder of image files named after the image ids. */
  readonly images?: string;
}

/** Images in all, over gains and losses of all systems; each kind gets its part, at least two. */
const IMAGES = 16;

/** Systems that are compared with the first one image by image. */
const SYSTEMS = 12;

interface Move {
  readonly image: number;
  readonly before: number;
  readonly after: number;
}

export async function moversOf(
  { metrics }: SharedMetric,
  systems: readonly System[],
  ids: readonly string[],
  { images: folder }: MoversOptions = {},
): Promise<readonly MoversView[]> {
  const [first] = metrics;
  const { imageIds, higherIsBetter, group } = first!;
  const limit = Math.max(2, Math.floor(IMAGES / 2 / Math.max(1, Math.min(SYSTEMS, systems.length - 1))));
  const before = meanPerImage(first!);
  const moves = metrics
    .slice(1, 1 + SYSTEMS)
    .map((metric) => strongestMoves(before, meanPerImage(metric), higherIsBetter, limit));
  const shown = new Set(moves.flatMap(({ gains, losses }) => [...gains, ...losses].map(({ image }) => image)));
  const shownIds = new Set([...shown].map((image) => imageIds[image]!));
  const stores = systems.flatMap(({ imageStore }) => (imageStore === undefined ? [] : [imageStore]));
  const thumbnails = await readThumbnails([...shownIds], { stores, ...(folder === undefined ? {} : { folder }) });
  const items = systems.map((system) => itemsOfImages(system, group, shownIds));
  return moves.map(({ gains, losses }, index) => {
    const view = ({ image, before: old, after }: Move): MovedImageView => {
      const imageId = imageIds[image]!;
      const png = thumbnails.get(imageId);
      return {
        imageId,
        picture: png === undefined ? '' : `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
        before: old,
        after,
        texts: textsOf(items[0]!.get(imageId) ?? [], items[index + 1]!.get(imageId) ?? []),
      };
    };
    return { system: ids[index + 1]!, against: ids[0]!, gains: gains.map(view), losses: losses.map(view) };
  });
}

/** Equal movements are in the order of the images. */
function strongestMoves(before: Float64Array, after: Float64Array, higherIsBetter: boolean, limit: number) {
  const gain = (image: number) => (higherIsBetter ? 1 : -1) * (after[image]! - before[image]!);
  const order = [...before.keys()].sort((a, b) => gain(b) - gain(a) || a - b);
  const described = (image: number): Move => ({ image, before: before[image]!, after: after[image]! });
  const gains = order.filter((image) => gain(image) > 0).slice(0, limit);
  const losses = order.filter((image) => gain(image) < 0);
  losses.sort((a, b) => gain(a) - gain(b) || a - b);
  return { gains: gains.map(described), losses: losses.slice(0, limit).map(described) };
}

function itemsOfImages(
  { items }: System,
  group: string,
  shown: ReadonlySet<string>,
): ReadonlyMap<string, readonly SystemItem[]> {
  const byImage = new Map<string, SystemItem[]>();
  for (const item of items) {
    if (item.group !== group || !shown.has(item.imageId)) continue;
    const known = byImage.get(item.imageId);
    if (known === undefined) byImage.set(item.imageId, [item]);
    else known.push(item);
  }
  return byImage;
}

/** Of an image's questions, those whose answers differ explain why it moved; captions are few and all shown. */
function textsOf(before: readonly SystemItem[], after: readonly SystemItem[]): MovedImageView['texts'] {
  const later = new Map(after.map((item) => [itemKey(item), item]));
  const earlier = new Set(before.map(itemKey));
  const pairs: (readonly [SystemItem | undefined, SystemItem | undefined])[] = [
    ...before.map((item) => [item, later.get(itemKey(item))] as const),
    ...after.filter((item) => !earlier.has(itemKey(item))).map((item) => [undefined, item] as const),
  ];
  const texts = pairs.map(([old, renewed]) => {
    const known = [renewed, old].filter((item) => item !== undefined);
    return {
      prompt: known[0]!.prompt ?? '',
      references: known.find(({ references }) => references.length > 0)?.references ?? [],
      before: old?.texts ?? [],
      after: renewed?.texts ?? [],
    };
  });
  const changed = texts.filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after));
  return changed.length > 0 ? changed : texts;
}
