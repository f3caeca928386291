/**
 * Holds the headers of a column's pages against each other before anything is decoded: the library takes their counts as they are, and counts
 * that no writer writes can keep it busy without end. Fields are numbered as in parquet.thrift (PageHeader).
 */
import type { AsyncBuffer, ColumnChunk } from 'hyparquet';

type Header = Readonly<Record<string, unknown>>;

/** Bytes read for a header; those with statistics of long values need more. */
const HEADER_BYTES = [2 ** 12, 2 ** 20] as const;

/** @throws RangeError for a page whose header cannot be right */
export async function requireSoundPages(file: AsyncBuffer, { meta_data: column }: ColumnChunk): Promise<void> {
  if (column === undefined) return;
  const { deserializeTCompactProtocol } = await import('hyparquet/src/thrift.js');
  let at = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = at + Number(column.total_compressed_size);
  let values = 0;
  while (values < Number(column.num_values)) {
    if (at >= end) throw new RangeError('a column ends before its last value');
    const { header, length } = await headerAt(at);
    const [size, stored] = [requireCount(header.field_2), requireCount(header.field_3)];
    if (at + length + stored > end) throw new RangeError('a page is longer than its column');
    values += valuesOf(header, size);
    at += length + stored;
  }
  if (values !== Number(column.num_values)) throw new RangeError('the pages of a column hold more values than it');

  async function headerAt(start: number): Promise<{ readonly header: Header; readonly length: number }> {
    for (const bytes of HEADER_BYTES) {
      const reader = { view: new DataView(await file.slice(start, Math.min(start + bytes, end))), offset: 0 };
      try {
        return { header: deserializeTCompactProtocol(reader) as Header, length: reader.offset };
      } catch (error) {
        if (bytes === HEADER_BYTES[1] || start + bytes >= end) throw error;
      }
    }
    throw new RangeError('a page has no header');
  }
}

/** Values of a page of data; none of a dictionary or an index. */
function valuesOf(header: Header, size: number): number {
  const plain = header.field_5 as Header | undefined;
  const second = header.field_8 as Header | undefined;
  if (header.field_1 === 0 && plain !== undefined) return requireCount(plain.field_1);
  if (header.field_1 === 3 && second !== undefined) {
    const [values, nulls, rows] = [second.field_1, second.field_2, second.field_3].map(requireCount);
    const levels = requireCount(second.field_5) + requireCount(second.field_6);
    if (nulls! > values! || rows! > values! || levels > size) throw new RangeError('the counts of a page contradict');
    return values!;
  }
  if (header.field_1 === 1 || header.field_1 === 2) return 0;
  throw new RangeError('a page is of no known kind');
}

function requireCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError('a count of a page is missing or negative');
}
