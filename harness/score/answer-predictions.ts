/**
 * Predicted answers in the layouts that people have: records, plain lists, one object from question to answer, LLaVA's answers.jsonl,
 * samples of lmms-eval and tables of VLMEvalKit. The first layout that recognises a file's content reads it.
 */
import { firstFields, type Place } from '../../reference-model/data/layouts/content.js';
import {
  type Fields,
  fieldOf,
  lacking,
  optionalIdentifier,
  optionalText,
  refusal,
} from '../../reference-model/data/layouts/fields.js';
import { type ImageNames, imageNamesOf } from '../../reference-model/data/layouts/image-names.js';
import { answerText, questionNames } from '../../reference-model/data/layouts/question-records.js';
import { isLmmsSamples } from '../../reference-model/data/lmms-eval/samples.js';
import { isVlmEvalTable } from '../../reference-model/data/vlmevalkit/table.js';
import { responseOf } from './caption-predictions.js';
import { eachRecord, type PredictedFile, type PredictionLayout, readPredictedFile } from './prediction-layout.js';
import type { Reading } from './rows.js';

export interface PredictedAnswer {
  /** Names of the question by field; empty where only its position tells it. */
  readonly names: Readonly<Record<string, string>>;
  readonly image: ImageNames;
  /** What the model was asked, which tells questions of one identifier apart. */
  readonly prompt?: string;
  readonly answer: string;
  readonly where: Place;
}

export type PredictedAnswers = PredictedFile<PredictedAnswer>;

/** Lists that stand in an object of their own. */
const WRAPPERS = ['results', 'annotations', 'predictions', 'answers', 'data'];
/** A file that also holds the right answers says `prediction`. */
const ANSWER_FIELDS = ['prediction', 'answer', 'text', 'response'];

const layouts: readonly PredictionLayout<PredictedAnswer>[] = [
  {
    name: 'samples of lmms-eval',
    recognises: isLmmsSamples,
    read: (content) =>
      eachRecord<PredictedAnswer>(content, (fields, where) => ({
        names: namesUnder(fields, ['doc_id'], where),
        image: {},
        answer: responseOf(fields, where),
      })),
  },
  {
    name: 'a table of VLMEvalKit',
    recognises: isVlmEvalTable,
    read: (content) =>
      eachRecord<PredictedAnswer>(content, (fields, where) => ({
        names: namesUnder(fields, ['index'], where),
        image: {},
        answer: answerOf(fields, ['prediction'], where),
      })),
  },
  {
    name: 'answers of LLaVA',
    recognises(content) {
      const fields = firstFields(content);
      return (
        fields !== undefined &&
        Object.hasOwn(fields, 'text') &&
        (Object.hasOwn(fields, 'prompt') || Object.hasOwn(fields, 'answer_id'))
      );
    },
    read: (content) =>
      eachRecord<PredictedAnswer>(content, (fields, where) => ({
        ...namesOf(fields, where),
        ...promptOf(fields, ['prompt', 'question']),
        answer: answerOf(fields, ['text', ...ANSWER_FIELDS], where),
      })),
  },
  {
    name: 'a list of answers',
    recognises: (content) => content.kind === 'records' && typeof content.records[0]?.value !== 'object',
    read(content) {
      if (content.kind !== 'records') throw new TypeError('a list of answers is a list');
      return content.records.map(({ value, where }) => ({
        names: {},
        image: {},
        answer: answerText(value, 'the answer', where),
        where,
      }));
    },
  },
  {
    name: 'records of answers',
    recognises: (content) => content.kind === 'records',
    read: (content) =>
      eachRecord<PredictedAnswer>(content, (fields, where) => ({
        ...namesOf(fields, where),
        ...promptOf(fields, ['prompt', 'question']),
        answer: answerOf(fields, ANSWER_FIELDS, where),
      })),
  },
  {
    name: 'answers by question',
    recognises(content) {
      if (content.kind !== 'document') return false;
      for (const key in content.value) return ['string', 'number'].includes(typeof content.value[key]);
      return false;
    },
    read(content) {
      if (content.kind !== 'document') throw new TypeError('answers by question are one object');
      return Object.entries(content.value).map(([question, value]) => {
        const where = `${content.file}, ${JSON.stringify(question)}`;
        return { names: { question_id: question }, image: {}, answer: answerText(value, 'the answer', where), where };
      });
    },
  },
];

/** @throws UserError or InputError naming file, record and field */
export async function readAnswerPredictions(file: string, reading: Reading = {}): Promise<PredictedAnswers> {
  return readPredictedFile(file, { layouts, wrappers: WRAPPERS }, reading);
}

function namesOf(fields: Fields, where: Place): Pick<PredictedAnswer, 'names' | 'image'> {
  return {
    names: { ...questionNames(fields, where), ...namesUnder(fields, ['id'], where) },
    image: imageNamesOf(fields, where),
  };
}

function namesUnder(fields: Fields, names: readonly string[], where: Place): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = optionalIdentifier(fields, [name], where);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function promptOf(fields: Fields, names: readonly string[]): { readonly prompt?: string } {
  for (const name of names) {
    const prompt = optionalText(fields, name);
    if (prompt !== undefined) return { prompt };
  }
  return {};
}

function answerOf(fields: Fields, names: readonly string[], where: Place): string {
  for (const name of names) {
    const value = fieldOf(fields, name);
    if (value === undefined) continue;
    if (!Array.isArray(value)) return answerText(value, name, where);
    if (value.length === 1) return answerText(value[0], name, where);
    throw refusal(`${name} holds ${value.length} answers`, `${where}, ${name}`, 'one answer for each question');
  }
  return lacking(fields, ['answer', ...names.filter((name) => name !== 'answer')], where);
}
