/**
 * Reads questions with answers (PathVQA, easy-VQA, VQA v2) and predicted answers, and pairs them by question.
 */
import { type AnsweredQuestion, answerKind, type ConsensusQuestion } from '../../metrics/index.js';
import { UserError } from '../errors.js';
import { count, sample } from './captions.js';
import { type Fields, refuse, requireIdentifier, requireList, requireObject, requireText } from './fields.js';
import type { Place, Row } from './row.js';
import { listRows, type PairReading, type Reading, readJsonFile, readTable, referencesReading } from './rows.js';

const ANSWER_FIELDS = ['answer', 'prediction'];

/** A row's number stands for its question's identifier where rows have none. */
interface Reference<Question> {
  readonly question: Question;
  readonly split?: string;
}

/** PathVQA: records with image, question, answer and, if they have them, question_id and split. */
export async function readPathVqaQuestions(
  referencesFile: string,
  predictionsFile: string,
  split?: string,
  reading: PairReading = {},
): Promise<AnsweredQuestion[]> {
  const rows = await tableRows(referencesFile, referencesReading(reading));
  const references = rows.map(({ value, where }, index): Reference<Omit<AnsweredQuestion, 'prediction'>> => {
    const fields = requireObject(value, where);
    const answer = requireText(fields, ['answer'], where);
    const question = {
      questionId: optionalIdentifier(fields, ['question_id', 'questionId', 'qid'], where) ?? String(index),
      imageId: requireIdentifier(fields, ['image_id', 'imageId', 'image'], where),
      question: requireText(fields, ['question'], where),
      answer,
      kind: answerKind(answer),
    };
    return typeof fields.split === 'string' ? { question, split: fields.split } : { question };
  });
  return pair(selectSplit(references, split, referencesFile), predictionsFile, reading);
}

/** easy-VQA: a list of [question, answer, image]; the position in the list is the question's identifier. */
export async function readEasyVqaQuestions(
  referencesFile: string,
  predictionsFile: string,
  reading: PairReading = {},
): Promise<AnsweredQuestion[]> {
  const list = requireList(
    await readJsonFile(referencesFile, reading),
    referencesFile,
    'a list of [question, answer, image]',
  );
  const questions = list.map((value, index) => {
    const where = `${referencesFile}, [${index}]`;
    const [question, answer, imageId] = requireList(value, where, 'a list of question, answer and image');
    const fields: Fields = { question, answer, image: imageId };
    const text = requireText(fields, ['answer'], where);
    return {
      questionId: String(index),
      imageId: requireIdentifier(fields, ['image'], where),
      question: requireText(fields, ['question'], where),
      answer: text,
      kind: answerKind(text),
    };
  });
  return pair(questions, predictionsFile, reading);
}

/** VQA v2: the annotations JSON with ten answers each. */
export async function readConsensusQuestions(
  referencesFile: string,
  predictionsFile: string,
  reading: PairReading = {},
): Promise<ConsensusQuestion[]> {
  const document = requireObject(await readJsonFile(referencesFile, reading), referencesFile);
  const annotations = requireList(document.annotations, `${referencesFile}, annotations`, 'a list of annotations');
  const questions = annotations.map((value, index) => {
    const where = `${referencesFile}, annotations[${index}]`;
    const annotation = requireObject(value, where);
    const answers = requireList(annotation.answers, `${where}, answers`, 'a list of answers');
    return {
      questionId: requireIdentifier(annotation, ['question_id'], where),
      imageId: requireIdentifier(annotation, ['image_id'], where),
      answers: answers.map((answer, position) => {
        const place = `${where}, answers[${position}]`;
        return requireText(requireObject(answer, place), ['answer'], place);
      }),
      ...(typeof annotation.question_type === 'string' ? { questionType: annotation.question_type } : {}),
      ...(typeof annotation.answer_type === 'string' ? { answerType: annotation.answer_type } : {}),
    };
  });
  return pair(questions, predictionsFile, reading);
}

async function pair<Question extends { readonly questionId: string }>(
  questions: readonly Question[],
  predictionsFile: string,
  reading: Reading,
): Promise<(Question & { prediction: string })[]> {
  const predictions = await readPredictedAnswers(predictionsFile, reading);
  const missing = questions.filter(({ questionId }) => !predictions.has(questionId));
  if (missing.length > 0) {
    throw new UserError({
      code: 'score-invalid',
      what: `${count(missing.length, 'question')} ${missing.length === 1 ? 'has' : 'have'} no prediction: ${sample(missing.map(({ questionId }) => questionId))}`,
      where: predictionsFile,
      expected: 'one prediction for every question of the references',
      fix: 'add the predictions, or name the split that was predicted with --split',
    });
  }
  const known = new Set(questions.map(({ questionId }) => questionId));
  const unknown = [...predictions.keys()].filter((questionId) => !known.has(questionId));
  if (unknown.length > 0) {
    throw new UserError({
      code: 'score-invalid',
      what: `${count(unknown.length, 'prediction')} ${unknown.length === 1 ? 'is' : 'are'} for questions that the references lack: ${sample(unknown)}`,
      where: predictionsFile,
      expected: 'predictions for the questions of the references only',
      fix: 'remove them, or name the references and the split that they belong to',
    });
  }
  return questions.map((question) => ({ ...question, prediction: predictions.get(question.questionId)! }));
}

/** Answer by question; a list of plain strings answers the questions in their order. */
async function readPredictedAnswers(file: string, reading: Reading): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const [index, { value, where }] of (await tableRows(file, reading)).entries()) {
    const fields: Fields = typeof value === 'string' ? { answer: value } : requireObject(value, where);
    const questionId = optionalIdentifier(fields, ['question_id', 'questionId', 'qid'], where) ?? String(index);
    if (answers.has(questionId)) refuse(`question ${questionId} is answered twice`, where, 'one answer per question');
    answers.set(questionId, requireText(fields, ANSWER_FIELDS, where));
  }
  if (answers.size === 0) refuse('the file holds no prediction', file, 'at least one prediction');
  return answers;
}

async function tableRows(file: string, reading: Reading): Promise<Row[]> {
  const table = await readTable(file, reading);
  if (table.format === 'json') return [...listRows(requireList(table.document, file, 'a list of records'), file)];
  const rows: Row[] = [];
  for await (const row of table.rows) rows.push(row);
  return rows;
}

function optionalIdentifier(fields: Fields, names: readonly string[], where: Place): string | undefined {
  return names.some((name) => fields[name] !== undefined) ? requireIdentifier(fields, names, where) : undefined;
}

function selectSplit<Question>(
  references: readonly Reference<Question>[],
  split: string | undefined,
  file: string,
): Question[] {
  const selected = references.filter((reference) => split === undefined || reference.split === split);
  if (selected.length > 0) return selected.map(({ question }) => question);
  const splits = [
    ...new Set(references.flatMap((reference) => (reference.split === undefined ? [] : [reference.split]))),
  ];
  throw new UserError({
    code: 'data-invalid',
    what: `there is no split ${JSON.stringify(split)}`,
    where: file,
    expected: splits.length === 0 ? 'no split: the file does not name any' : `one of ${splits.sort().join(', ')}`,
    fix: splits.length === 0 ? 'leave --split out' : 'name one of these',
  });
}
