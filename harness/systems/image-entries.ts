/**
 * The lines of a scores document: one image with its scores and the texts that were scored. They are checked by hand, since there
 * are thousands and a mistake must name its image.
 */
import {
  type Fields,
  refusal,
  requireIdentifier,
  requireList,
  requireObject,
  requireText,
} from '../../reference-model/data/layouts/fields.js';
import { UserError } from '../errors.js';
import { strictly } from '../files/read-input.js';
import type { SystemItem } from './system.js';

export interface ImageEntry {
  readonly id: string;
  readonly scores: ReadonlyMap<string, readonly unknown[]>;
  readonly items: readonly SystemItem[];
  /** Column `column` of `columns` of the scores `name` of a record. @throws UserError `score-invalid` when it is no number */
  value(name: string, record: number, column: number, columns: number): number;
}

/** @throws UserError naming the image and the field */
export function readImageEntries(images: unknown, records: number, file: string): readonly ImageEntry[] {
  return strictly(() => entriesOf(images, records, file));
}

function entriesOf(images: unknown, records: number, file: string): readonly ImageEntry[] {
  const list = requireList(images, `${file}, images`, 'a list of {"id": …, "scores": {…}}');
  if (list.length === 0) throw refusal('the file holds no image', `${file}, images`, 'at least one image');
  const seen = new Set<string>();
  return list.map((value, index) => {
    const where = `${file}, images[${index}]`;
    const fields = requireObject(value, where);
    const id = requireIdentifier(fields, ['id'], where);
    if (seen.has(id)) throw refusal(`image ${id} occurs twice`, where, 'one record per image');
    seen.add(id);
    const scores = new Map(
      Object.entries(requireObject(fields.scores, `${where}, scores`)).map(([name, given]) => {
        const list = Array.isArray(given) ? given : [given];
        if (list.length !== records) {
          throw refusal(`image ${id} has ${list.length} scores ${name}`, where, `${records}, one per record`);
        }
        return [name, list];
      }),
    );
    const items = fields.items === undefined ? [] : requireList(fields.items, `${where}, items`, 'a list of texts');
    return {
      id,
      scores,
      items: items.map((item, position) => readItem(item, id, records, `${where}, items[${position}]`)),
      value: (name, record, column, columns) =>
        scoreOf(scores.get(name)![record], column, columns, `${where}, scores.${name}`),
    };
  });
}

/** Larger scores would not sum to finite ones. */
const LARGEST_SCORE = 1e12;

function scoreOf(value: unknown, column: number, columns: number, where: string): number {
  const list: readonly unknown[] =
    columns === 1 ? [value] : Array.isArray(value) && value.length === columns ? value : [];
  const number = list[column];
  const isScore = isFiniteNumber(number) && Math.abs(number) <= LARGEST_SCORE;
  // Counts and sums of right answers are not negative, and an image without questions has no score.
  const isCount = columns === 1 || (isScore && number >= (columns === 2 && column === 1 ? 1 : 0));
  if (isScore && isCount) return number;
  throw new UserError({
    code: 'score-invalid',
    what: `the score is ${typeof number === 'number' ? number : shown(value)}`,
    where,
    expected:
      columns === 1 ? 'a finite number' : columns === 2 ? '[sum, count] of the image’s questions' : `${columns} counts`,
    fix: 'score the image again',
  });
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'bigint' ? String(entry) : entry));
}

function readItem(value: unknown, imageId: string, records: number, where: string): SystemItem {
  const fields = requireObject(value, where);
  const texts = listOf(fields, 'texts', where, isText, 'texts');
  if (texts.length !== records) throw refusal(`there are ${texts.length} texts`, where, `${records}, one per record`);
  const scores =
    fields.scores === undefined ? undefined : listOf(fields, 'scores', where, isFiniteNumber, 'finite numbers');
  const { kind } = fields;
  return {
    group: fields.group === undefined ? 'captions' : requireText(fields, ['group'], where),
    imageId,
    ...optionalText(fields, 'questionId', where),
    ...optionalText(fields, 'prompt', where),
    ...(kind === 'yes/no' || kind === 'closed' || kind === 'open' ? { kind } : {}),
    ...optionalText(fields, 'questionType', where),
    references: fields.references === undefined ? [] : listOf(fields, 'references', where, isText, 'texts'),
    texts,
    ...(scores === undefined ? {} : { scores }),
  };
}

function listOf<Value>(
  fields: Fields,
  key: string,
  where: string,
  accepts: (value: unknown) => value is Value,
  expected: string,
): readonly Value[] {
  const list = requireList(fields[key], `${where}, ${key}`, `a list of ${expected}`);
  return list.map((value, index) => {
    if (accepts(value)) return value;
    throw refusal('the entry is of another kind', `${where}, ${key}[${index}]`, `a list of ${expected}`);
  });
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function optionalText<Key extends 'questionId' | 'prompt' | 'questionType'>(
  fields: Fields,
  key: Key,
  where: string,
): { readonly [name in Key]?: string } {
  return fields[key] === undefined
    ? {}
    : ({ [key]: requireText(fields, [key], where) } as { readonly [name in Key]: string });
}

/** The plain object of one line, with keys in a fixed order. */
export function imageEntry(
  id: string,
  scores: Readonly<Record<string, unknown>>,
  items: readonly SystemItem[],
  withReferences: boolean,
): object {
  if (items.length === 0) return { id, scores };
  return {
    id,
    scores,
    items: items.map(({ imageId: _, references, ...item }) => ({
      group: item.group,
      questionId: item.questionId,
      prompt: item.prompt,
      kind: item.kind,
      questionType: item.questionType,
      references: withReferences && references.length > 0 ? references : undefined,
      texts: item.texts,
      scores: item.scores,
    })),
  };
}
