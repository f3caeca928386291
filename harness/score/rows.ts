/** Tables of references and predictions as commands read them: with the harness's one error, and notes on standard error. */
import {
  tableFormat as dataTableFormat,
  type Reading,
  readJsonFile as readDataJson,
} from '../../reference-model/data/containers/table.js';
import type { TableFormat } from '../../reference-model/data/containers/table-format.js';
import { asUserError } from '../files/read-input.js';
import { printNote } from '../log-text.js';

export type { Reading } from '../../reference-model/data/containers/table.js';

/** How a pair of files is read; `format` is that of the predictions. */
export interface PairReading extends Reading {
  readonly referencesFormat?: TableFormat | undefined;
}

/** The part of it that a command has options for. */
export type ReadingOptions = Pick<PairReading, 'encoding' | 'format' | 'referencesFormat'>;

export function referencesReading({ referencesFormat, ...reading }: PairReading): Reading {
  return { ...reading, format: referencesFormat };
}

/** Notes that nobody takes go to standard error. */
export function noting(reading: Reading): Reading {
  return { note: (text) => printNote(`note: ${text}`), ...reading };
}

/** What a table would be read as. @throws UserError for what cannot be read */
export function tableFormat(file: string, reading: Reading = {}): Promise<TableFormat> {
  return asUser(() => dataTableFormat(file, reading));
}

/** A whole JSON file, whatever its name. @throws UserError for what cannot be read or is not JSON */
export function readJsonFile(file: string, reading: Pick<Reading, 'encoding'> = {}): Promise<unknown> {
  return asUser(() => readDataJson(file, reading));
}

/** The result of reading. @throws UserError for every `InputError` */
export async function asUser<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw asUserError(error);
  }
}
