/**
 * Messages of protocol buffers, written only (encoding: protobuf.dev/programming-guides/encoding). A message knows its size before any of
 * its large fields is fetched, so that a file with all weights of a model is written with one tensor in memory at a time.
 */

/** Encoded fields, in order. */
export interface Encoded {
  readonly size: number;
  /** Bytes, each piece fetched when it is asked for. */
  readonly pieces: () => Iterable<Uint8Array>;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

const bytesOf = (bytes: Uint8Array): Encoded => ({ size: bytes.length, pieces: () => [bytes] });

/** Groups of 7 bits, the lowest first; a negative number as its two's complement of 64 bits. */
function varint(value: number | bigint): readonly number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const group = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? group | 0x80 : group);
  } while (rest > 0n);
  return bytes;
}

const key = (field: number, type: number): readonly number[] => varint(field * 8 + type);

/** Fields one after the other: the content of a message. */
export function joined(fields: readonly Encoded[]): Encoded {
  return {
    size: fields.reduce((sum, { size }) => sum + size, 0),
    pieces: function* () {
      for (const { pieces } of fields) yield* pieces();
    },
  };
}

/** A field of a fixed number, of any of the types that `int32`, `int64` and enumerations have. */
export function integerField(field: number, value: number | bigint): Encoded {
  return bytesOf(Uint8Array.from([...key(field, VARINT), ...varint(value)]));
}

export function floatField(field: number, value: number): Encoded {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytesOf(Uint8Array.from([...key(field, FIXED_32), ...bytes]));
}

export function textField(field: number, text: string): Encoded {
  return messageField(field, bytesOf(new TextEncoder().encode(text)));
}

/** A nested message, or bytes: both are a length and what follows it. */
export function messageField(field: number, content: Encoded): Encoded {
  const head = Uint8Array.from([...key(field, LENGTH_DELIMITED), ...varint(content.size)]);
  return {
    size: head.length + content.size,
    pieces: function* () {
      yield head;
      yield* content.pieces();
    },
  };
}
