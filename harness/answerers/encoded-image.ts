/** An image as a file that other programs read: its own bytes where it is stored as a file, else a PNG of its pixels. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageKindOf } from '../../reference-model/data/pixels/image-kind.js';
import { encodePng } from '../../reference-model/data/png.js';
import type { StoredImage } from '../../reference-model/data/source.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { AskedImage } from './answerer.js';

export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** Of the first bytes, whatever the file is called. */
  readonly mediaType: string;
}

export async function encodedImage({ stored }: Pick<AskedImage, 'stored'>): Promise<EncodedImage> {
  if (stored.kind === 'pixels') return { bytes: await encodePng(stored.image), mediaType: 'image/png' };
  return { bytes: stored.bytes, mediaType: mediaTypeOf(stored.bytes) };
}

/** SHA-256 of stored bytes; of pixels, of their size and values. */
export function imageDigest(stored: StoredImage): string {
  if (stored.kind === 'encoded') return sha256(stored.bytes);
  const { width, height, pixels } = stored.image;
  return sha256(Buffer.concat([Buffer.from(`${width}x${height}:`), pixels]));
}

/** An image of an unknown kind is for the answerer to refuse. */
function mediaTypeOf(bytes: Uint8Array): string {
  const kind = imageKindOf(bytes);
  return kind === undefined ? 'application/octet-stream' : `image/${kind}`;
}

/** Paths for images that are no files of their own, in a temporary folder. */
export class ImageFiles {
  private folder: string | undefined;
  private readonly written = new Map<string, Promise<string>>();

  /** Absolute path of a file that holds the image. */
  async pathOf(image: AskedImage): Promise<string> {
    if (image.file !== undefined) return image.file;
    const known = this.written.get(image.sha256) ?? this.write(image);
    this.written.set(image.sha256, known);
    return known;
  }

  close(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  private async write(image: AskedImage): Promise<string> {
    const { bytes, mediaType } = await encodedImage(image);
    this.folder ??= mkdtempSync(join(tmpdir(), 'vlm-bench-images-'));
    const file = join(this.folder, `${image.sha256.slice(0, 32)}.${mediaType.replace(/^.*\//, '')}`);
    writeFileSync(file, bytes);
    return file;
  }
}
