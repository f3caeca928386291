/**
 * A data set as it is opened: all texts in memory, indexed by image, and images that are read when they are asked for. Batches are planned
 * over ids alone; whoever needs pixels asks `image` for the stored bytes and decodes them, in whichever process it likes.
 */
import type { ManifestEntry } from './containers/container.js';
import type { DescribedImage, Question, RasterImage } from './dataset.js';
import type { ImageSize } from './layouts/caption-layout.js';
import type { Turn } from './layouts/dialogue.js';

export interface IndexedQuestion extends Question {
  /** What several people answered; `answer` is the most frequent one. */
  readonly answers?: readonly string[];
}

/** One image with all that is said about it; `imageId` tells it from all others of the data set. */
export interface IndexedSample extends Omit<DescribedImage, 'questions'> {
  readonly questions: readonly IndexedQuestion[];
  readonly size?: ImageSize;
}

export interface IndexedConversation {
  readonly conversationId: string;
  /** In the order in which the turns show them; empty for a conversation about no image. */
  readonly imageIds: readonly string[];
  readonly turns: readonly Turn[];
}

/** What is known about a split without reading an image. */
export interface IndexedSplit {
  readonly samples: readonly IndexedSample[];
  readonly conversations: readonly IndexedConversation[];
}

/** An image as it is stored: a file that has to be decoded, or the pixels of what is generated. */
export type StoredImage =
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array }
  | { readonly kind: 'pixels'; readonly image: RasterImage };

export interface DataSource {
  readonly name: string;
  /**
   * SHA-256 over what decided the content when it was opened: of a generated data set every pixel and text, of files the manifest, how they
   * were read and which images were left out.
   */
  readonly fingerprint: string;
  /** Files that were read, with sizes and digests; empty for what is generated. */
  readonly manifest: readonly ManifestEntry[];
  /** By name, in the order in which the data set states them. */
  readonly splits: ReadonlyMap<string, IndexedSplit>;
  /** Whether the image is there; nothing of it is read. */
  has(imageId: string): boolean;
  /** Where the image lies, for messages. */
  placeOf(imageId: string): string;
  /** @throws InputError naming the place of an image that is missing or cannot be read; RangeError for an id that the data set does not have */
  image(imageId: string): Promise<StoredImage>;
  close(): void;
}
