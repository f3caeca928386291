/** Opens a declared data set: reads its texts, finds its images, and says by one fingerprint what it is. No image is decoded. */
import { join } from 'node:path';
import { sha256 } from '../../files/hashing.js';
import { type ImageContainer, type ManifestEntry, requireInside } from '../containers/container.js';
import { openFolder } from '../containers/folder.js';
import { openParquet } from '../containers/parquet.js';
import { shardsOf } from '../containers/shard-list.js';
import { openWebDataset } from '../containers/webdataset.js';
import type { Content, DataRecord } from '../layouts/content.js';
import { refusal } from '../layouts/fields.js';
import { readDialogues } from '../llava/dialogues.js';
import { isPreparedRecord } from '../preparation/prepared-record.js';
import type { DataSource, IndexedSplit } from '../source.js';
import type { DataDeclaration, SplitDeclaration } from './declaration.js';
import { type BuiltSample, SplitBuilder } from './split-builder.js';
import { captionsIn, questionsIn, TextFiles } from './text-files.js';

/** Changes when equal files come to mean something else. */
const READING = 'declared-1';

/**
 * @param root the data root
 * @throws InputError naming file, record and field
 */
export async function openDeclared(name: string, declaration: DataDeclaration, root: string): Promise<DataSource> {
  const texts = new TextFiles(root);
  const folders = new Map<string, ImageContainer>();
  const manifest: ManifestEntry[] = [];
  const images = new Map<string, { readonly container: ImageContainer | undefined; readonly file: string }>();
  const splits = new Map<string, IndexedSplit>();
  for (const [split, declared] of Object.entries(declaration.splits)) {
    const opened =
      declaration.format === 'files'
        ? await openFiles(split, declared, { declaration, texts, folders, root })
        : await openShards(split, declared, { declaration, root });
    manifest.push(...(opened.container?.manifest ?? []));
    const { samples, conversations } = opened.builder.build(join(root, declared.list ?? ''));
    if (samples.length + conversations.length === 0) throw emptySplit(split, root);
    const renamed = register(split, samples, opened.container, images);
    const excluded = declaration.exclude?.imageIds ?? new Set();
    splits.set(split, {
      samples: renamed.samples.filter(({ imageId }) => !excluded.has(imageId)),
      conversations: conversations
        .map((conversation) => ({
          ...conversation,
          imageIds: conversation.imageIds.map((imageId) => renamed.ids.get(imageId) ?? imageId),
        }))
        .filter(({ imageIds }) => !imageIds.some((imageId) => excluded.has(imageId))),
    });
  }
  const files = [...texts.manifest, ...manifest];
  const placed = (imageId: string) => {
    const image = images.get(imageId);
    if (image === undefined) throw new RangeError(`${name} has no image ${imageId}.`);
    return image;
  };
  return {
    name,
    fingerprint: fingerprintOf(declaration, files),
    manifest: files,
    splits,
    has: (imageId) => {
      const image = images.get(imageId);
      return image?.container?.has(image.file) ?? false;
    },
    placeOf: (imageId) => {
      const { container, file } = placed(imageId);
      return container?.placeOf(file) ?? `${name}, ${file}`;
    },
    image: async (imageId) => {
      const { container, file } = placed(imageId);
      if (container === undefined)
        throw refusal('no folder of images is declared', name, 'images: FOLDER for the split');
      return { kind: 'encoded', bytes: await container.read(file) };
    },
    close: () => {
      for (const { container } of images.values()) container?.close();
    },
  };
}

interface Opened {
  readonly builder: SplitBuilder;
  readonly container?: ImageContainer | undefined;
}

async function openFiles(
  split: string,
  declared: SplitDeclaration,
  {
    declaration,
    texts,
    folders,
    root,
  }: {
    readonly declaration: DataDeclaration;
    readonly texts: TextFiles;
    readonly folders: Map<string, ImageContainer>;
    readonly root: string;
  },
): Promise<Opened> {
  const container = declared.images === undefined ? undefined : folderOf(declared.images, root, folders);
  const listed = declared.list === undefined ? undefined : await texts.list(declared.list);
  const builder = new SplitBuilder(split, declared, {
    style: declaration.captionStyle,
    container,
    listed,
    isFolder: true,
  });
  for (const file of declared.captions ?? []) builder.addCaptions(await texts.captions(file), join(root, file));
  const words = await wordsOf(declared.questionTexts ?? [], texts);
  for (const file of declared.questions ?? []) builder.addQuestions(await texts.questions(file), words);
  for (const file of declared.conversations ?? []) {
    builder.addConversations(await texts.conversations(file), declaration.conversationsAre ?? 'dialogues');
  }
  return { builder, container };
}

/** One folder may serve several splits. */
function folderOf(folder: string, root: string, folders: Map<string, ImageContainer>): ImageContainer {
  const known = folders.get(folder) ?? openFolder(folder === '.' ? root : join(root, requireInside(folder, root)));
  folders.set(folder, known);
  return known;
}

async function wordsOf(files: readonly string[], texts: TextFiles): Promise<ReadonlyMap<string, string> | undefined> {
  if (files.length === 0) return undefined;
  const all = await Promise.all(files.map((file) => texts.questionTexts(file)));
  return new Map(all.flatMap((one) => [...one]));
}

async function openShards(
  split: string,
  declared: SplitDeclaration,
  { declaration, root }: { readonly declaration: DataDeclaration; readonly root: string },
): Promise<Opened> {
  const { format, captionStyle, conversationsAre = 'dialogues' } = declaration;
  const list = (declared.shards ?? []).map((entry) => requireInside(entry, root));
  const shards = shardsOf(list, root, format === 'parquet' ? '.parquet' : '.tar');
  const { images, records } = format === 'parquet' ? await openParquet(root, shards) : openWebDataset(root, shards);
  const builder = new SplitBuilder(split, declared, { style: captionStyle, container: images });
  const kinds = kindsOf(records);
  const content = (of: readonly DataRecord[]): Content => ({ kind: 'records', file: root, format, records: of });
  builder.addPrepared(kinds.prepared);
  if (kinds.captions.length > 0) builder.addCaptions(captionsIn(content(kinds.captions)), root);
  if (kinds.questions.length > 0) builder.addQuestions(questionsIn(content(kinds.questions)), undefined);
  if (kinds.conversations.length > 0) {
    builder.addConversations(readDialogues(content(kinds.conversations)), conversationsAre);
  }
  return { builder, container: images };
}

/** What each record of a shard is, by the fields that it has. */
function kindsOf(records: readonly DataRecord[]) {
  const kinds: Record<'prepared' | 'captions' | 'questions' | 'conversations', DataRecord[]> = {
    prepared: [],
    captions: [],
    questions: [],
    conversations: [],
  };
  for (const record of records) {
    const fields = record.value as Readonly<Record<string, unknown>>;
    if (isPreparedRecord(fields)) kinds.prepared.push(record);
    else if (Object.hasOwn(fields, 'conversations')) kinds.conversations.push(record);
    else kinds[Object.hasOwn(fields, 'question') ? 'questions' : 'captions'].push(record);
  }
  return kinds;
}

/** Tells the images of all splits apart: an identifier that an earlier split has is put behind the name of its split. */
function register(
  split: string,
  built: readonly BuiltSample[],
  container: ImageContainer | undefined,
  images: Map<string, { readonly container: ImageContainer | undefined; readonly file: string }>,
) {
  const ids = new Map<string, string>();
  const samples = built.map(({ sample, file }) => {
    const imageId = images.has(sample.imageId) ? `${split}/${sample.imageId}` : sample.imageId;
    if (images.has(imageId) || ids.has(sample.imageId)) {
      throw refusal(`two images are called ${sample.imageId}`, `${split}, ${file}`, 'an identifier for each image');
    }
    ids.set(sample.imageId, imageId);
    images.set(imageId, { container, file });
    return imageId === sample.imageId ? sample : { ...sample, imageId };
  });
  return { samples, ids };
}

function fingerprintOf({ splits, exclude, ...how }: DataDeclaration, manifest: readonly ManifestEntry[]): string {
  const files = manifest.map(({ name, bytes, sha256: digest }) => [name, bytes, digest]);
  const stated = Object.entries(splits).map(([split, declared]) => [split, sortedEntries(declared)]);
  return sha256(JSON.stringify([READING, sortedEntries(how), stated, files, exclude?.sha256 ?? null]));
}

function sortedEntries(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function emptySplit(split: string, root: string) {
  return refusal(`the ${split} split is empty`, root, 'at least one image', 'check which part of the files it takes');
}
