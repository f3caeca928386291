/** Parquet files as Hugging Face writes them: a column of images, each a structure of bytes and path, beside columns of text. */
import { parquetWriteBuffer } from 'hyparquet-writer';

type SchemaElement = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>[number];

export interface ParquetRowData {
  readonly bytes: Uint8Array;
  readonly path?: string;
  readonly question: string;
  readonly answer: string;
}

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});

/**
 * @param rowGroupSize rows in a row group
 * @param pageSize bytes of a page before it is compressed; where a group has several, the file has an index of them
 */
export function parquetCopy(rows: readonly ParquetRowData[], rowGroupSize = 2, pageSize = 2 ** 20): Uint8Array {
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 3 },
    { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
    { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    text('path'),
    text('question'),
    text('answer'),
  ];
  const buffer = parquetWriteBuffer({
    schema,
    rowGroupSize,
    pageSize,
    columnData: [
      { name: 'image', data: rows.map(({ bytes, path }) => ({ bytes, path: path ?? null })) },
      { name: 'question', data: rows.map(({ question }) => question) },
      { name: 'answer', data: rows.map(({ answer }) => answer) },
    ],
  });
  return new Uint8Array(buffer);
}
