/**
 * A data set that a user declares in YAML: its name, how it lies on disk, and under which licence. Paths are relative to the folder of the
 * file. Nothing of it is code, and every key that is not known is an error.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { InputError } from '../../files/input-error.js';
import { readText } from '../../files/read-text.js';
import type { DataSetCard } from '../card.js';
import { requireInside } from '../containers/container.js';
import { CAPTION_STYLES, DATA_FORMATS, type DataDeclaration, type SplitDeclaration } from './declaration.js';
import { readExclusion } from './exclusion.js';

/** One path or several. */
const paths = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const path = z.string().min(1);

const splitSchema = z.strictObject({
  captions: paths.optional().describe('files of captions, in any layout that references are read from'),
  questions: paths.optional().describe('files of questions with answers'),
  questionTexts: paths
    .optional()
    .describe('files of the words of questions, where the answers stand in files of their own'),
  conversations: paths.optional().describe('files of conversations as LLaVA keeps them'),
  images: path.optional().describe('folder of the images'),
  imageName: path.optional().describe('name of an image after its identifier, such as COCO_train2014_{id:12}.jpg'),
  shards: paths.optional().describe('tar or parquet files: data/train-*.tar, or a range such as {000..012}'),
  part: paths.optional().describe('takes records of these splits of the files only'),
  list: path.optional().describe('takes the images only that this file lists, one a line'),
});

const fileSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, dots and dashes'),
  description: z.string().optional(),
  license: z.string().min(1),
  source: z.string().optional(),
  format: z.enum(DATA_FORMATS),
  captionStyle: z.enum(CAPTION_STYLES).default('human'),
  conversationsAre: z.enum(['captions', 'dialogues']).optional(),
  exclude: path.optional().describe('list of images to leave out, as `data verify --exclude-duplicates` writes it'),
  splits: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, dots and dashes'),
      splitSchema,
    )
    .refine((splits) => Object.keys(splits).length > 0, 'must have at least one split'),
});

export interface DeclaredDataSet {
  readonly card: DataSetCard;
  readonly declaration: DataDeclaration;
  /** Folder that its paths are relative to. */
  readonly root: string;
}

/** @throws InputError naming file, line and key */
export function readDeclaredFile(file: string): DeclaredDataSet {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines, uniqueKeys: true, strict: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw invalid(`the file is not YAML: ${error.message.split('\n')[0]}`, `${file}:${line}:${col}`);
  }
  const parsed = fileSchema.safeParse(toPlain(document, file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const at = issue.path.map(String).join('.');
    throw invalid(`${at === '' ? 'the file' : at}: ${issue.message}`, placeIn(document, lines, issue.path, file));
  }
  const { name, description, license, source, splits, exclude, ...how } = parsed.data;
  const root = dirname(resolve(file));
  const stated = Object.fromEntries(
    Object.entries(splits).map(([split, declared]) => [
      split,
      asDeclared(declared, how.format, `${file}, splits.${split}`),
    ]),
  );
  const { conversationsAre, ...rest } = how;
  const declaration: DataDeclaration = {
    ...rest,
    ...(conversationsAre === undefined ? {} : { conversationsAre }),
    splits: stated,
    ...(exclude === undefined ? {} : { exclude: readExclusion(join(root, requireInside(exclude, file))) }),
  };
  return {
    card: {
      name,
      description: description ?? `declared in ${basename(file)}`,
      license,
      source: source ?? file,
      files: [],
      splits: {},
      layouts: [declaration],
    },
    declaration,
    root,
  };
}

/** Aliases are a way to make a small file very large. */
function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw invalid((error as Error).message, file);
  }
}

function asDeclared(
  split: z.infer<typeof splitSchema>,
  format: DataDeclaration['format'],
  where: string,
): SplitDeclaration {
  const { images, imageName, list, ...lists } = split;
  const listed = Object.fromEntries(
    Object.entries(lists).flatMap(([key, value]) => (value === undefined ? [] : [[key, [value].flat()]])),
  );
  const wanted = format === 'files' ? ['captions', 'questions', 'conversations'] : ['shards'];
  if (!wanted.some((key) => Object.hasOwn(listed, key))) {
    throw invalid(`the split has no ${wanted.join(', ')}`, where);
  }
  return {
    ...listed,
    ...(images === undefined ? {} : { images }),
    ...(imageName === undefined ? {} : { imageName }),
    ...(list === undefined ? {} : { list }),
  };
}

/** Line and column of the key, or of what it should stand in. */
function placeIn(document: Document, lines: LineCounter, keys: readonly PropertyKey[], file: string): string {
  for (let length = keys.length; length > 0; length--) {
    const node = document.getIn(keys.slice(0, length), true);
    if (!isNode(node) || node.range === null || node.range === undefined) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return `${file}:${line}:${col}`;
  }
  return file;
}

function invalid(what: string, where: string): InputError {
  return new InputError({
    code: 'data-invalid',
    what,
    where,
    expected: 'name, license, format (files, webdataset or parquet) and splits, each with its files',
    fix: 'correct the declaration; reference-model/data/README.md has examples',
  });
}
