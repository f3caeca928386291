/**
 * Which question a predicted answer is for: by the first name that explains every prediction — identifiers, then the image of a question
 * that is its image's only one, then the position in the file. Identifiers that several questions share are told apart by the prompt.
 */
import type { ReferencedQuestion } from '../../reference-model/data/layouts/question-layout.js';
import type { PredictedAnswer } from './answer-predictions.js';

export interface QuestionMatch {
  /** Words for the naming. */
  readonly naming: string;
  /** Index of the question of each prediction; −1 where there is none, −2 where the prompt does not tell which. */
  readonly questions: Int32Array;
  readonly nameOfPrediction: (index: number) => string;
  readonly nameOfQuestion: (index: number) => string;
}

interface Naming {
  readonly words: string;
  readonly prediction: (prediction: PredictedAnswer, index: number) => string | undefined;
  readonly question: (question: ReferencedQuestion, index: number) => string | undefined;
}

/** Numbers of rows are names only of each other. */
const POSITIONS = new Set(['doc_id', 'index']);
const withoutFolders = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);

export function matchQuestions(
  questions: readonly ReferencedQuestion[],
  predictions: readonly PredictedAnswer[],
  positions: ReadonlyMap<ReferencedQuestion, number>,
): QuestionMatch {
  let best: QuestionMatch | undefined;
  let most = -1;
  for (const naming of namingsOf(questions, predictions, positions)) {
    const match = matchBy(questions, predictions, naming);
    const known = new Set(match.questions.filter((question) => question >= 0)).size;
    if (known === predictions.length) return match;
    if (known > most) [best, most] = [match, known];
  }
  return best!;
}

function namingsOf(
  questions: readonly ReferencedQuestion[],
  predictions: readonly PredictedAnswer[],
  positions: ReadonlyMap<ReferencedQuestion, number>,
): readonly Naming[] {
  const questionFields = fieldsOf(questions.map(({ names }) => names));
  const predictionFields = fieldsOf(predictions.map(({ names }) => names));
  const position = (question: ReferencedQuestion): string => String(positions.get(question)!);
  const byName = predictionFields.flatMap((prediction) =>
    questionFields
      .filter((question) => question === prediction || (!POSITIONS.has(question) && !POSITIONS.has(prediction)))
      .map(
        (question): Naming => ({
          words: prediction === question ? question : `${question} (${prediction} of the predictions)`,
          prediction: ({ names }) => names[prediction],
          question: ({ names }) => names[question],
        }),
      ),
  );
  const imageFields = fieldsOf(questions.map(({ image }) => image));
  const byImage = fieldsOf(predictions.map(({ image }) => image)).flatMap((prediction) =>
    imageFields.flatMap((question): readonly Naming[] => [
      {
        words: `the ${question} of the question`,
        prediction: ({ image }) => image[prediction],
        question: ({ image }) => image[question],
      },
      {
        words: `the ${question} of the question without folders`,
        prediction: ({ image }) => withoutFoldersOf(image[prediction]),
        question: ({ image }) => withoutFoldersOf(image[question]),
      },
    ]),
  );
  const byPosition: Naming = {
    words: 'the position in the file',
    prediction: ({ names }, index) => {
      const [name = String(index)] = Object.values(names);
      return name;
    },
    question: position,
  };
  const hasPositions = questionFields.length === 0 || predictionFields.length === 0;
  return [...byName, ...byImage, ...(hasPositions || byName.length + byImage.length === 0 ? [byPosition] : [])];
}

function matchBy(
  questions: readonly ReferencedQuestion[],
  predictions: readonly PredictedAnswer[],
  { words, prediction: nameOf, question: nameOfReference }: Naming,
): QuestionMatch {
  const known = new Map<string, number[]>();
  questions.forEach((question, index) => {
    const name = nameOfReference(question, index);
    if (name === undefined) return;
    const group = known.get(name);
    if (group === undefined) known.set(name, [index]);
    else group.push(index);
  });
  const names = predictions.map((prediction, index) => nameOf(prediction, index));
  const uses = new Map<string | undefined, number>();
  for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
  const matches = Int32Array.from(predictions, (prediction, index) => {
    const group = known.get(names[index] ?? '') ?? [];
    if (group.length === 0) return -1;
    if (group.length === 1 && uses.get(names[index]) === 1) return group[0]!;
    return byPrompt(group, questions, prediction.prompt) ?? (group.length === 1 ? group[0]! : -2);
  });
  return {
    naming: words,
    questions: matches,
    nameOfPrediction: (index) => names[index] ?? `number ${index}`,
    nameOfQuestion: (index) => nameOfReference(questions[index]!, index) ?? `number ${index}`,
  };
}

/** The one question of a group whose words are the prompt, or stand in it. */
function byPrompt(
  group: readonly number[],
  questions: readonly ReferencedQuestion[],
  prompt: string | undefined,
): number | undefined {
  if (prompt === undefined) return undefined;
  const asked = plain(prompt);
  const words = group.map((index) => plain(questions[index]!.question ?? ''));
  const equal = group.filter((_, index) => words[index] === asked);
  if (equal.length > 0) return equal.length === 1 ? equal[0] : undefined;
  const inside = group.filter((_, index) => words[index] !== '' && asked.includes(words[index]!));
  return inside.length === 1 ? inside[0] : undefined;
}

function plain(text: string): string {
  return text
    .replaceAll(/<(?:image|video)>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

function withoutFoldersOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : withoutFolders(name);
}

function fieldsOf(named: readonly Readonly<Record<string, string>>[]): readonly string[] {
  const fields = new Set<string>();
  for (const names of named) for (const field in names) fields.add(field);
  return [...fields];
}
