/**
 * One parquet file as records and images: rows are read a row group at a time, text columns as text, columns of bytes as bytes. A column of
 * images is what Hugging Face writes, a structure of `bytes` and `path`, or a plain column of bytes.
 */
import { closeSync, openSync } from 'node:fs';
import type { AsyncBuffer, FileMetaData, SchemaTree } from 'hyparquet';
import { readExactly } from '../../files/file-bytes.js';
import { InputError, unreadable } from '../../files/input-error.js';
import { requireRegularFile } from '../../files/regular-file.js';
import { requireSoundPages } from './parquet-pages.js';

export interface ParquetFile {
  readonly bytes: number;
  readonly rows: number;
  /** Name of the column that holds the images; undefined where there is none. */
  readonly imageColumn: string | undefined;
  /** Rows of one row group after another. @throws InputError naming the file */
  groups(): AsyncIterable<{ readonly firstRow: number; readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  /**
   * The image of a row. Where the file has an index of its pages, only the one with that row is read; else the row group is, and kept until
   * another one is asked for.
   */
  image(row: number): Promise<EmbeddedImage>;
}

export interface EmbeddedImage {
  readonly bytes?: Uint8Array;
  readonly path?: string;
}

/** @throws InputError for what is no parquet file */
export async function openParquetFile(file: string): Promise<ParquetFile> {
  const bytes = requireRegularFile(file);
  const source = bufferOf(file, bytes);
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const metadata = await reading(file, () => parquetMetadataAsync(source, { geoparquet: false }));
  const { imageColumn, rows, starts, indexed } = await reading(file, async () => {
    const column = imageColumnOf(parquetSchema(metadata));
    return { imageColumn: column, ...rowGroupsOf(metadata, column) };
  });
  const read = (first: number, last: number, columns?: string[]) =>
    reading(file, async () => {
      const { compressors } = await import('hyparquet-compressors');
      const objects = await parquetReadObjects({
        file: source,
        metadata,
        compressors,
        utf8: false, // else bytes of images become text
        rowStart: first,
        rowEnd: last,
        useOffsetIndex: true,
        ...(columns === undefined ? {} : { columns }),
      });
      if (objects.length !== last - first) throw new RangeError(`${objects.length} of ${last - first} rows`);
      return objects as readonly Readonly<Record<string, unknown>>[];
    });

  let kept: { readonly group: number; readonly images: readonly EmbeddedImage[] } | undefined;
  return {
    bytes,
    rows,
    imageColumn,
    async *groups() {
      const filled = metadata.row_groups.filter(({ num_rows }) => num_rows > 0n);
      for (const [group, firstRow] of starts.entries()) {
        await reading(file, async () => {
          for (const column of filled[group]!.columns) await requireSoundPages(source, column);
        });
        yield { firstRow, rows: await read(firstRow, starts[group + 1] ?? rows) };
      }
    },
    image: async (row) => {
      if (imageColumn === undefined) throw new RangeError(`${file} has no column of images.`);
      const group = starts.findLastIndex((start) => start <= row);
      if (indexed[group]) {
        const [object] = await read(row, row + 1, [imageColumn]);
        return embeddedImage(object![imageColumn]);
      }
      if (kept?.group !== group) {
        const objects = await read(starts[group]!, starts[group + 1] ?? rows, [imageColumn]);
        kept = { group, images: objects.map((object) => embeddedImage(object[imageColumn])) };
      }
      return kept.images[row - starts[group]!]!;
    },
  };
}

/** The image in a cell, in whichever of the two forms. */
export function embeddedImage(cell: unknown): EmbeddedImage {
  if (cell instanceof Uint8Array) return { bytes: cell };
  if (typeof cell !== 'object' || cell === null) return {};
  const { bytes, path } = cell as { readonly bytes?: unknown; readonly path?: unknown };
  return {
    ...(bytes instanceof Uint8Array ? { bytes } : {}),
    ...(typeof path === 'string' && path !== '' ? { path } : {}),
  };
}

/** First row of every row group that has rows. */
function rowGroupsOf(
  { row_groups, num_rows }: FileMetaData,
  imageColumn: string | undefined,
): {
  readonly rows: number;
  readonly starts: readonly number[];
  /** Whether it is known where the pages of the images lie. */
  readonly indexed: readonly boolean[];
} {
  let rows = 0;
  const starts: number[] = [];
  const indexed: boolean[] = [];
  for (const { num_rows: count, columns } of row_groups) {
    if (count < 0n || count > 1_000_000_000n) throw new RangeError('a row group has an impossible number of rows');
    if (count > 0n) {
      starts.push(rows);
      const parts = columns.filter(({ meta_data }) => meta_data?.path_in_schema[0] === imageColumn);
      // The paths may fit into a single page, which needs no index.
      indexed.push(parts.some((part) => part.offset_index_offset !== undefined));
    }
    rows += Number(count);
  }
  if (rows !== Number(num_rows)) throw new RangeError(`it claims ${num_rows} rows and holds ${rows}`);
  return { rows, starts, indexed };
}

function imageColumnOf({ children }: SchemaTree): string | undefined {
  const isBytes = ({ element, children: inner }: SchemaTree): boolean =>
    inner.length === 0 &&
    element.type === 'BYTE_ARRAY' &&
    element.converted_type === undefined &&
    element.logical_type === undefined;
  const structure = children.find(({ children: inner }) =>
    inner.some((child) => child.element.name === 'bytes' && isBytes(child)),
  );
  return (structure ?? children.find(isBytes))?.element.name;
}

function bufferOf(file: string, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      if (!(start >= 0 && end >= start && end <= byteLength)) throw new RangeError('a part lies beyond its end');
      const bytes = new Uint8Array(end - start);
      const descriptor = openSync(file, 'r');
      try {
        readExactly(descriptor, bytes, start, file);
      } finally {
        closeSync(descriptor);
      }
      return bytes.buffer;
    },
  };
}

/** What the library throws at damage, as the one error. */
async function reading<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw unreadable(file, error);
    const said = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
    throw new InputError(
      {
        code: 'data-invalid',
        what: `the file is not readable as parquet: ${said}`,
        where: file,
        expected: 'a complete parquet file',
        fix: 'fetch the file again; one that is a Git LFS pointer has to be fetched with git lfs',
      },
      { cause: error },
    );
  }
}
