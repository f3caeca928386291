/** What a layout of reference captions is: it recognises a file by its content, and reads images with their captions from it. */
import type { Content } from './content.js';
import type { ImageNames } from './image-names.js';

export interface ReferencedImage {
  /** All names that predictions may call the image, by field; the first one is its identity. */
  readonly names: ImageNames;
  readonly references: readonly string[];
  readonly split?: string;
  /** Path of the image below the folder of the images, where the file says it. */
  readonly file?: string;
  readonly size?: ImageSize;
}

/** In pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export interface CaptionLayout {
  /** As messages call it. */
  readonly name: string;
  /** Looks at the beginning only. */
  recognises(content: Content): boolean;
  /** @throws InputError naming file, record and field */
  read(content: Content): readonly ReferencedImage[];
}
