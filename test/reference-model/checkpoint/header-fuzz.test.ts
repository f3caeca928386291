/**
 * Damaged headers of safetensors files: whatever stands there, the file is read or refused by one clear error, and nothing outside it is
 * touched. FUZZ_RUNS sets how many are tried.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ByteSource,
  parseHeader,
  SafetensorsError,
} from '../../../reference-model/checkpoint/safetensors-header.js';

const numRuns = Number(process.env.FUZZ_RUNS ?? 2000);
const SAMPLE = new Uint8Array(
  readFileSync('test/fixtures/hugging-face/llama-tied-float16-transformers-5/model.safetensors'),
);
const LENGTH = Number(new DataView(SAMPLE.buffer, SAMPLE.byteOffset).getBigUint64(0, true));

/** A file whose reads are checked: none leaves it, none is larger than the header that its size allows. */
function source(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (begin, end) => {
      expect(begin).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(bytes.length);
      return bytes.subarray(begin, end);
    },
  };
}

/** Whether the file is read; if so, its tensors cover its data exactly. */
function tryParse(bytes: Uint8Array): boolean {
  try {
    const { entries, others, dataStart } = parseHeader(source(bytes), 'f', { otherTypes: 'told' });
    const ranges = [...entries, ...others].sort((a, b) => a.begin - b.begin || a.end - b.end);
    let at = 0;
    for (const { begin, end } of ranges) {
      expect(begin).toBe(at);
      at = end;
    }
    expect(dataStart + at).toBe(bytes.length);
    return true;
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    expect(error.message).toMatch(/^f.*: .+\. .+\.$/s);
    return false;
  }
}

function withHeader(text: string): Uint8Array {
  const header = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + header.length + SAMPLE.length - 8 - LENGTH);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(SAMPLE.subarray(8 + LENGTH), 8 + header.length);
  return bytes;
}

const HEADER = new TextDecoder().decode(SAMPLE.subarray(8, 8 + LENGTH)).trimEnd();

describe('a safetensors header', () => {
  it('is read as it was written', () => {
    expect(tryParse(SAMPLE)).toBe(true);
    expect(tryParse(withHeader(HEADER))).toBe(true);
  });

  it('with damaged bytes is read or refused', () => {
    const damage = fc.array(fc.tuple(fc.nat(LENGTH + 7), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(damage, fc.option(fc.nat(SAMPLE.length)), (changes, cut) => {
        const bytes = SAMPLE.slice(0, cut ?? SAMPLE.length);
        for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
        tryParse(bytes);
      }),
      { numRuns },
    );
  });

  it('with changed fields is read or refused', () => {
    type Entries = Record<string, { dtype: unknown; shape: unknown; data_offsets: unknown }>;
    const names = Object.keys(JSON.parse(HEADER) as Entries).filter((name) => name !== '__metadata__');
    const number = fc.oneof(fc.integer(), fc.maxSafeNat(), fc.constantFrom(2 ** 53, 1e300, -1, 0.5, 0, 1));
    const value = fc.oneof(
      number,
      fc.array(number, { maxLength: 3 }),
      fc.constantFrom('F64', 'F8_E4M3', 'I64', 'f32', '', null, {}, [[]]),
    );
    const change = fc.record({
      name: fc.constantFrom(...names),
      field: fc.constantFrom('dtype', 'shape', 'data_offsets' as const),
      value,
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const entries = JSON.parse(HEADER) as Entries;
        for (const { name, field, value: other } of changes) entries[name]![field as 'dtype'] = other;
        tryParse(withHeader(JSON.stringify(entries)));
      }),
      { numRuns },
    );
  });

  it.each([
    [
      'overlapping ranges',
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}',
    ],
    [
      'a name that occurs twice',
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    ],
    ['nesting without end', `{"a":${'['.repeat(200_000)}`],
    ['a type that is none', '{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,4]}}'],
    ['a product of sizes beyond all numbers', '{"a":{"dtype":"F32","shape":[1e200,1e200],"data_offsets":[0,4]}}'],
  ])('with %s is refused', (_, header) => {
    expect(tryParse(withHeader(header))).toBe(false);
  });

  it('that claims a gigabyte is refused before it is read', () => {
    for (const claimed of [1_000_000_000n, 2n ** 63n, BigInt(SAMPLE.length)]) {
      const bytes = SAMPLE.slice();
      new DataView(bytes.buffer).setBigUint64(0, claimed, true);
      const reads: number[] = [];
      const read = (begin: number, end: number): Uint8Array => {
        reads.push(end);
        return bytes.subarray(begin, end);
      };
      const counting: ByteSource = { size: bytes.length, read };
      expect(() => parseHeader(counting, 'f')).toThrow(SafetensorsError);
      expect(reads).toEqual([8]);
    }
  });
});
