import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NamedArray, readSafetensors, writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import { SafetensorsError } from '../../../reference-model/checkpoint/safetensors-header.js';

const FILE = 'model.safetensors';

/** A file from a header and a data section, without any check. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const tensor: fc.Arbitrary<NamedArray> = fc
  .record({
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    seed: fc.infiniteStream(fc.float()),
    integer: fc.boolean(),
  })
  .map(({ shape, seed, integer }) => {
    const values = [...seed.take(shape.reduce((product, size) => product * size, 1))];
    return { shape, values: integer ? Int32Array.from(values) : Float32Array.from(values) };
  });
const tensors = fc
  .dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), tensor, { maxKeys: 5 })
  .map((fields) => new Map(Object.entries(fields)));
const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });

const bitsOf = ({ values }: NamedArray): readonly number[] => [
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
];

describe('safetensors', () => {
  it('reads back what was written, bit for bit', () => {
    fc.assert(
      fc.property(tensors, metadata, (written, texts) => {
        const read = readSafetensors(writeSafetensors(written, texts), FILE);
        expect(new Map(Object.entries(read.metadata))).toEqual(new Map(Object.entries(texts)));
        expect([...read.tensors.keys()].sort()).toEqual([...written.keys()].sort());
        for (const [name, { shape, values }] of written) {
          const back = read.tensors.get(name)!;
          expect(back.shape).toEqual(shape);
          expect(back.values.constructor).toBe(values.constructor);
          expect(bitsOf(back)).toEqual(bitsOf({ shape, values }));
        }
      }),
    );
  });

  it('writes the layout of the specification', () => {
    const bytes = writeSafetensors(
      new Map([
        ['b', { shape: [2], values: Int32Array.of(1, -1) }],
        ['a', { shape: [], values: Float32Array.of(1) }],
      ]),
      { z: '1', format: 'pt' },
    );
    const text =
      '{"__metadata__":{"format":"pt","z":"1"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
      '"b":{"dtype":"I32","shape":[2],"data_offsets":[4,12]}}';
    const padded = text.padEnd(Math.ceil(text.length / 8) * 8, ' ');
    const data = [0, 0, 0x80, 0x3f, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    const length = [padded.length & 0xff, padded.length >> 8, 0, 0, 0, 0, 0, 0];
    expect([...bytes]).toEqual([...length, ...new TextEncoder().encode(padded), ...data]);
  });

  it('gives equal bytes for equal tensors in any order, also for names that look like integers', () => {
    const array = (value: number): NamedArray => ({ shape: [1], values: Float32Array.of(value) });
    const names = ['10', '9', 'layer', '__proto__'];
    const forth = writeSafetensors(new Map(names.map((name, i) => [name, array(i)])), { b: '2', 1: 'one', a: '1' });
    const back = writeSafetensors(new Map(names.map((name, i) => [name, array(i)] as const).reverse()), {
      a: '1',
      b: '2',
      1: 'one',
    });
    expect(back).toEqual(forth);
    expect([...readSafetensors(forth, FILE).tensors.keys()]).toEqual([...names].sort());
  });

  it('widens F16 and BF16 to the values of IEEE 754', () => {
    const patterns = (dtype: string, ...bits: number[]): number[] => [
      ...readSafetensors(
        fileOf({ x: entry(dtype, [bits.length], 0, 2 * bits.length) }, new Uint8Array(Uint16Array.from(bits).buffer)),
        FILE,
      ).tensors.get('x')!.values,
    ];
    // Examples from the Wikipedia article on the half-precision format.
    expect(patterns('F16', 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0x7bff, 0x7c00, 0x8000, 0xc000)).toEqual([
      2 ** -24,
      2 ** -14 * (1023 / 1024),
      2 ** -14,
      0.25 * (1 + 341 / 1024),
      1,
      65504,
      Number.POSITIVE_INFINITY,
      -0,
      -2,
    ]);
    expect(patterns('F16', 0x7e00)).toEqual([Number.NaN]);
    expect(patterns('BF16', 0x3f80, 0xc000, 0x4049, 0x7f80, 0x0000)).toEqual([
      1,
      -2,
      3.140625,
      Number.POSITIVE_INFINITY,
      0,
    ]);
  });

  it('reads a Buffer that starts at any offset of a larger one', () => {
    const written = writeSafetensors(new Map([['a', { shape: [2], values: Float32Array.of(1.5, -2) }]]));
    for (let offset = 0; offset < 4; offset++) {
      const large = Buffer.alloc(written.length + 8, 0xff);
      large.set(written, offset);
      const read = readSafetensors(large.subarray(offset, offset + written.length), FILE).tensors.get('a')!;
      expect([...read.values]).toEqual([1.5, -2]);
    }
  });

  it('decodes only the tensors asked for', () => {
    const bytes = writeSafetensors(
      new Map(['a', 'b', 'c'].map((name, i) => [name, { shape: [1], values: Float32Array.of(i) }])),
    );
    expect([...readSafetensors(bytes, FILE, ['c', 'a']).tensors.keys()]).toEqual(['a', 'c']);
    expect(() => readSafetensors(bytes, FILE, ['d'])).toThrow(
      'model.safetensors, tensor "d": The file has no such tensor. It has 3 others; check that it belongs to this model.',
    );
  });

  const F32 = entry('F32', [1], 0, 4);
  const four = new Uint8Array(4);
  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(), 'model.safetensors: The file has 0 bytes, less than a header length takes.'],
    [
      'a header longer than the file',
      fileOf({}).slice(0, 9),
      'The header claims 2 bytes, but the file ends after 1 of them.',
    ],
    [
      'an absurd header length',
      new Uint8Array(16).fill(0xff),
      'The header claims 18446744073709551615 bytes; this is not',
    ],
    ['a header that is not JSON', fileOf('{"a":'), 'The header is not valid JSON.'],
    ['a header that is a list', fileOf([]), 'The header is not a JSON object.'],
    ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }), 'The metadata is not a map of strings.'],
    [
      'an unknown type',
      fileOf({ a: entry('F8_E4M3', [4], 0, 4) }, four),
      'tensor "a": The type "F8_E4M3" is not supported. Convert',
    ],
    ['a tensor that is null', fileOf({ a: null }), 'tensor "a": The type undefined is not supported.'],
    ['a negative size', fileOf({ a: entry('F32', [-1], 0, 4) }, four), 'The shape [-1] is not a list of sizes.'],
    ['a shape that overflows', fileOf({ a: entry('F32', [2 ** 40, 2 ** 40], 0, 4) }, four), 'is not a list of sizes'],
    [
      'offsets in reverse',
      fileOf({ a: entry('F32', [1], 4, 0) }, four),
      'The data_offsets [4,0] are not a byte range.',
    ],
    [
      'a wrong byte size',
      fileOf({ a: entry('F32', [2], 0, 4) }, four),
      'The byte range 0–4 holds 4 bytes, but F32 [2] takes 8.',
    ],
    [
      'data cut off',
      fileOf({ a: F32 }, new Uint8Array(3)),
      'The data ends at byte 4 of the data section, but the file holds only 3.',
    ],
    [
      'overlapping tensors',
      fileOf({ a: entry('F32', [2], 0, 8), b: entry('F32', [1], 4, 8) }, new Uint8Array(8)),
      'tensor "b": Its byte range 4–8 overlaps the tensor before it.',
    ],
    ['a gap', fileOf({ a: entry('F32', [1], 4, 8) }, new Uint8Array(8)), 'leaves 4 bytes unused before it.'],
    ['bytes at the end', fileOf({ a: F32 }, new Uint8Array(6)), 'The last 2 bytes belong to no tensor.'],
  ])('refuses %s', (_, bytes, message) => {
    const read = () => readSafetensors(bytes, FILE);
    expect(read).toThrow(SafetensorsError);
    expect(read).toThrow(message);
  });

  it('refuses every truncation, and reads or refuses, never crashes on, any flipped byte', () => {
    const valid = writeSafetensors(
      new Map([
        ['first', { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }],
        ['second', { shape: [3], values: Int32Array.of(5, 6, 7) }],
      ]),
      { note: 'x' },
    );
    for (let length = 0; length < valid.length; length++) {
      expect(() => readSafetensors(valid.slice(0, length), FILE)).toThrow(SafetensorsError);
    }
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = valid.slice();
        broken[at]! ^= flip;
        try {
          readSafetensors(broken, FILE);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses to write values that do not fill their shape', () => {
    expect(() => writeSafetensors(new Map([['a', { shape: [2, 2], values: Float32Array.of(1) }]]))).toThrow(
      'Tensor "a" cannot be written: 1 values for shape [2, 2].',
    );
  });
});
