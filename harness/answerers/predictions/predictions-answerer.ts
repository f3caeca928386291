/**
 * A file of predictions as an answerer: whatever layout `score` reads, matched with what is asked by the names of images or questions.
 * What the file lacks is a failure, and so is what another tool wrote down where it had no answer.
 */
import type { ReferencedImage } from '../../../reference-model/data/layouts/caption-layout.js';
import type { ReferencedQuestion } from '../../../reference-model/data/layouts/question-layout.js';
import { fileSha256 } from '../../../reference-model/files/hashing.js';
import { UserError } from '../../errors.js';
import { count, sample } from '../../files/counted.js';
import { readAnswerPredictions } from '../../score/answer-predictions.js';
import { readCaptionPredictions } from '../../score/caption-predictions.js';
import { matchImages, namingText, requireOneEach } from '../../score/image-naming.js';
import { matchQuestions } from '../../score/question-naming.js';
import type { Reading } from '../../score/rows.js';
import type { Answerer, Outcome } from '../answerer.js';

/** What the split holds, asked or not, with all names that a file may use for it. */
export interface NamedItem {
  readonly id: string;
  readonly image: Readonly<Record<string, string>>;
  /** Of a question. */
  readonly question?: { readonly id: string; readonly words: string; readonly answers: readonly string[] };
}

export interface PredictionsOptions {
  readonly reading?: Reading;
  readonly imageKey?: string | undefined;
  /** As the user calls the model; by default the file. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly note?: (text: string) => void;
}

/** What VLMEvalKit writes as a prediction where an endpoint failed. */
const FAILED_PREDICTION = /^Failed to obtain answer\b/;

/** @throws UserError or InputError for a file that cannot be read, or whose predictions are for other items */
export async function predictionsAnswerer(
  file: string,
  items: readonly NamedItem[],
  { reading = {}, imageKey, name = file, version, note }: PredictionsOptions = {},
): Promise<Answerer> {
  const texts =
    items[0]?.question === undefined
      ? await captionsOf(file, items, reading, imageKey, note)
      : await answersOf(file, items, reading, note);
  const identity = {
    kind: 'predictions' as const,
    name,
    weights: fileSha256(file),
    ...(version === undefined ? {} : { version }),
  };
  return {
    identity,
    batchSize: 64,
    inFlight: 1,
    answer: async (requests) => requests.map(({ id }) => outcomeOf(texts.get(id))),
    close: async () => {},
  };
}

function outcomeOf(text: string | undefined): Outcome {
  if (text === undefined) return { kind: 'failed', reason: 'the file has no prediction for it' };
  if (FAILED_PREDICTION.test(text)) return { kind: 'failed', reason: `the file says: ${text.slice(0, 200)}` };
  return { kind: 'text', text, finish: 'unknown' };
}

async function captionsOf(
  file: string,
  items: readonly NamedItem[],
  reading: Reading,
  imageKey: string | undefined,
  note: PredictionsOptions['note'],
): Promise<ReadonlyMap<string, string>> {
  const { layout, predictions } = await readCaptionPredictions(file, reading);
  const images = items.map(({ image }): ReferencedImage => ({ names: image, references: [] }));
  const match = matchImages(images, predictions, { imageKey, where: file });
  requireOneEach(match, predictions);
  note?.(`${file} is read as ${layout}; images are named by ${namingText(match.naming)}`);
  const texts = new Map<string, string>();
  match.images.forEach((image, index) => {
    if (image >= 0) texts.set(items[image]!.id, predictions[index]!.caption);
  });
  const unknown = predictions.flatMap(({ names }, index) =>
    match.images[index]! < 0 ? [names[match.naming.prediction] ?? Object.values(names)[0]!] : [],
  );
  requireKnown(file, unknown, predictions.length, items);
  return texts;
}

async function answersOf(
  file: string,
  items: readonly NamedItem[],
  reading: Reading,
  note: PredictionsOptions['note'],
): Promise<ReadonlyMap<string, string>> {
  const { layout, predictions } = await readAnswerPredictions(file, reading);
  const questions = items.map(
    ({ image, question }): ReferencedQuestion => ({
      names: { question_id: question!.id },
      image,
      question: question!.words,
      answers: question!.answers,
      where: file,
    }),
  );
  const positions = new Map(questions.map((question, index) => [question, index]));
  const match = matchQuestions(questions, predictions, positions);
  note?.(`${file} is read as ${layout}; questions are named by ${match.naming}`);
  const texts = new Map<string, string>();
  const unknown: string[] = [];
  match.questions.forEach((question, index) => {
    if (question < 0) {
      unknown.push(match.nameOfPrediction(index));
      return;
    }
    const { id } = items[question]!;
    if (texts.has(id)) throw twice(file, id, String(predictions[index]!.where));
    texts.set(id, predictions[index]!.answer);
  });
  requireKnown(file, unknown, predictions.length, items);
  return texts;
}

function twice(file: string, id: string, where: string): UserError {
  return new UserError({
    code: 'data-invalid',
    what: `question ${id} is answered twice`,
    where: where === '' ? file : where,
    expected: 'one answer for each question',
    fix: 'correct the record',
  });
}

/** A prediction for something else tells that images are named otherwise, or that another split was predicted. */
function requireKnown(
  file: string,
  unknown: readonly string[],
  predictions: number,
  items: readonly NamedItem[],
): void {
  if (unknown.length === 0) return;
  const wanted = items.slice(0, 3).map(({ question, image }) => question?.id ?? Object.values(image).join(' or '));
  throw new UserError({
    code: 'score-invalid',
    what: `${unknown.length} of ${count(predictions, 'prediction')} ${unknown.length === 1 ? 'is' : 'are'} for nothing that the benchmark asks: ${sample(unknown, 3)}`,
    where: file,
    expected: `names such as ${sample(wanted, 4)}`,
    fix: 'name images and questions as the data set does, or name the benchmark and the variant that were answered',
  });
}
