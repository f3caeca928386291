/** Pairs questions with predicted answers, whatever layouts and names the files use; nothing is left out unasked. */
import { fingerprintSubset } from '../../metrics/index.js';
import { refusal } from '../../reference-model/data/layouts/fields.js';
import type { ReferencedQuestion } from '../../reference-model/data/layouts/question-layout.js';
import { questionLayoutOf } from '../../reference-model/data/layouts/reference-layouts.js';
import { UserError } from '../errors.js';
import { count, sample } from '../files/counted.js';
import { strictly } from '../files/read-input.js';
import { type PredictedAnswer, readAnswerPredictions } from './answer-predictions.js';
import type { PairingOptions } from './pair-captions.js';
import { matchQuestions, type QuestionMatch } from './question-naming.js';
import { readContent } from './read-content.js';
import { type Reading, referencesReading } from './rows.js';
import { selectSplit } from './select-split.js';

export interface PairedQuestion {
  readonly question: ReferencedQuestion;
  /** Its identity: its first name, or its position in the file. */
  readonly questionId: string;
  readonly prediction: string;
}

export interface PairedAnswers {
  readonly pairs: readonly PairedQuestion[];
  /** Number and fingerprint of the questions where they are not all. */
  readonly subset?: string;
  readonly notes: readonly string[];
}

/** @throws UserError, InputError or MetricError for questions that are missing, surplus or repeated */
export async function pairAnswers(
  referencesFile: string,
  predictionsFile: string,
  options: PairingOptions = {},
): Promise<PairedAnswers> {
  const { only } = options;
  const { questions, ids, predictions, match } = await matchFiles(referencesFile, predictionsFile, options);
  const answers: (string | undefined)[] = questions.map(() => undefined);
  match.questions.forEach((question, index) => {
    if (question >= 0) answers[question] = predictions[index]!.answer;
  });
  requireKnown(answers, match, { file: predictionsFile, references: referencesFile, isComplete: only === undefined });
  const pairs = questions.flatMap((question, index): readonly PairedQuestion[] => {
    const prediction = answers[index];
    const questionId = ids[index]!;
    const isWanted = only === undefined || only === 'predicted' || only.has(questionId);
    return prediction !== undefined && isWanted ? [{ question, questionId, prediction }] : [];
  });
  if (pairs.length === questions.length) return { pairs, notes: [] };
  const subset = fingerprintSubset(
    pairs.map(({ questionId }) => questionId),
    questions.length,
  );
  return { pairs, subset, notes: [`${pairs.length} of ${questions.length} questions are scored: subset ${subset}`] };
}

/** Identities of the questions that a file of predictions answers. @throws as `pairAnswers`, but for questions without an answer */
export async function predictedQuestions(
  referencesFile: string,
  predictionsFile: string,
  options: PairingOptions = {},
): Promise<ReadonlySet<string>> {
  const { ids, match } = await matchFiles(referencesFile, predictionsFile, { ...options, tell: undefined });
  requireKnown([], match, { file: predictionsFile, references: referencesFile, isComplete: false });
  return new Set(Array.from(match.questions, (question) => ids[question]!));
}

const USUAL_LAYOUTS = new Set(['records of questions', 'VQA v2 annotations', 'records of answers']);

interface MatchedFiles {
  readonly questions: readonly ReferencedQuestion[];
  readonly ids: readonly string[];
  readonly predictions: readonly PredictedAnswer[];
  readonly match: QuestionMatch;
}

async function matchFiles(
  referencesFile: string,
  predictionsFile: string,
  { split, tell, reading = {} }: PairingOptions,
): Promise<MatchedFiles> {
  const { layout, all } = await readQuestions(referencesFile, referencesReading(reading));
  const questions = selectSplit(all, split, referencesFile);
  const positions = new Map(all.map((question, index) => [question, index]));
  const predicted = await readAnswerPredictions(predictionsFile, reading);
  const match = matchQuestions(questions, predicted.predictions, positions);
  requireOneEach(match, predicted.predictions);
  const isUsual = USUAL_LAYOUTS.has(layout) && questions.every(({ statedKind }) => statedKind === undefined);
  tell?.(`${referencesFile} is read as ${layout}`, isUsual);
  tell?.(
    `${predictionsFile} is read as ${predicted.layout}; questions are named by ${match.naming}`,
    USUAL_LAYOUTS.has(predicted.layout) && match.naming === 'question_id',
  );
  const ids = identitiesOf(questions, positions);
  return { questions, ids, predictions: predicted.predictions, match };
}

async function readQuestions(
  file: string,
  reading: Reading,
): Promise<{ readonly layout: string; readonly all: readonly ReferencedQuestion[] }> {
  const given = await readContent(file, reading);
  return strictly(() => {
    const { layout, content } = questionLayoutOf(given);
    const all = layout.read(content);
    if (all.length === 0) throw refusal('the file holds no question', file, 'at least one question with its answer');
    requireNamesAlike(all);
    return { layout: layout.name, all };
  });
}

/** Where some questions have an identifier, one without it is a damaged record rather than a position. */
function requireNamesAlike(questions: readonly ReferencedQuestion[]): void {
  const named = questions.find(({ names }) => Object.keys(names).length > 0);
  const nameless = questions.find(({ names }) => Object.keys(names).length === 0);
  if (named === undefined || nameless === undefined) return;
  const [field] = Object.keys(named.names);
  throw refusal(
    `the record has no ${field}, but others have`,
    nameless.where,
    'an identifier in every record, or in none, where positions stand for them',
  );
}

/** Questions that share an identifier are told apart by their words. */
function identitiesOf(
  questions: readonly ReferencedQuestion[],
  positions: ReadonlyMap<ReferencedQuestion, number>,
): readonly string[] {
  const names = questions.map((question) => Object.values(question.names)[0] ?? String(positions.get(question)!));
  const uses = new Map<string, number>();
  for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
  return names.map((name, index) => {
    const words = questions[index]!.question;
    return uses.get(name) === 1 || words === undefined ? name : `${name}: ${words}`;
  });
}

function requireOneEach({ questions, nameOfPrediction }: QuestionMatch, predictions: readonly PredictedAnswer[]): void {
  const seen = new Set<number>();
  questions.forEach((question, index) => {
    if (question === -1 || (question >= 0 && !seen.has(question))) {
      seen.add(question);
      return;
    }
    const isTold = question !== -2;
    throw new UserError({
      code: 'data-invalid',
      what: isTold
        ? `question ${nameOfPrediction(index)} is answered twice`
        : `several questions are called ${nameOfPrediction(index)}, and the prediction does not say which it answers`,
      where: String(predictions[index]!.where),
      expected: isTold ? 'one answer per question' : 'a prompt that holds the words of the question',
      fix: 'correct the record',
    });
  });
}

/** Both sides of what does not match, and the naming that was tried. */
function requireKnown(
  answers: readonly (string | undefined)[],
  { questions: found, naming, nameOfPrediction, nameOfQuestion }: QuestionMatch,
  {
    file,
    references,
    isComplete,
  }: { readonly file: string; readonly references: string; readonly isComplete: boolean },
): void {
  const missing = isComplete
    ? answers.flatMap((answer, index) => (answer === undefined ? [nameOfQuestion(index)] : []))
    : [];
  const unknown = Array.from(found).flatMap((question, index) => (question < 0 ? [nameOfPrediction(index)] : []));
  if (missing.length === 0 && unknown.length === 0) return;
  const lacks = `${count(missing.length, 'question')} ${missing.length === 1 ? 'has' : 'have'} no prediction`;
  const surplus = `${count(unknown.length, 'prediction')} ${unknown.length === 1 ? 'is' : 'are'}`;
  const tried = `questions are named by ${naming}`;
  if (unknown.length === 0) {
    throw new UserError({
      code: 'score-invalid',
      what: `${lacks}: ${sample(missing, 3)}`,
      where: file,
      expected: `one prediction for every question of ${references}; ${tried}`,
      fix: 'add the predictions, name the split that was predicted with --split, or score the answered questions alone with --subset',
    });
  }
  throw new UserError({
    code: 'score-invalid',
    what:
      missing.length > 0
        ? `${lacks} (${sample(missing, 3)}), and ${surplus} for no question of the references (${sample(unknown, 3)})`
        : `${surplus} for questions that the references lack: ${sample(unknown, 3)}`,
    where: file,
    expected: `predictions for the questions of ${references} only; ${tried}`,
    fix: 'name the questions as the references do, or name the references and the split that the predictions belong to',
  });
}
