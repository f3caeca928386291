/** Reads a file of references or predictions as far as its layout does not matter; workbooks besides what data sets come in. */
import { readContent as readDataContent } from '../../reference-model/data/containers/read-content.js';
import type { Content } from '../../reference-model/data/layouts/content.js';
import { asUser, noting, type Reading } from './rows.js';
import { isWorkbook, readWorkbook } from './workbook.js';

/** @throws UserError or InputError for what cannot be read, or is neither records nor an object */
export async function readContent(file: string, reading: Reading = {}): Promise<Content> {
  return isWorkbook(file) ? readWorkbook(file) : asUser(() => readDataContent(file, noting(reading)));
}
