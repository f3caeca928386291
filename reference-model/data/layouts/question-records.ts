/** Questions as plain records: PathVQA and whatever is laid out like it, with as much of identifiers, images and types as there is. */
import type { Content, Place } from './content.js';
import {
  describe,
  type Fields,
  fieldOf,
  lacking,
  optionalIdentifier,
  optionalText,
  refusal,
  requireObject,
  requireText,
} from './fields.js';
import { imageNamesOf } from './image-names.js';
import type { QuestionLayout, ReferencedQuestion } from './question-layout.js';
import { looksLikeList, printedList } from './text-list.js';

const QUESTION_FIELDS = ['question_id', 'questionId', 'qid'] as const;

export const questionRecords: QuestionLayout = {
  name: 'records of questions',
  recognises: (content) => content.kind === 'records',
  read: (content) => readQuestionRecords(content, {}),
};

export interface QuestionFields {
  /** Field of the data set's own type of question. */
  readonly questionType?: string;
}

/** @throws InputError naming record and field */
export function readQuestionRecords(content: Content, { questionType }: QuestionFields): readonly ReferencedQuestion[] {
  if (content.kind !== 'records') throw new TypeError('records are read from records');
  return content.records.map(({ value, where }) => {
    const fields = requireObject(value, where);
    const split = optionalText(fields, 'split');
    const type = questionType === undefined ? undefined : optionalText(fields, questionType);
    const field = ['answer', 'answers'].find((name) => fieldOf(fields, name) !== undefined);
    return {
      names: questionNames(fields, where),
      image: imageNamesOf(fields, where),
      question: requireText(fields, ['question'], where),
      answers: field === undefined ? lacking(fields, ['answer'], where) : answerTexts(fields, field, where),
      ...typeFields(fields),
      ...(type === undefined ? {} : { questionType: type }),
      ...(split === undefined ? {} : { split }),
      where,
    };
  });
}

export function questionNames(fields: Fields, where: Place): Readonly<Record<string, string>> {
  const name = optionalIdentifier(fields, QUESTION_FIELDS, where);
  return name === undefined ? {} : { question_id: name };
}

/** An answer, or those of several people: texts, numbers, objects with an answer, or a list of them, printed or not. */
export function answerTexts(fields: Fields, field: string, where: Place): readonly string[] {
  const value = fieldOf(fields, field);
  if (typeof value === 'string' && looksLikeList(value)) return printedList(value, field, where);
  if (!Array.isArray(value)) return [answerText(value, field, where)];
  const list = value.map((entry: unknown, index) => {
    const place = { toString: () => `${where}, ${field}[${index}]` };
    const isObject = typeof entry === 'object' && entry !== null && !Array.isArray(entry);
    if (!isObject) return answerText(entry, `${field}[${index}]`, where);
    const inner = fieldOf(entry as Fields, 'answer');
    return inner === undefined ? lacking(entry as Fields, ['answer'], place) : answerText(inner, 'answer', place);
  });
  if (list.length === 0) throw refusal(`${field} is an empty list`, `${where}, ${field}`, 'at least one answer');
  return list;
}

/** Numbers are answers as they are written. */
export function answerText(value: unknown, field: string, where: Place): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  throw refusal(`${field} is ${describe(value)}, not text`, `${where}, ${field}`, 'a string or a number');
}

/** What a record says of the type of its answer: OPEN and CLOSED decide under which heading it counts. */
export function typeFields(fields: Fields): Pick<ReferencedQuestion, 'statedKind' | 'answerType'> {
  const answerType = optionalText(fields, 'answer_type')?.trim();
  if (answerType === undefined || answerType === '') return {};
  const stated = answerType.toLowerCase();
  return { answerType, ...(stated === 'open' || stated === 'closed' ? { statedKind: stated } : {}) };
}
