/** Holds an opened data set against its card, and lists what is missing, broken or there twice. */
import type { DataSetCard, SplitCounts } from '../card.js';
import type { DataSource, IndexedSplit } from '../source.js';
import { type DuplicateGroup, duplicateImages } from './duplicate-images.js';
import { examineImages, type ImageFault } from './examine-images.js';
import { type TextOverlap, textOverlaps } from './text-overlaps.js';

export interface SourceVerification {
  readonly name: string;
  readonly fingerprint: string;
  readonly splits: Readonly<Record<string, Required<SplitCounts> & { readonly conversations: number }>>;
  /** What differs from the card, one sentence each, without its full stop. */
  readonly differences: readonly string[];
  readonly missing: readonly ImageFault[];
  readonly broken: readonly ImageFault[];
  readonly duplicates: readonly DuplicateGroup[];
  readonly overlaps: readonly TextOverlap[];
}

/** Reads every image. @param onProgress told how many of all images are done */
export async function verifySource(
  source: DataSource,
  card: DataSetCard,
  onProgress?: (done: number, total: number) => void,
): Promise<SourceVerification> {
  const { images, missing, broken } = await examineImages(source, onProgress);
  const splits = Object.fromEntries([...source.splits].map(([name, split]) => [name, countsOf(split)]));
  return {
    name: source.name,
    fingerprint: source.fingerprint,
    splits,
    differences: [...differencesOf(splits, card), ...fingerprintDifference(source, card)],
    missing,
    broken,
    duplicates: duplicateImages(images),
    // What is generated says the same in the same words by design.
    overlaps: source.manifest.length === 0 ? [] : textOverlaps(source.splits),
  };
}

function countsOf({ samples, conversations }: IndexedSplit) {
  const sum = (count: (sample: IndexedSplit['samples'][number]) => number) =>
    samples.reduce((total, sample) => total + count(sample), 0);
  return {
    images: samples.length,
    captions: sum(({ humanCaptions, aiCaptions }) => humanCaptions.length + aiCaptions.length),
    questions: sum(({ questions }) => questions.length),
    conversations: conversations.length,
  };
}

function differencesOf(found: Readonly<Record<string, Required<SplitCounts>>>, card: DataSetCard): readonly string[] {
  return Object.entries(card.splits).flatMap(([split, expected]) => {
    const counts = found[split];
    if (counts === undefined) return [`There is no ${split} split`];
    return (['images', 'captions', 'questions'] as const).flatMap((what) => {
      const wanted = expected[what];
      if (wanted === undefined || wanted === counts[what]) return [];
      return [`The ${split} split has ${counts[what]} ${what} instead of ${wanted}`];
    });
  });
}

function fingerprintDifference({ fingerprint }: DataSource, card: DataSetCard): readonly string[] {
  if (card.fingerprint === undefined || card.fingerprint === fingerprint) return [];
  return [`The fingerprint is ${fingerprint} instead of ${card.fingerprint}`];
}
