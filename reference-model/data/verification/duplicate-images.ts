/** Groups of images that are the same, by their bytes or to the eye, within a split and between splits. */
import { bitDistance } from './difference-hash.js';
import type { ExaminedImage } from './examine-images.js';

/** Bits of the perceptual hash that may differ: up to three always leave one of its four quarters equal. */
const NEAR = 3;
const QUARTER = 0xffffn;

export interface DuplicateGroup {
  readonly kind: 'exact' | 'perceptual';
  readonly images: readonly Pick<ExaminedImage, 'split' | 'imageId'>[];
}

/** Exact groups first; images that are exactly the same count as one where perceptual ones are sought. */
export function duplicateImages(images: readonly ExaminedImage[]): readonly DuplicateGroup[] {
  const byHash = new Map<string, ExaminedImage[]>();
  for (const image of images) {
    const group = byHash.get(image.sha256);
    if (group === undefined) byHash.set(image.sha256, [image]);
    else group.push(image);
  }
  const exact = [...byHash.values()].filter((group) => group.length > 1);
  return [
    ...exact.map((group): DuplicateGroup => ({ kind: 'exact', images: group.map(named) })),
    ...nearGroups([...byHash.values()].map((group) => group[0]!)).map(
      (group): DuplicateGroup => ({
        kind: 'perceptual',
        images: group.flatMap((image) => byHash.get(image.sha256)!.map(named)),
      }),
    ),
  ];
}

/** Connected by pairs that differ in few bits. Images without any contrast all have one hash and are left out. */
function nearGroups(images: readonly ExaminedImage[]): readonly (readonly ExaminedImage[])[] {
  const told = images.flatMap(({ perceptual, ...image }) =>
    perceptual === undefined || perceptual === 0n ? [] : [{ ...image, perceptual }],
  );
  const parents = told.map((_, index) => index);
  const rootOf = (index: number): number => {
    let at = index;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  };
  for (let quarter = 0n; quarter < 4n; quarter++) {
    const buckets = new Map<bigint, number[]>();
    for (const [index, { perceptual }] of told.entries()) {
      const key = (perceptual >> (quarter * 16n)) & QUARTER;
      const bucket = buckets.get(key) ?? [];
      for (const other of bucket) {
        if (bitDistance(perceptual, told[other]!.perceptual) <= NEAR) parents[rootOf(index)] = rootOf(other);
      }
      bucket.push(index);
      buckets.set(key, bucket);
    }
  }
  const groups = new Map<number, (typeof told)[number][]>();
  for (const [index, image] of told.entries()) {
    const root = rootOf(index);
    groups.set(root, [...(groups.get(root) ?? []), image]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

const named = ({ split, imageId }: Pick<ExaminedImage, 'split' | 'imageId'>) => ({ split, imageId });

/**
 * Which images to leave out so that one of each group stays: what a model is scored on stays, what it is trained on goes. Images that are
 * only alike to the eye go where they would leak into another split, and stay beside each other within one.
 * @returns id and reason
 */
export function redundantImages(
  groups: readonly DuplicateGroup[],
): readonly { readonly imageId: string; readonly because: string }[] {
  const redundant = new Map<string, string>();
  for (const { kind, images } of groups) {
    const present = images.filter(({ imageId }) => !redundant.has(imageId));
    const kept = [...present].sort((a, b) => rankOf(a.split) - rankOf(b.split))[0];
    for (const image of present) {
      if (image === kept || (kind === 'perceptual' && image.split === kept!.split)) continue;
      redundant.set(image.imageId, `${kind} duplicate of ${kept!.imageId} (${kept!.split})`);
    }
  }
  return [...redundant].map(([imageId, because]) => ({ imageId, because }));
}

function rankOf(split: string): number {
  const rank = ['test', 'validation', 'val'].indexOf(split);
  return rank < 0 ? 3 : rank;
}
