/**
 * Small pictures of images, as PNG: from the store that a system's records lie in, or from a folder of the user's. A picture is found
 * by comparing its file's name with the image's id; an id never becomes a path. What cannot be found or decoded has no picture.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEvaluationImages } from '../records/evaluation-images.js';
import type { ImageStore } from './system.js';

export interface ThumbnailSources {
  readonly stores: readonly ImageStore[];
  /** Folder of image files named after the image ids, as `42.jpg`, `COCO_val2014_000000000042.jpg` or `42`. */
  readonly folder?: string;
}

/** Longest side of a thumbnail in pixels. */
const SIDE = 320;

/** PNG bytes by image id, for those of `imageIds` that are found. */
export async function readThumbnails(
  imageIds: readonly string[],
  { stores, folder }: ThumbnailSources,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const missing = () => imageIds.filter((imageId) => !found.has(imageId));
  if (folder !== undefined) {
    const files = filesByName(folder);
    for (const imageId of imageIds) {
      const file = files.get(imageId) ?? files.get(withoutExtension(imageId));
      if (file !== undefined) found.set(imageId, readFileSync(file));
    }
  }
  for (const { store, dataFingerprint, split } of stores) {
    if (missing().length === 0) break;
    const recorded = recordedImages(store, dataFingerprint, split);
    for (const imageId of missing()) {
      const png = recorded?.get(imageId);
      if (png !== undefined) found.set(imageId, png);
    }
  }
  const thumbnails = new Map<string, Uint8Array>();
  if (found.size === 0) return thumbnails;
  const { default: sharp } = await import('sharp');
  for (const [imageId, bytes] of found) {
    try {
      const small = sharp(bytes, { limitInputPixels: 100_000_000 })
        .rotate()
        .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true });
      thumbnails.set(imageId, await small.png().toBuffer());
    } catch {
      // A file that is no image has no thumbnail; the gate does not depend on it.
    }
  }
  return thumbnails;
}

function recordedImages(...[store, fingerprint, split]: Parameters<typeof readEvaluationImages>) {
  try {
    return readEvaluationImages(store, fingerprint, split);
  } catch {
    // Records of another age, or moved without their images.
    return undefined;
  }
}

/** Paths of a folder's files by every name that an image id may use for them. */
function filesByName(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const stem = withoutExtension(entry.name);
    const number = /(?:^|_)0*(\d+)$/.exec(stem)?.[1];
    for (const name of [entry.name, stem, ...(number === undefined ? [] : [number])]) {
      if (!files.has(name)) files.set(name, join(folder, entry.name));
    }
  }
  return files;
}

function withoutExtension(name: string): string {
  return name.replace(/\.(?:png|jpe?g|webp|gif|tiff?|avif)$/i, '');
}
