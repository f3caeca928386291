/**
 * The only list of data sets: the card of each, and how to load those that have a reader of their own. Names, enumerations, checks and
 * messages everywhere derive from it. What a reader needs is imported when a data set is met, as most commands meet one or none.
 */
import type { DataSetCard, EmbeddedFit } from './card.js';
import { coco2014, coco2017, cocoKarpathy } from './coco/card.js';
import { cocoVqa } from './coco-vqa/card.js';
import { DataError } from './data-error.js';
import type { Splits } from './dataset.js';
import { easyVqa } from './easy-vqa/card.js';
import { flickr8k } from './flickr8k/card.js';
import { flickr30k } from './flickr30k/card.js';
import { llavaPretrain, shareGpt4v } from './llava/card.js';
import { nocaps } from './nocaps/card.js';
import { pathVqa } from './path-vqa/card.js';
import { tinyPathology } from './tiny-pathology/card.js';
import type { TinyPathologyOptions } from './tiny-pathology/generate.js';
import { tinyPathology2 } from './tiny-pathology-2/card.js';
import { tinyScenes } from './tiny-scenes/card.js';
import type { TinyScenesOptions } from './tiny-scenes/generate.js';
import { tinyScenes2 } from './tiny-scenes-2/card.js';
import { vqaRad } from './vqa-rad/card.js';
import { vqaV2 } from './vqa-v2/card.js';

export interface LoadOptions {
  /** Folder of a data set that is read from disk. */
  readonly root?: string;
  /** Seed and split sizes of the data sets that are generated; the defaults are the ones that suites use. */
  readonly tinyScenes?: TinyScenesOptions;
  readonly tinyPathology?: TinyPathologyOptions;
}

/** What the registry says of a data set; one without `load` is opened as its card's layouts declare. */
export interface RegistryEntry {
  readonly card: DataSetCard;
  /** Present where the data set is small enough to be held as pixels. */
  load?(options: LoadOptions): Promise<Splits>;
}

export const DATA_SETS = [
  {
    card: tinyScenes,
    load: async (options) => (await import('./tiny-scenes/generate.js')).generateTinyScenes(options.tinyScenes),
  },
  {
    card: easyVqa,
    load: async ({ root }) => (await import('./easy-vqa/load-easy-vqa.js')).loadEasyVqa(requireRoot(easyVqa, root)),
  },
  {
    card: tinyPathology,
    load: async (options) =>
      (await import('./tiny-pathology/generate.js')).generateTinyPathology(options.tinyPathology),
  },
  {
    card: tinyScenes2,
    load: async () => (await import('./tiny-scenes-2/generate.js')).generateTinyScenes2(),
  },
  {
    card: tinyPathology2,
    load: async () => (await import('./tiny-pathology-2/generate.js')).generateTinyPathology2(),
  },
  { card: coco2014 },
  { card: coco2017 },
  { card: cocoKarpathy },
  { card: flickr30k },
  { card: flickr8k },
  { card: nocaps },
  { card: pathVqa },
  { card: vqaV2 },
  { card: cocoVqa },
  { card: vqaRad },
  { card: llavaPretrain },
  { card: shareGpt4v },
] as const satisfies readonly RegistryEntry[];

type Entry = (typeof DATA_SETS)[number];
export type DataSetName = Entry['card']['name'];

/** Data sets that models of the embedded scale can be trained on. */
export type EmbeddedDataSetName = Extract<Entry['card'], { readonly embedded: object }>['name'];

type EmbeddedCard = DataSetCard & { readonly name: EmbeddedDataSetName; readonly embedded: EmbeddedFit };

/** Their cards, in the order of the registry. */
export const EMBEDDED_DATA_SETS: readonly EmbeddedCard[] = DATA_SETS.map(({ card }) => card).filter(
  (card) => 'embedded' in card,
);

export const DATA_SET_NAMES: readonly DataSetName[] = DATA_SETS.map(({ card }) => card.name);

/** The card of a data set. @throws RangeError for a name that is not in the registry */
export function cardOf(name: DataSetName): DataSetCard {
  return entryOf(name).card;
}

/** @throws RangeError for a name that is not in the registry */
export function entryOf(name: DataSetName): RegistryEntry {
  const entry = DATA_SETS.find(({ card }) => card.name === name);
  if (entry === undefined) throw new RangeError(`There is no data set ${name}.`);
  return entry;
}

/** @throws DataError where a data set that is read from disk is given no folder */
export function requireRoot({ name }: Pick<DataSetCard, 'name'>, root: string | undefined): string {
  if (root === undefined) throw new DataError({ code: 'missing-root', name });
  return root;
}
