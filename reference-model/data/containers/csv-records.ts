/** The records of CSV and its relatives, streamed, with the columns of the header as fields. */
import { pipeline } from 'node:stream';
import { InputError } from '../../files/input-error.js';
import { LARGEST_LINE } from '../../files/input-stream.js';
import type { DataRecord } from '../layouts/content.js';
import { checkQuotes } from './csv-quotes.js';
import { LinePlace } from './places.js';

/** @throws InputError naming the line */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  file: string,
  delimiter: string,
): AsyncGenerator<DataRecord> {
  const { parse } = await import('csv-parse');
  const parser = parse({
    columns: (header: readonly string[]) => columnNames(header, file),
    delimiter,
    info: true,
    // `checkQuotes` refuses the quotes that may not pass.
    relax_quotes: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    max_record_size: LARGEST_LINE,
  });
  pipeline(checkQuotes(chunks, { file, delimiter }), parser, () => {});
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: unknown; info: { lines: number } }>) {
      yield { value: record, where: new LinePlace(file, info.lines) };
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { message, lines: line } = error as Error & { lines?: number };
    throw new InputError({
      code: 'data-invalid',
      what: `the file is not CSV: ${message}`,
      where: line === undefined ? file : `${file}:${line}`,
      expected: 'a header line and records with as many fields, quoted where they hold commas, quotes or line breaks',
      fix: 'correct the record there, or export the file again',
    });
  }
}

/** Columns without a name, such as the index that pandas writes, cannot be asked for and are left out. */
function columnNames(header: readonly string[], file: string): (string | false)[] {
  const names = header.map((name) => name.trim());
  names.forEach((name, index) => {
    const isReserved = name === '__proto__';
    if (name === '' || (!isReserved && names.indexOf(name) === index)) return;
    throw new InputError({
      code: 'data-invalid',
      what: isReserved
        ? `the column name ${JSON.stringify(name)} is reserved`
        : `the column ${JSON.stringify(name)} occurs twice`,
      where: `${file}:1, column ${index + 1}`,
      expected: isReserved ? 'another name' : 'each column once',
      fix: isReserved ? 'rename or remove it' : 'remove or rename one of the two',
    });
  });
  return names.map((name) => (name === '' ? false : name));
}
