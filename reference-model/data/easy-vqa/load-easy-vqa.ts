/**
 * Reads easy-VQA from its own layout: `train/` and `test/`, each with `questions.json` ([question, answer, image index]
 * triples) and `images/N.png`, and `answers.txt`. A tenth of the training images becomes the validation split. Images
 * come in the order of their index and questions in the order of the file, whatever order the disk answers in.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readJson } from '../../files/read-json.js';
import { readText as readStrictText } from '../../files/read-text.js';
import { randomStream } from '../../numerics/random.js';
import { DataError, unreadableData } from '../data-error.js';
import type { AnswerKind, Question, Sample, SplitName } from '../dataset.js';
import { decodeSquarePng } from './decode-png.js';

const CONCURRENT_DECODES = 8;
const VALIDATION_SHARE = 10; // one training image in this many
const FOLDER_EXPECTATION = 'the easy-VQA layout: train/, test/ and answers.txt';

// The index becomes part of a path, so nothing but a non-negative integer may pass.
const recordSchema = z.tuple([z.string().trim().min(1), z.string().trim().min(1), z.int().nonnegative()]);

interface ImageQuestions {
  readonly index: number;
  /** Position of the first record that names the image. */
  readonly record: number;
  readonly questions: Question[];
}

function readText(file: string, expected: string): string {
  try {
    return readStrictText(file);
  } catch (error) {
    throw unreadableData(error, file, expected);
  }
}

function readAnswers(root: string): ReadonlySet<string> {
  const file = path.join(root, 'answers.txt');
  const answers = readText(file, 'one possible answer per line').split(/\r?\n/);
  return new Set(answers.map((answer) => answer.trim()).filter((answer) => answer !== ''));
}

function readRecords(file: string): readonly unknown[] {
  let records: unknown;
  try {
    records = readJson(file);
  } catch (error) {
    throw unreadableData(error, file, 'a JSON array of [question, answer, image index]');
  }
  if (Array.isArray(records) && records.length > 0) return records;
  throw new DataError({ code: 'malformed-file', file, problem: 'expected a JSON array with at least one question.' });
}

/** An open question asks "what color …" or "what shape …", a yes/no question names the colour or the shape that it asks about. */
function questionTypeOf(question: string, kind: AnswerKind): string {
  const asksColor = kind === 'open' ? /\bcolor\b/.test(question) : !/\b(circle|rectangle|triangle)\b/.test(question);
  return asksColor ? 'color' : 'shape';
}

/** The questions of one folder, by image in ascending order. */
function readQuestions(
  folder: 'train' | 'test',
  root: string,
  answers: ReadonlySet<string>,
): readonly ImageQuestions[] {
  const file = path.join(root, folder, 'questions.json');
  const images = new Map<number, ImageQuestions>();
  const firstRecord = new Map<string, number>();
  readRecords(file).forEach((value, record) => {
    const parsed = recordSchema.safeParse(value);
    if (!parsed.success) {
      const found = JSON.stringify(value);
      const problem = `expected ["question", "answer", image index from 0], found ${found.slice(0, 120)}.`;
      throw new DataError({ code: 'malformed-record', file, record, problem });
    }
    const [question, answer, index] = parsed.data;
    if (!answers.has(answer)) throw new DataError({ code: 'unknown-answer', file, record, answer });
    const key = `${index} ${question}`;
    const first = firstRecord.get(key);
    if (first !== undefined) {
      const problem = `${JSON.stringify(question)} about image ${index} is`;
      throw new DataError({ code: 'duplicate-record', file, record, first, problem });
    }
    firstRecord.set(key, record);
    const image = images.get(index) ?? { index, record, questions: [] };
    const kind = answer === 'yes' || answer === 'no' ? 'yes/no' : 'open';
    const questionType = questionTypeOf(question, kind);
    image.questions.push({ questionId: `${folder}-${record}`, question, answer, kind, questionType });
    images.set(index, image);
  });
  return [...images.values()].sort((a, b) => a.index - b.index);
}

/** Applies an asynchronous function to every item, a few at a time; results keep the order of the items. */
async function mapConcurrently<T, R>(items: readonly T[], apply: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const position = next++;
      results[position] = await apply(items[position]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_DECODES, items.length) }, worker));
  return results;
}

function loadFolder(root: string, folder: 'train' | 'test', images: readonly ImageQuestions[], side: number) {
  const imageFile = (index: number) => path.join(root, folder, 'images', `${index}.png`);
  for (const { index, record } of images) {
    if (existsSync(imageFile(index))) continue;
    const file = path.join(root, folder, 'questions.json');
    throw new DataError({ code: 'missing-image', file, record, image: imageFile(index) });
  }
  return mapConcurrently(
    images,
    async ({ index, questions }): Promise<Sample> => ({
      imageId: `${folder}-${index}`,
      image: await decodeSquarePng(imageFile(index), side),
      humanCaptions: [],
      aiCaptions: [],
      questions,
    }),
  );
}

function requireFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new DataError({ code: 'missing-folder', folder, expected: FOLDER_EXPECTATION });
}

/**
 * Loads easy-VQA (github.com/vzhou842/easy-VQA) from its root folder, images shrunk to `side` × `side` pixels.
 * Throws DataError at the first defect: a missing folder or file, a malformed, duplicate or unanswerable question, a
 * missing, truncated or ill-sized image, or fewer than two training images.
 */
export async function loadEasyVqa(
  root: string,
  { side = 32 }: { readonly side?: number } = {},
): Promise<Readonly<Record<SplitName, readonly Sample[]>>> {
  for (const folder of [root, path.join(root, 'train'), path.join(root, 'test')]) requireFolder(folder);
  const answers = readAnswers(root);
  const trainQuestions = readQuestions('train', root, answers);
  const testQuestions = readQuestions('test', root, answers);
  if (trainQuestions.length < 2) {
    const file = path.join(root, 'train', 'questions.json');
    const problem = 'expected questions about at least two images, one of them for validation.';
    throw new DataError({ code: 'malformed-file', file, problem });
  }
  const train = await loadFolder(root, 'train', trainQuestions, side);
  const test = await loadFolder(root, 'test', testQuestions, side);

  const validationCount = Math.max(1, Math.floor(train.length / VALIDATION_SHARE));
  const validationIds = new Set(
    randomStream(0, 'easy-vqa', 'validation')
      .shuffle(train.map(({ imageId }) => imageId))
      .slice(0, validationCount),
  );
  return {
    train: train.filter(({ imageId }) => !validationIds.has(imageId)),
    validation: train.filter(({ imageId }) => validationIds.has(imageId)),
    test,
  };
}
