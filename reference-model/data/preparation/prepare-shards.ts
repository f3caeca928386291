/**
 * Writes a data set as tar shards, once: images as they are or encoded anew, each beside all that is said about it. What goes into which
 * shard follows from the ids alone, a finished shard is never written again, and what was written is read back before it counts.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { fillFileAtomically, writeFileAtomically } from '../../files/atomic-file.js';
import { writeFully } from '../../files/file-bytes.js';
import { namesIn } from '../../files/folder-names.js';
import { fileSha256, sha256 } from '../../files/hashing.js';
import { InputError } from '../../files/input-error.js';
import { readJson } from '../../files/read-json.js';
import type { DataSetCard } from '../card.js';
import { isImageName } from '../containers/container.js';
import { readTarIndex } from '../containers/tar.js';
import { tarEnd, tarMember } from '../containers/tar-writer.js';
import { pixelRules } from '../pixels/pixel-fingerprint.js';
import type { DataSource, IndexedConversation, IndexedSample } from '../source.js';
import { type Encoding, encodeImage } from './encode-image.js';
import { type PreparedRecord, preparedJson } from './prepared-record.js';

const RECORDS_A_SHARD = 1000;
const STATE_FILE = 'prepared.json';
/** What opens the shards. */
const DECLARATION_FILE = 'data-set.yaml';

const stateSchema = z.strictObject({
  /** Of the source and of what was made of its images. */
  plan: z.string(),
  fingerprint: z.string(),
  shards: z.record(z.string(), z.strictObject({ sha256: z.string(), bytes: z.int(), images: z.int() })),
});
type State = z.infer<typeof stateSchema>;

export interface PrepareOptions extends Encoding {
  /** Told how many of all images are in finished shards. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Prepared {
  /** The file that opens the shards. */
  readonly declaration: string;
  readonly images: number;
  readonly shards: number;
  /** Shards that an earlier call had finished. */
  readonly kept: number;
}

/**
 * @param folder new, empty, or left by an interrupted call with the same arguments
 * @throws InputError naming the image that cannot be read or decoded, or a folder that holds something else
 */
export async function prepareShards(
  source: DataSource,
  card: DataSetCard,
  folder: string,
  { onProgress = () => {}, ...encoding }: PrepareOptions,
): Promise<Prepared> {
  const { encode, size } = encoding;
  const rules = encode === 'as-is' ? null : await pixelRules();
  const plan = sha256(JSON.stringify([source.fingerprint, encode, size ?? null, RECORDS_A_SHARD, rules]));
  mkdirSync(folder, { recursive: true });
  const state = readState(folder, plan) ?? { plan, fingerprint: source.fingerprint, shards: {} };
  const shards = [...source.splits].flatMap(([split, { samples, conversations }]) =>
    plannedShards(split, samples, conversations),
  );
  const total = shards.reduce((sum, { records }) => sum + records.length, 0);
  let done = 0;
  let kept = 0;
  for (const { name, records } of shards) {
    const file = join(folder, name);
    const finished = state.shards[name];
    if (finished !== undefined && existsSync(file) && fileSha256(file) === finished.sha256) kept++;
    else {
      const images = await writeShard(file, records, source, encoding);
      state.shards[name] = { ...verifiedShard(file, records.length, images), images };
      writeFileAtomically(join(folder, STATE_FILE), `${JSON.stringify(state, null, 1)}\n`);
    }
    done += records.length;
    onProgress(done, total);
  }
  const declaration = join(folder, DECLARATION_FILE);
  writeFileAtomically(declaration, declarationOf(source, card, shards));
  return { declaration, images: total, shards: shards.length, kept };
}

interface Shard {
  readonly split: string;
  readonly name: string;
  readonly records: readonly PreparedRecord[];
}

/** Conversations stand with their first image; those about no image come last. */
function plannedShards(
  split: string,
  samples: readonly IndexedSample[],
  conversations: readonly IndexedConversation[],
): readonly Shard[] {
  const byImage = new Map<string | undefined, IndexedConversation[]>();
  for (const conversation of conversations) {
    const [first] = conversation.imageIds;
    byImage.set(first, [...(byImage.get(first) ?? []), conversation]);
  }
  const records: readonly PreparedRecord[] = [
    ...samples.map((sample) => ({ sample, conversations: byImage.get(sample.imageId) ?? [] })),
    ...(byImage.get(undefined) ?? []).map((conversation) => ({ conversations: [conversation] })),
  ];
  return Array.from({ length: Math.ceil(records.length / RECORDS_A_SHARD) }, (_, index) => ({
    split,
    name: `${split}-${String(index).padStart(5, '0')}.tar`,
    records: records.slice(index * RECORDS_A_SHARD, (index + 1) * RECORDS_A_SHARD),
  }));
}

/** @returns how many images it holds */
async function writeShard(
  file: string,
  records: readonly PreparedRecord[],
  source: DataSource,
  encoding: Encoding,
): Promise<number> {
  const parts: Uint8Array[] = [];
  let images = 0;
  for (const [index, record] of records.entries()) {
    // Ids are text from a data set and never become a name of a file.
    const key = String(index).padStart(6, '0');
    parts.push(...tarMember(`${key}.json`, preparedJson(resized(record, encoding))));
    if (record.sample === undefined) continue;
    const { imageId } = record.sample;
    const { bytes, extension } = await encodeImage(await source.image(imageId), encoding, source.placeOf(imageId));
    parts.push(...tarMember(`${key}.${extension}`, bytes));
    images++;
  }
  parts.push(tarEnd());
  fillFileAtomically(file, (descriptor) => {
    for (const part of parts) writeFully(descriptor, part);
  });
  return images;
}

/** The stated size is that of the original, which a smaller copy no longer has. */
function resized(record: PreparedRecord, { size }: Encoding): PreparedRecord {
  if (size === undefined || record.sample?.size === undefined) return record;
  const { size: _, ...sample } = record.sample;
  return { ...record, sample };
}

/** Reads back what was written. @throws RangeError where the disk did not keep it */
function verifiedShard(
  file: string,
  records: number,
  images: number,
): { readonly sha256: string; readonly bytes: number } {
  const { members, bytes } = readTarIndex(file, () => false);
  const found = members.filter(({ name }) => isImageName(name)).length;
  if (found !== images || members.length - found !== records) throw new RangeError(`${file} is not what was written.`);
  return { sha256: fileSha256(file), bytes };
}

function readState(folder: string, plan: string): State | undefined {
  const file = join(folder, STATE_FILE);
  if (!existsSync(file)) {
    // A first shard that was cut short is no reason to refuse.
    const others = namesIn(folder).filter((name) => !name.includes('.tmp-'));
    if (others.length === 0) return undefined;
    throw otherFolder(folder, 'the folder is not empty');
  }
  const parsed = stateSchema.safeParse(readJson(file));
  if (!parsed.success || parsed.data.plan !== plan) {
    throw otherFolder(folder, 'the folder holds shards of other data, or made in another way');
  }
  for (const name of readdirSync(folder)) if (name.includes('.tmp-')) rmSync(join(folder, name));
  return parsed.data;
}

function otherFolder(folder: string, what: string): InputError {
  return new InputError({ code: 'usage', what, where: folder, fix: 'name a new folder' });
}

function declarationOf(source: DataSource, card: DataSetCard, shards: readonly Shard[]): string {
  const splits = Object.fromEntries(
    [...source.splits.keys()].map((split) => [
      split,
      { shards: shards.filter((shard) => shard.split === split).map(({ name }) => name) },
    ]),
  );
  const { description, license } = card;
  return stringify({
    name: `${source.name}-prepared`,
    description: `${description} Prepared from fingerprint ${source.fingerprint}.`,
    license,
    source: card.source,
    format: 'webdataset',
    splits,
  });
}
