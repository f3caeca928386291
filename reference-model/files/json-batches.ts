/**
 * A large JSON document without its text in memory: the elements of a list, or of the lists in an object, are parsed some megabytes at a
 * time while the bytes come in. Only good documents are read this way: at anything unusual it gives up, and the whole text is parsed
 * instead, which says what is wrong and where.
 */
import { randomBytes } from 'node:crypto';
import { InputError } from './input-error.js';
import { isBlank } from './json-scan.js';
import { type JsonOptions, parseJsonBytes } from './read-json.js';

const BATCH_BYTES = 4_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * @param chunks UTF-8
 * @returns undefined where the document has to be parsed whole
 */
export async function parseJsonBatches(
  chunks: AsyncIterable<Buffer>,
  {
    batchBytes = BATCH_BYTES,
    largeIntegers,
  }: Pick<JsonOptions, 'largeIntegers'> & { readonly batchBytes?: number } = {},
): Promise<{ readonly document: unknown } | undefined> {
  const parts = new DocumentParts((bytes) =>
    parseJsonBytes(bytes, '', largeIntegers === undefined ? {} : { largeIntegers }),
  );
  let depth = 0;
  /** How deep the list stands whose elements are taken in batches; 0 outside of one. */
  let listDepth = 0;
  let isObject = false;
  let inString = false;
  let isEscaped = false;
  try {
    for await (const chunk of chunks) {
      let start = 0;
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at]!;
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (byte === QUOTE) inString = true;
        else if (byte === COMMA) {
          if (depth !== listDepth || parts.pendingBytes + at - start < batchBytes) continue;
          parts.take(chunk.subarray(start, at));
          parts.endBatch();
          start = at + 1;
        } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
          depth++;
          if (depth === 1) isObject = byte === OPEN_OBJECT;
          if (byte === OPEN_LIST && listDepth === 0 && depth === (isObject ? 2 : 1)) {
            parts.take(chunk.subarray(start, at));
            parts.beginList();
            listDepth = depth;
            start = at + 1;
          }
        } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
          if (depth === listDepth && depth > 0) {
            if (byte === CLOSE_OBJECT) return undefined;
            parts.take(chunk.subarray(start, at));
            parts.endList();
            listDepth = 0;
            start = at + 1;
          }
          depth--;
        }
      }
      parts.take(chunk.subarray(start));
    }
    return listDepth === 0 ? { document: parts.document() } : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The frame of a document, with a mark in the place of each list, and the lists. */
class DocumentParts {
  private readonly parse: (bytes: Buffer) => unknown;
  /** No text of the document can hold it. */
  private readonly mark = randomBytes(12).toString('hex');
  private readonly lists: unknown[][] = [];
  private frame: Buffer[] = [];
  private pending: Buffer[] = [];
  private inList = false;
  pendingBytes = 0;

  constructor(parse: (bytes: Buffer) => unknown) {
    this.parse = parse;
  }

  take(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.inList) {
      this.pending.push(bytes);
      this.pendingBytes += bytes.length;
    } else this.frame.push(bytes);
  }

  beginList(): void {
    this.frame.push(Buffer.from(`"${this.mark}${this.lists.length}"`));
    this.lists.push([]);
    this.inList = true;
  }

  endBatch(): void {
    const list = this.lists.at(-1)!;
    const text = Buffer.concat([Buffer.from('['), ...this.pending, Buffer.from(']')]);
    this.pending = [];
    this.pendingBytes = 0;
    const elements = this.parse(text) as unknown[];
    // Nothing stands between two commas, or after the last one.
    if (elements.length === 0) throw new InputError({ code: 'data-invalid', what: 'no element', where: '', fix: '' });
    for (const element of elements) list.push(element);
  }

  endList(): void {
    const isEmpty = this.lists.at(-1)!.length === 0 && this.pending.every((piece) => piece.every(isBlank));
    if (isEmpty) {
      this.pending = [];
      this.pendingBytes = 0;
    } else this.endBatch();
    this.inList = false;
  }

  document(): unknown {
    const frame = this.parse(Buffer.concat(this.frame));
    const filled = (value: unknown): unknown =>
      typeof value === 'string' && value.startsWith(this.mark)
        ? this.lists[Number(value.slice(this.mark.length))]
        : value;
    if (typeof frame !== 'object' || frame === null) return filled(frame);
    return Object.fromEntries(Object.entries(frame).map(([key, value]) => [key, filled(value)]));
  }
}
