/** The one error of this folder: which file or record is wrong, what was expected there, and how to fix it. */
import { InputError } from '../files/input-error.js';

export type DataDefect =
  | { readonly code: 'missing-folder'; readonly folder: string; readonly expected: string }
  | { readonly code: 'unreadable-file'; readonly file: string; readonly expected: string }
  | { readonly code: 'malformed-file'; readonly file: string; readonly problem: string }
  | { readonly code: 'malformed-record'; readonly file: string; readonly record: number; readonly problem: string }
  | { readonly code: 'unknown-answer'; readonly file: string; readonly record: number; readonly answer: string }
  | {
      readonly code: 'duplicate-record';
      readonly file: string;
      readonly record: number;
      readonly first: number;
      readonly problem: string;
    }
  | { readonly code: 'missing-image'; readonly file: string; readonly record: number; readonly image: string }
  | { readonly code: 'unreadable-image'; readonly file: string; readonly problem: string }
  | { readonly code: 'missing-root'; readonly name: string }
  | { readonly code: 'missing-special-token'; readonly file: string; readonly token: string };

/** The sentence that a user reads. Records are counted from 0, as in the file's own array. */
function describe(defect: DataDefect): string {
  switch (defect.code) {
    case 'missing-folder':
      return `${defect.folder}: no such folder; expected ${defect.expected}.`;
    case 'unreadable-file':
      return `${defect.file}: cannot be read; expected ${defect.expected}.`;
    case 'malformed-file':
      return `${defect.file}: ${defect.problem}`;
    case 'malformed-record':
      return `${defect.file}: record ${defect.record}: ${defect.problem}`;
    case 'unknown-answer':
      return `${defect.file}: record ${defect.record}: the answer ${JSON.stringify(defect.answer)} is not in answers.txt.`;
    case 'duplicate-record':
      return `${defect.file}: record ${defect.record}: ${defect.problem} already in record ${defect.first}.`;
    case 'missing-image':
      return `${defect.file}: record ${defect.record}: there is no image ${defect.image}.`;
    case 'unreadable-image':
      return `${defect.file}: not a readable PNG image: ${defect.problem}`;
    case 'missing-root':
      return `The data set ${defect.name} is read from disk: give the folder that holds it (--data-root).`;
    case 'missing-special-token':
      return `${defect.file}: added_tokens has no ${JSON.stringify(defect.token)}; the model needs it.`;
    default:
      return defect satisfies never;
  }
}

/** Thrown for every defect of a data set or tokenizer file; `defect` says which, for programs. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly defect: DataDefect;

  constructor(defect: DataDefect, options?: ErrorOptions) {
    super(describe(defect), options);
    this.defect = defect;
  }
}

/** What a reader of text or JSON refuses, as the error of a data set. @param expected what the file should be */
export function unreadableData(error: unknown, file: string, expected: string): unknown {
  if (!(error instanceof InputError)) return error;
  const { code, what, where } = error.problem;
  const defect: DataDefect =
    code === 'data-invalid'
      ? {
          code: 'malformed-file',
          file,
          problem: `${what.replace(/^the file is /, '')}${where === file ? '' : ` (${where})`}`,
        }
      : { code: 'unreadable-file', file, expected };
  return new DataError(defect, { cause: error });
}
