/**
 * Parquet shards with embedded images, as Hugging Face keeps data sets. An image is known by the path that stands with it, or by a digest of
 * its bytes, so that rows about one image are put together; for that every image is read, and not decoded, once.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sha256 } from '../../files/hashing.js';
import type { DataRecord } from '../layouts/content.js';
import { refusal } from '../layouts/fields.js';
import { type ImageContainer, LARGEST_IMAGE, type ManifestEntry, missingImage } from './container.js';
import { type EmbeddedImage, embeddedImage, openParquetFile, type ParquetFile } from './parquet-file.js';

export interface ParquetShards {
  readonly images: ImageContainer;
  /** The rows, with the name of the image under `image`. */
  readonly records: readonly DataRecord[];
}

/** @param shards paths below the root @throws InputError naming the file, and the row where a single one is wrong */
export async function openParquet(root: string, shards: readonly string[]): Promise<ParquetShards> {
  const places = new Map<string, { readonly file: ParquetFile; readonly row: number; readonly shard: string }>();
  const digests = new Map<string, string>();
  const records: DataRecord[] = [];
  const manifest: ManifestEntry[] = [];
  for (const shard of shards) {
    const path = join(root, shard);
    const file = await openParquetFile(path);
    const hash = createHash('sha256');
    for await (const { firstRow, rows } of file.groups()) {
      for (const [index, values] of rows.entries()) {
        const row = firstRow + index;
        const where = `${path}, row ${row}`;
        const fields = textFields(values, file.imageColumn);
        if (file.imageColumn !== undefined) {
          const { name, digest } = nameOf(embeddedImage(values[file.imageColumn]), digests, where);
          if (!places.has(name)) places.set(name, { file, row, shard });
          fields.image = name;
          hash.update(digest);
        }
        hash.update(`${JSON.stringify(fields)}\n`);
        records.push({ value: fields, where });
      }
    }
    manifest.push({ name: shard, bytes: file.bytes, sha256: hash.digest('hex') });
  }
  const placeOf = (name: string): string => {
    const place = places.get(name);
    return place === undefined ? root : `${join(root, place.shard)}, row ${place.row}`;
  };
  return {
    records,
    images: {
      has: (name) => places.has(name),
      names: () => [...places.keys()],
      placeOf,
      read: async (name) => {
        const place = places.get(name);
        const bytes = place === undefined ? undefined : (await place.file.image(place.row)).bytes;
        if (bytes === undefined) throw missingImage(name, placeOf(name));
        return bytes;
      },
      manifest,
      close: () => {},
    },
  };
}

function nameOf(
  { bytes, path }: EmbeddedImage,
  digests: Map<string, string>,
  where: string,
): { readonly name: string; readonly digest: string } {
  if (bytes === undefined || bytes.length === 0) throw refusal('the row has no image', where, 'the bytes of an image');
  if (bytes.length > LARGEST_IMAGE) throw refusal('the image is too large', where, `at most ${LARGEST_IMAGE} bytes`);
  const digest = sha256(bytes);
  const own = `sha256-${digest.slice(0, 32)}`;
  if (path === undefined) return { name: own, digest };
  const known = digests.get(path) ?? digest;
  digests.set(path, known);
  // Some copies write one path for many images.
  return { name: known === digest ? path : own, digest };
}

/** Columns that a record can be made of: texts, numbers and lists of them. */
function textFields(
  values: Readonly<Record<string, unknown>>,
  imageColumn: string | undefined,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (name === imageColumn || name === '__proto__') continue;
    const plain = plainValue(value);
    if (plain !== undefined) fields[name] = plain;
  }
  return fields;
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (['string', 'number', 'boolean'].includes(typeof value)) return value;
  if (ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value)) return value.map((entry: unknown) => plainValue(entry) ?? null);
  if (value === null || typeof value !== 'object' || value instanceof Date) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainValue(inner) ?? null]));
}
