/** What kind of table a text is: its content decides, its name only where the content leaves it open. */
import { extname } from 'node:path';
import { isBlank, scanJson, scanJsonValue } from '../../files/json-scan.js';

export const TABLE_FORMATS = ['json', 'jsonl', 'csv', 'tsv', 'bar', 'semicolon', 'token'] as const;

/**
 * `bar` and `semicolon` are CSV with that delimiter; `token` is the Flickr layout without a header, `image#number<TAB>caption`.
 */
export type TableFormat = (typeof TABLE_FORMATS)[number];

export const formatNames: Readonly<Record<TableFormat, string>> = {
  json: 'JSON',
  jsonl: 'JSON Lines',
  csv: 'CSV',
  tsv: 'CSV with tabs',
  bar: 'CSV with vertical bars',
  semicolon: 'CSV with semicolons',
  token: 'image#number<TAB>caption',
};

export const delimiters = { csv: ',', tsv: '\t', bar: '|', semicolon: ';' } as const;

/** What the name of a file promises, `.gz` aside. */
export function formatOfName(file: string): TableFormat | undefined {
  switch (extname(file.replace(/\.gz$/i, '')).toLowerCase()) {
    case '.json':
      return 'json';
    case '.jsonl':
    case '.ndjson':
      return 'jsonl';
    case '.csv':
      return 'csv';
    case '.tsv':
    case '.tab':
      return 'tsv';
    case '.token':
      return 'token';
    default:
      return undefined;
  }
}

/**
 * @param head the beginning of the text, valid UTF-8
 * @param isWhole whether that is all of it
 * @param named what the name of the file promises
 * @returns undefined where neither tells
 */
export function recogniseFormat(
  head: Buffer,
  isWhole: boolean,
  named: TableFormat | undefined,
): TableFormat | undefined {
  const start = skipBlanks(head, 0);
  if (start === head.length) return named;
  return head[start] === 0x7b || head[start] === 0x5b
    ? jsonOrLines(head.subarray(start), isWhole, named)
    : delimited(lineAt(head, start), named);
}

/** A second value on a line of its own makes JSON Lines. */
function jsonOrLines(head: Buffer, isWhole: boolean, named: TableFormat | undefined): 'json' | 'jsonl' {
  const otherwise = named === 'jsonl' ? 'jsonl' : 'json';
  const { fault, end } = scanJsonValue(head);
  if (fault === undefined) {
    const next = skipBlanks(head, end);
    if (next < head.length)
      return beginsValue(head[next]) && head.subarray(end, next).includes(0x0a) ? 'jsonl' : otherwise;
    return isWhole && head[0] === 0x5b ? 'json' : otherwise;
  }
  // A break in the first line must not hide that the next line begins anew.
  const firstEnd = head.indexOf(0x0a);
  if (firstEnd < 0) return otherwise;
  const last = lineAt(head, 0).trimEnd().at(-1);
  const next = skipBlanks(head, firstEnd);
  return last === (head[0] === 0x7b ? '}' : ']') && head[next] === head[0] ? 'jsonl' : otherwise;
}

function delimited(header: string, named: TableFormat | undefined): TableFormat | undefined {
  const isJson = named === 'json' || named === 'jsonl';
  if (isJson && scanJson(Buffer.from(header)).fault === undefined) return named;
  if (/^[^\t]+#\d+\t/.test(header)) return 'token';
  const outside = header.replace(/"[^"]*"/g, '');
  if (named !== undefined && named in delimiters && outside.includes(delimiters[named as keyof typeof delimiters])) {
    return named;
  }
  const found = (['tsv', 'bar', 'csv', 'semicolon'] as const).find((format) => outside.includes(delimiters[format]));
  return found ?? named;
}

function beginsValue(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b;
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isBlank(bytes[at]!)) at++;
  return at;
}

function lineAt(bytes: Buffer, start: number): string {
  return bytes.toString('utf8', start).split(/[\r\n]/, 1)[0]!;
}
