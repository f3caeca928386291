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
 */
export function scanJsonValue(bytes: Buffer, from = 0, to = bytes.length): JsonScan {
  const isObject: (0 | 1)[] = [0];
  /** First byte of each open list or object. */
  const opened: number[] = [0];
  /** Of each open object: where its keys begin in the lists of all keys, or a set of them. */
  const firstKey: number[] = [0];
  const keySets: (Set<string> | undefined)[] = [];
  const keyStarts: number[] = [];
  const keyEnds: number[] = [];
  const largeIntegers: number[] = [];
  let keys = 0;
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
        const escaped = hasEscape(bytes, at + 1, end - 1);
        const text = escaped || isReserved(bytes, at + 1, end - 1) ? textOf(bytes, at, end) : undefined;
        if (text === '__proto__') return fault({ kind: 'reserved-key', offset: at, key: text });
        let known = keySets[depth];
        if (known === undefined && (escaped || keys - firstKey[depth]! >= FEW_KEYS)) {
          known = new Set();
          for (let index = firstKey[depth]!; index < keys; index++) {
            known.add(textOf(bytes, keyStarts[index]! - 1, keyEnds[index]! + 1));
          }
          keySets[depth] = known;
        }
        if (known !== undefined) {
          const key = text ?? textOf(bytes, at, end);
          if (known.has(key)) return fault({ kind: 'duplicate-key', offset: at, key });
          known.add(key);
        } else {
          for (let index = firstKey[depth]!; index < keys; index++) {
            if (isSame(bytes, keyStarts[index]!, keyEnds[index]!, at + 1, end - 1)) {
              return fault({ kind: 'duplicate-key', offset: at, key: textOf(bytes, at, end) });
            }
          }
          keyStarts[keys] = at + 1;
          keyEnds[keys] = end - 1;
          keys++;
        }
        at = end;
        expect = COLON;
        continue;
      }
      case VALUE:
      case VALUE_OR_END:
        if (byte === QUOTE) {
          const end = stringEnd(bytes, at, to);
          if (end < 0)
            return fault(end === -1 - to ? { kind: 'end', offset: to } : { kind: 'syntax', offset: -1 - end });
          at = end;
        } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
          if (depth === DEEPEST_JSON) return fault({ kind: 'too-deep', offset: at });
          depth++;
          isObject[depth] = byte === OPEN_OBJECT ? 1 : 0;
          opened[depth] = at;
          firstKey[depth] = keys;
          keySets[depth] = undefined;
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
    keys = firstKey[depth]!;
    keySets[depth] = undefined;
    depth--;
    if (depth === 0) return { end: at, largeIntegers };
    expect = COMMA_OR_END;
  }
}

/** As `scanJsonValue`, for a text that holds one value and nothing else. */
export function scanJson(bytes: Buffer, from = 0, to = bytes.length): JsonScan {
  const scan = scanJsonValue(bytes, from, to);
  if (scan.fault !== undefined) return scan;
  let at = scan.end;
  while (at < to && isBlank(bytes[at]!)) at++;
  return at === to ? scan : { ...scan, fault: { kind: 'syntax', offset: at } };
}

export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
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

function isReserved(bytes: Buffer, from: number, to: number): boolean {
  return to - from === 9 && bytes[from] === 0x5f && bytes[from + 1] === 0x5f;
}

function hasEscape(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

function isSame(bytes: Buffer, from: number, to: number, otherFrom: number, otherTo: number): boolean {
  if (to - from !== otherTo - otherFrom) return false;
  for (let index = 0; index < to - from; index++) if (bytes[from + index] !== bytes[otherFrom + index]) return false;
  return true;
}

/** The string whose quotes stand at `from` and before `to`. */
function textOf(bytes: Buffer, from: number, to: number): string {
  return JSON.parse(bytes.toString('utf8', from, to)) as string;
}
