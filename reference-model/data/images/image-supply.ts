/**
 * Pixels that come when they are asked for: an image that is read and decoded outside of the training step, ahead of it where it is told
 * what comes next. What it gives depends on the ids alone, not on who decoded an image or when.
 */
import type { RasterImage } from '../raster-image.js';

export interface LeftOutImage {
  readonly imageId: string;
  /** Path of the image. */
  readonly where: string;
  readonly problem: string;
}

export interface ImageSupply {
  /** Starts on images that are needed later, as far as there is room; resolves once their bytes are under way. */
  ahead(imageIds: readonly string[]): Promise<void>;
  /**
   * The pixels by id. A broken image that is allowed for is not among them, unless all are required.
   * @throws InputError naming the images where more are broken than is allowed
   */
  take(
    imageIds: readonly string[],
    options?: { readonly requireAll?: boolean },
  ): Promise<ReadonlyMap<string, RasterImage>>;
  /** Broken images that were left out so far, in the order in which they were asked for. */
  leftOut(): readonly LeftOutImage[];
  /** Ends its workers; nothing can be taken afterwards. */
  close(): Promise<void>;
}
