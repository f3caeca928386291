/** What a file of references or predictions holds before anybody knows its layout: one JSON object, or records in a row. */

/** Where something stands, put into words only for a message. */
export interface Place {
  toString(): string;
}

export interface DataRecord {
  readonly value: unknown;
  readonly where: Place;
}

export type Content =
  /** One JSON object. */
  | { readonly kind: 'document'; readonly file: string; readonly value: Readonly<Record<string, unknown>> }
  /** A JSON list, JSON Lines, or a table with a header, whose cells are all text. */
  | {
      readonly kind: 'records';
      readonly file: string;
      readonly format: string;
      readonly records: readonly DataRecord[];
    };

/** The fields that the first record of `content` has; undefined where it holds no records, or no objects. */
export function firstFields(content: Content): Readonly<Record<string, unknown>> | undefined {
  if (content.kind !== 'records') return undefined;
  const value = content.records[0]?.value;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** Records that stand in a list of a JSON object, under the first of `keys` that holds a list; any other content as it is. */
export function unwrapped(content: Content, keys: readonly string[]): Content {
  if (content.kind !== 'document') return content;
  const { file, value } = content;
  const key = keys.find((name) => Object.hasOwn(value, name) && Array.isArray(value[name]));
  if (key === undefined) return content;
  const list = value[key] as readonly unknown[];
  const records = list.map((entry, index) => ({ value: entry, where: placeIn(file, key, index) }));
  return { kind: 'records', file, format: 'json', records };
}

/** Place of an entry of a list in a JSON file. @param path of the list in the document; empty where the list is the document */
export function placeIn(file: string, path: string, index: number): Place {
  return { toString: () => `${file}, ${path}[${index}]` };
}
