/**
 * Tar shards in the layout of webdataset: the members of one record stand together and share their name up to the first dot of the last
 * part, as `000123.jpg`, `000123.txt` and `000123.json` do. The texts become records; the images stay where they are.
 */
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError, unreadable } from '../../files/input-error.js';
import { parseJsonPart } from '../../files/read-json.js';
import { utf8Problem } from '../../files/text-encoding.js';
import type { DataRecord } from '../layouts/content.js';
import { refusal } from '../layouts/fields.js';
import {
  type ImageContainer,
  isImageName,
  LARGEST_IMAGE,
  type ManifestEntry,
  missingImage,
  requireInside,
} from './container.js';
import { readTarIndex, type TarMember } from './tar.js';

/** A text of more bytes is no caption and no record. */
const LARGEST_TEXT = 16_000_000;
const TEXTS: ReadonlySet<string> = new Set(['txt', 'text', 'caption', 'json']);

export interface WebDataset {
  readonly images: ImageContainer;
  /** One for each key, with the fields of its JSON, `caption` of its text, `key`, and `image` where it has one. */
  readonly records: readonly DataRecord[];
}

interface Stored {
  readonly shard: string;
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** @param shards paths below the root @throws InputError naming shard and record */
export function openWebDataset(root: string, shards: readonly string[]): WebDataset {
  const stored = new Map<string, Stored>();
  const records: DataRecord[] = [];
  const manifest: ManifestEntry[] = [];
  for (const shard of shards) {
    const file = join(root, shard);
    const { members, bytes, sha256 } = readTarIndex(
      file,
      (name, size) => TEXTS.has(extensionOf(name)) && size <= LARGEST_TEXT,
    );
    manifest.push({ name: shard, bytes, sha256 });
    const keys = new Set<string>();
    for (const group of recordsOf(members)) {
      const where = `${file}, ${group.key}`;
      if (keys.has(group.key)) {
        throw refusal(`the record ${group.key} occurs twice`, where, 'each key once, its members together');
      }
      keys.add(group.key);
      const images = group.members.filter(({ name }) => isImageName(name));
      if (images.length > 1) throw refusal('the record has several images', where, 'at most one image a record');
      for (const { name, offset, size } of images) stored.set(nameIn(shard, name), { shard, name, offset, size });
      const fields = fieldsOf(group, where);
      const image = images[0] === undefined ? {} : { image: nameIn(shard, images[0].name) };
      records.push({ value: { key: group.key, ...fields, ...image }, where });
    }
  }
  return { images: tarImages(root, stored, manifest), records };
}

/** Shards count their records anew, so that a name alone does not tell them apart. */
const nameIn = (shard: string, name: string): string => `${shard}/${name}`;

interface Group {
  readonly key: string;
  readonly members: readonly TarMember[];
}

function* recordsOf(members: readonly TarMember[]): Generator<Group> {
  let key: string | undefined;
  let group: TarMember[] = [];
  for (const member of members) {
    const own = keyOf(member.name);
    // Names that begin with a dot or two underscores describe the archive itself.
    if (own === undefined) continue;
    if (own !== key && key !== undefined) {
      yield { key, members: group };
      group = [];
    }
    key = own;
    group.push(member);
  }
  if (key !== undefined) yield { key, members: group };
}

function keyOf(name: string): string | undefined {
  const base = basename(name);
  const dot = base.indexOf('.');
  if (dot <= 0 || base.startsWith('__')) return undefined;
  return name.slice(0, name.length - base.length + dot);
}

function extensionOf(name: string): string {
  const base = basename(name);
  return base.slice(base.indexOf('.') + 1).toLowerCase();
}

function fieldsOf({ members }: Group, where: string): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const { name, data } of members) {
    const extension = extensionOf(name);
    if (data === undefined) {
      if (TEXTS.has(extension)) throw refusal(`${name} is too long for a text`, where, 'a caption, or a JSON record');
      continue;
    }
    const problem = utf8Problem(data, `${where}, ${name}`, { bytes: 0, lines: 0, column: 0 });
    if (problem !== undefined) throw problem;
    if (extension !== 'json') fields.caption = data.toString('utf8').trim();
    else {
      const value = parseJsonPart(data, { file: `${where}, ${name}`, largeIntegers: 'exact' });
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw refusal(`${name} is no object`, where, 'a JSON object with named fields');
      }
      // A text of its own says what the caption is.
      Object.assign(fields, { ...value, ...(fields.caption === undefined ? {} : { caption: fields.caption }) });
    }
  }
  return fields;
}

function tarImages(
  root: string,
  stored: ReadonlyMap<string, Stored>,
  manifest: readonly ManifestEntry[],
): ImageContainer {
  const placeOf = (name: string): string => join(root, name);
  return {
    has: (name) => stored.has(requireInside(name, root)),
    names: () => [...stored.keys()],
    placeOf,
    read: async (name) => {
      const member = stored.get(requireInside(name, root));
      if (member === undefined) throw missingImage(name, root);
      return readMember(join(root, member.shard), member, placeOf(name));
    },
    manifest,
    close: () => {},
  };
}

async function readMember(file: string, { offset, size }: Stored, place: string): Promise<Uint8Array> {
  if (size > LARGEST_IMAGE) throw refusal(`the image has ${size} bytes`, place, `at most ${LARGEST_IMAGE}`);
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size; ) {
      const { bytesRead } = await handle.read(bytes, done, size - done, offset + done);
      if (bytesRead === 0) {
        const what = 'the archive has become shorter since it was opened';
        throw new InputError({ code: 'data-invalid', what, where: place, fix: 'fetch the archive again' });
      }
      done += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
