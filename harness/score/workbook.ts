/**
 * Tables in Excel workbooks (.xlsx), as VLMEvalKit writes them. The reader is loaded only when a file is one; what a workbook claims to
 * unpack to is looked at before it is unpacked.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { Content } from '../../reference-model/data/layouts/content.js';
import { STANDARD_INPUT } from '../../reference-model/files/input-stream.js';
import { readBytes, requireRegularFile } from '../../reference-model/files/regular-file.js';
import { UserError } from '../errors.js';
import { strictly } from '../files/read-input.js';

/** Parsed sheets take several times the room of their XML. */
const HEAP_PER_BYTE = 10;
/** Signatures of the ZIP format (PKWARE APPNOTE 4.3), little-endian. */
const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;

/** Whether a file begins as a ZIP archive does. */
export function isWorkbook(file: string): boolean {
  if (file === STANDARD_INPUT) return false;
  strictly(() => requireRegularFile(file));
  const descriptor = openSync(file, 'r');
  try {
    const start = Buffer.alloc(4);
    return readSync(descriptor, start, 0, 4, 0) === 4 && start.readUInt32LE(0) === LOCAL_HEADER;
  } finally {
    closeSync(descriptor);
  }
}

/** The records of the one sheet that holds any; empty cells are empty texts, as in CSV. @throws UserError for anything else */
export async function readWorkbook(file: string): Promise<Content> {
  const limit = Math.floor(getHeapStatistics().heap_size_limit / HEAP_PER_BYTE);
  const bytes = strictly(() => readBytes(file, { limit }));
  if (!(unpackedSize(bytes) <= limit)) throw refused(file, `it unpacks to more than ${Math.floor(limit / 1e6)} MB`);
  const { default: readSheets } = await import('read-excel-file/universal');
  const sheets = await readSheets(new Blob([new Uint8Array(bytes)])).catch((error: unknown) => {
    throw refused(file, (error as Error).message);
  });
  const filled = sheets.filter(({ data }) => data.length > 1);
  if (filled.length !== 1) throw refused(file, `${filled.length} of its sheets hold records`);
  const [{ sheet, data }] = filled as [(typeof filled)[number]];
  const [header, ...rows] = data;
  const columns = header!.map((name) => (name === null ? '' : String(name).trim()));
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index);
  if (twice !== undefined) throw refused(file, `the column ${JSON.stringify(twice)} occurs twice`);
  const records = rows.map((row, index) => ({
    value: Object.fromEntries(columns.flatMap((name, column) => (name === '' ? [] : [[name, cellValue(row[column])]]))),
    where: `${file}, sheet ${sheet}, row ${index + 2}`,
  }));
  return { kind: 'records', file, format: 'workbook', records };
}

function cellValue(cell: unknown): unknown {
  if (cell === null || cell === undefined) return '';
  return cell instanceof Date ? cell.toISOString() : cell;
}

/** Sum of the sizes that the central directory states; NaN for a file without one. */
function unpackedSize(bytes: Buffer): number {
  let sum = Number.NaN;
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(CENTRAL_HEADER);
  for (let at = bytes.indexOf(mark); at >= 0 && at + 46 <= bytes.length; at = bytes.indexOf(mark, at + 46)) {
    sum = (Number.isNaN(sum) ? 0 : sum) + bytes.readUInt32LE(at + 24);
  }
  return sum;
}

function refused(file: string, why: string): UserError {
  return new UserError({
    code: 'data-invalid',
    what: `the workbook cannot be read: ${why}`,
    where: file,
    expected: 'an .xlsx file with one sheet of records below a line of column names',
    fix: 'open it in a spreadsheet program and save the sheet as CSV (UTF-8)',
  });
}
