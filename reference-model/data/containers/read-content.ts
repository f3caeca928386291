/** Reads a file of references, predictions or data as far as its layout does not matter: one JSON object, or records in a row. */
import { InputError } from '../../files/input-error.js';
import type { Content, DataRecord } from '../layouts/content.js';
import { listRows, type Reading, readTable } from './table.js';

/** @throws InputError for what cannot be read, or is neither records nor an object */
export async function readContent(file: string, reading: Reading = {}): Promise<Content> {
  const table = await readTable(file, reading);
  if (table.format !== 'json') {
    const records: DataRecord[] = [];
    for await (const row of table.rows) records.push(row);
    return { kind: 'records', file, format: table.format, records };
  }
  const { document } = table;
  if (Array.isArray(document)) return { kind: 'records', file, format: 'json', records: [...listRows(document, file)] };
  if (typeof document === 'object' && document !== null) {
    return { kind: 'document', file, value: document as Readonly<Record<string, unknown>> };
  }
  throw new InputError({
    code: 'data-invalid',
    what: `the file holds ${document === null ? 'null' : `a single ${typeof document}`}`,
    where: file,
    expected: 'a list of records, or an object',
    fix: 'name a file of references or predictions',
  });
}
