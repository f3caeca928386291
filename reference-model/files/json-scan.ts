/**
 * A strict scanner of JSON (RFC 8259) over UTF-8 bytes, beside `JSON.parse`: it finds what that one passes over in silence (a key that
 * occurs twice, digits of integers that a double cannot hold) and the place of what it refuses. It builds no values, so it costs a part of parsing.
 */

/** Lists and objects may stand in each other this deep. */
export const DEEPEST_JSON = 100;

export type JsonFault =
  /** The text ends before the value does. */
  | { readonly kind: 'end'; readonly offset: number }
  /** No JSON text can hold this byte here. */
  | { readonly kind: 'syntax'; readonly offset: number }
  | { readonly kind: 'trailing-comma'; readonly offset: number }
  /** NaN or an infinity, as Python writes them. */
  | { readonly kind: 'not-a-number'; readonly offset: number; readonly record: number }
  | { readonly kind: 'duplicate-key'; readonly offset: number; readonly key: string }
  /** `__proto__`, which too much code takes for something else. */
  | { readonly kind: 'reserved-key'; readonly offset: number; readonly key: string }
  | { readonly kind: 'too-deep'; readonly offset: number };

export interface JsonScan {
  readonly fault?: JsonFault;
  /** Byte after the value. */
  readonly end: number;
  /** First byte, and byte after the last one, of every integer beyond ±(2⁵³ − 1), in turn. */
  readonly largeIntegers: readonly number[];
}

const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
type Expectation =
  | typeof VALUE
  | typeof VALUE_OR_END
  | typeof KEY
  | typeof KEY_OR_END
  | typeof COLON
  | typeof COMMA_OR_END;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const UNDERSCORE = 0x5f;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Keys of one object up to which they are compared one by one. */
const FEW_KEYS = 16;
/** Digits that every integer of a double's 53 bits can have. */
const SAFE_DIGITS = 15;

/**
 * Scans the value that begins at `from`, white space before it allowed. What follows it is not looked at.
 * @param bytes valid UTF-8; `to` is its end
 * @param skipsTexts whether strings that are values are passed over without a look at what is in them, for a text that is parsed as well
 */
export function scanJsonValue(bytes: Buffer, from = 0, to = bytes.length, skipsTexts = false): JsonScan {
  const isObject: (0 | 1)[] = [0];
  /** First byte of each open list or object. */
  const opened: number[] = [0];
  const keys = new OpenKeys(bytes);
  const largeIntegers: number[] = [];
  let depth = 0;
  let expect: Expectation = VALUE;
  let at = from;

  const fault = (found: JsonFault): JsonScan => ({ fault: found, end: at, largeIntegers });

  while (true) {
    let byte = bytes[at]!;
    while (at < to && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) byte = bytes[++at]!;
    if (at >= to) return fault({ kind: 'end', offset: to });
    switch (expect) {
      case COMMA_OR_END:
        if (byte === 0x2c) {
          at++;
          expect = isObject[depth] === 1 ? KEY : VALUE;
          continue;
        }
        if (byte !== (isObject[depth] === 1 ? CLOSE_OBJECT : CLOSE_LIST)) return fault({ kind: 'syntax', offset: at });
        break;
      case COLON:
        if (byte !== 0x3a) return fault({ kind: 'syntax', offset: at });
        at++;
        expect = VALUE;
        continue;
      case KEY:
      case KEY_OR_END: {
        if (byte === CLOSE_OBJECT) {
          if (expect === KEY) return fault({ kind: 'trailing-comma', offset: at });
          break;
        }
        if (byte !== QUOTE) return fault({ kind: 'syntax', offset: at });
        const end = stringEnd(bytes, at, to);
        if (end < 0) return fault(end === -1 - to ? { kind: 'end', offset: to } : { kind: 'syntax', offset: -1 - end });
        const known = keys.add(at, end);
        if (known !== undefined) return fault({ kind: known, offset: at, key: textOf(bytes, at, end) });
        at = end;
        expect = COLON;
        continue;
      }
      case VALUE:
      case VALUE_OR_END:
        if (byte === QUOTE) {
          let end = skipsTexts ? skippedString(bytes, at) : 0;
          if (end === 0 || end > to) end = stringEnd(bytes, at, to);
          if (end < 0)
            return fault(end === -1 - to ? { kind: 'end', offset: to } : { kind: 'syntax', offset: -1 - end });
          at = end;
        } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
          if (depth === DEEPEST_JSON) return fault({ kind: 'too-deep', offset: at });
          depth++;
          isObject[depth] = byte === OPEN_OBJECT ? 1 : 0;
          opened[depth] = at;
          keys.open();
          at++;
          expect = byte === OPEN_OBJECT ? KEY_OR_END : VALUE_OR_END;
          continue;
        } else if (byte === CLOSE_LIST && depth > 0 && isObject[depth] === 0) {
          if (expect === VALUE) return fault({ kind: 'trailing-comma', offset: at });
          break;
        } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
          if (byte === 0x2d && startsWith(bytes, at, '-Infinity')) {
            return fault({ kind: 'not-a-number', offset: at, record: depth === 0 ? at : opened[depth]! });
          }
          const end = numberEnd(bytes, at, to);
          if (end < 0)
            return fault(end === -1 - to ? { kind: 'end', offset: to } : { kind: 'syntax', offset: -1 - end });
          if (end - at > SAFE_DIGITS && isLargeInteger(bytes, at, end)) largeIntegers.push(at, end);
          at = end;
        } else {
          const word = byte === 0x74 ? 'true' : byte === 0x66 ? 'false' : byte === 0x6e ? 'null' : undefined;
          if (word === undefined || !startsWith(bytes, at, word) || at + word.length > to) {
            if (startsWith(bytes, at, 'NaN') || startsWith(bytes, at, 'Infinity')) {
              return fault({ kind: 'not-a-number', offset: at, record: depth === 0 ? at : opened[depth]! });
            }
            return fault({ kind: 'syntax', offset: at });
          }
          at += word.length;
        }
        if (depth === 0) return { end: at, largeIntegers };
        expect = COMMA_OR_END;
        continue;
      default:
        expect satisfies never;
    }
    // A list or an object ends here.
    at++;
    keys.close();
    depth--;
    if (depth === 0) return { end: at, largeIntegers };
    expect = COMMA_OR_END;
  }
}

/** The keys of all objects that are open; those of one object are compared one by one while they are few. */
class OpenKeys {
  private readonly bytes: Buffer;
  /** First byte, and byte after the last one, of each key, without its quotes. */
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private count = 0;
  /** Of each open list or object: where its keys begin among all of them, or a set of them. */
  private readonly first: number[] = [];
  private readonly sets: (Set<string> | undefined)[] = [];
  private depth = -1;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  open(): void {
    this.depth++;
    this.first[this.depth] = this.count;
    this.sets[this.depth] = undefined;
  }

  close(): void {
    this.count = this.first[this.depth]!;
    this.depth--;
  }

  /** Takes the key of the innermost object whose quotes begin at `at` and end before `end`, or says what is wrong with it. */
  add(at: number, end: number): 'duplicate-key' | 'reserved-key' | undefined {
    const { bytes, starts, ends, count } = this;
    const first = this.first[this.depth]!;
    const start = at + 1;
    const last = end - 1;
    if (this.sets[this.depth] !== undefined || count - first >= FEW_KEYS || isUnusual(bytes, start, last)) {
      return this.addText(textOf(bytes, at, end));
    }
    for (let index = first; index < count; index++) {
      if (ends[index]! - starts[index]! === last - start && isSame(bytes, starts[index]!, start, last)) {
        return 'duplicate-key';
      }
    }
    starts[count] = start;
    ends[count] = last;
    this.count = count + 1;
    return undefined;
  }

  private addText(key: string): 'duplicate-key' | 'reserved-key' | undefined {
    if (key === '__proto__') return 'reserved-key';
    let known = this.sets[this.depth];
    if (known === undefined) {
      known = new Set();
      this.sets[this.depth] = known;
      for (let index = this.first[this.depth]!; index < this.count; index++) {
        known.add(textOf(this.bytes, this.starts[index]! - 1, this.ends[index]! + 1));
      }
    }
    if (known.has(key)) return 'duplicate-key';
    known.add(key);
    return undefined;
  }
}

/** Whether a key holds an escape, or begins as the reserved one does. */
function isUnusual(bytes: Buffer, from: number, to: number): boolean {
  if (bytes[from] === UNDERSCORE) return true;
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/** As `scanJsonValue`, for a text that holds one value and nothing else. */
export function scanJson(bytes: Buffer, from = 0, to = bytes.length, skipsTexts = false): JsonScan {
  const scan = scanJsonValue(bytes, from, to, skipsTexts);
  if (scan.fault !== undefined) return scan;
  let at = scan.end;
  while (at < to && isBlank(bytes[at]!)) at++;
  return at === to ? scan : { ...scan, fault: { kind: 'syntax', offset: at } };
}

export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Byte after the string that begins at `at`; 0 where that takes a closer look. */
function skippedString(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(QUOTE, at + 1);
  return end < 0 || bytes[end - 1] === BACKSLASH ? 0 : end + 1;
}

/** Byte after the string that begins at `at`; −1 − offset of what it cannot hold, or −1 − `to` where it does not end. */
function stringEnd(bytes: Buffer, at: number, to: number): number {
  for (let index = at + 1; index < to; index++) {
    const byte = bytes[index]!;
    if (byte === QUOTE) return index + 1;
    if (byte < 0x20) return -1 - index;
    if (byte !== BACKSLASH) continue;
    const escaped = bytes[++index];
    if (index >= to) return -1 - to;
    if (escaped === 0x75) {
      for (let digit = 1; digit <= 4; digit++) {
        if (index + digit >= to) return -1 - to;
        if (!isHexadecimal(bytes[index + digit]!)) return -1 - (index - 1);
      }
      index += 4;
    } else if (!isEscape(escaped!)) return -1 - (index - 1);
  }
  return -1 - to;
}

function isEscape(byte: number): boolean {
  // " \ / b f n r t
  return (
    byte === QUOTE ||
    byte === BACKSLASH ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  );
}

function isHexadecimal(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Byte after the number that begins at `start`; −1 − offset of what breaks it. */
function numberEnd(bytes: Buffer, start: number, to: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  const digits = (): boolean => {
    const first = at;
    while (at < to && isDigit(bytes[at])) at++;
    return at > first;
  };
  if (at < to && bytes[at] === 0x30) at++;
  else if (!digits()) return -1 - (at < to ? start : to);
  if (at < to && bytes[at] === 0x2e) {
    at++;
    if (!digits()) return -1 - (at < to ? start : to);
  }
  if (at < to && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++;
    if (at < to && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++;
    if (!digits()) return -1 - (at < to ? start : to);
  }
  return at;
}

function isLargeInteger(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) if (!isDigit(bytes[at])) return false;
  return !Number.isSafeInteger(Number(bytes.toString('latin1', from, to)));
}

function startsWith(bytes: Buffer, at: number, word: string): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word.charCodeAt(index)) return false;
  return true;
}

function isSame(bytes: Buffer, other: number, from: number, to: number): boolean {
  for (let at = from, index = other; at < to; at++, index++) if (bytes[at] !== bytes[index]) return false;
  return true;
}

/** The string whose quotes stand at `from` and before `to`. */
function textOf(bytes: Buffer, from: number, to: number): string {
  return JSON.parse(bytes.toString('utf8', from, to)) as string;
}
