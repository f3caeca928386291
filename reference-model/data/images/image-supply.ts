/**
 * Pixels that come when they are asked for: an image that is read and decoded outside of the training step, ahead of it where it is told
 * what comes next. What it gives depends on the ids alone, not on who decoded an image or when.
 */
import type { RasterImage } from '../raster-image.js';
import type { BrokenImage } from './broken-images.js';

/** What is there of the images that were asked for. */
export interface TakenImages {
  /** By id. */
  readonly images: ReadonlyMap<string, RasterImage>;
  /** In the order in which they were asked for, each once. */
  readonly broken: readonly BrokenImage[];
}

export interface ImageSupply {
  /** Starts on images that are needed later, as far as there is room; resolves once their bytes are under way. */
  ahead(imageIds: readonly string[]): Promise<void>;
  /** Each of the images, whole or broken; whether a broken one is a mistake is for whoever asks to say. */
  take(imageIds: readonly string[]): Promise<TakenImages>;
  /** Ends its workers; nothing can be taken afterwards. */
  close(): Promise<void>;
}
