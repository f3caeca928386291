/** Predictions of another program as a system: what scored captions and answers come to, image by image. */

import { basename, extname } from 'node:path';
import type { AnsweredQuestion, AnswerMatch, ConsensusQuestion } from '../../metrics/index.js';
import type { AnswerLayout } from '../score/answer-layouts.js';
import type { PairingOptions } from '../score/pair-captions.js';
import {
  type ConsensusAnswers,
  type ExactAnswers,
  type ScoredAnswers,
  scoreAnswerFile,
} from '../score/score-answers.js';
import { type ScoredCaptions, scoreCaptionFile } from '../score/score-captions.js';
import {
  type Aggregation,
  type System,
  type SystemItem,
  type SystemMetric,
  sortItems,
  systemMetric,
} from './system.js';

/** What predictions are scored against. */
export interface Scoring extends PairingOptions {
  readonly references: string;
  /** Frozen document frequencies for CIDEr. */
  readonly df?: readonly string[];
  /** How questions are laid out; captions are scored without it. */
  readonly dataset?: AnswerLayout;
  /** When an answer is right. */
  readonly answerMatch?: AnswerMatch;
}

/** @throws UserError or MetricError for predictions that are missing, surplus, repeated or empty */
export async function systemOfPredictions(file: string, scoring: Scoring): Promise<System> {
  const { dataset, answerMatch, df, ...pairing } = scoring;
  if (dataset === undefined) {
    const scored = await scoreCaptionFile(file, { ...pairing, df });
    for (const note of scored.notes) pairing.tell?.(`note: ${file}: ${note}`);
    return systemOfScoredCaptions(file, scored);
  }
  const scored = await scoreAnswerFile(file, { ...pairing, layout: dataset, answerMatch });
  for (const note of scored.notes) pairing.tell?.(`note: ${file}: ${note}`);
  return systemOfScoredAnswers(file, scored);
}

function predictedSystem(file: string, metrics: readonly SystemMetric[], items: readonly SystemItem[]): System {
  return {
    label: basename(file, extname(file)),
    origin: { kind: 'predictions', paths: [file] },
    records: 1,
    metrics,
    items: sortItems(items),
  };
}

export function systemOfScoredCaptions(file: string, { records, scores, bleuColumns }: ScoredCaptions): System {
  const group = 'captions';
  const imageIds = records.map(({ imageId }) => imageId);
  const metrics = [...scores].map(([name, { signature, perImage }]) => {
    const isBleu = name.startsWith('BLEU-');
    const columns = isBleu ? bleuColumns! : [perImage];
    const aggregation = isBleu ? (name as Aggregation) : 'mean';
    const replicates = [{ columns }];
    return systemMetric({ name, signature, higherIsBetter: true, aggregation, group, imageIds, replicates });
  });
  const items = records.map(({ imageId, references, candidate }) => ({
    group,
    imageId,
    references,
    texts: [candidate],
  }));
  return predictedSystem(file, metrics, items);
}

export function systemOfScoredAnswers(file: string, scored: ScoredAnswers): System {
  switch (scored.kind) {
    case 'consensus':
      return consensusSystem(file, scored);
    case 'exact':
      return exactSystem(file, scored);
    default:
      return scored satisfies never;
  }
}

function consensusSystem(file: string, { questions, accuracies }: ConsensusAnswers): System {
  const { overall, perQuestion } = accuracies;
  const metric = questionMetric('VQA-accuracy', overall.signature, questions, perQuestion);
  return predictedSystem(
    file,
    [metric],
    questions.map((question, index) => consensusItem(question, perQuestion[index]!)),
  );
}

function exactSystem(file: string, { questions, accuracies }: ExactAnswers): System {
  const { perQuestion } = accuracies;
  const kinds = [
    ['accuracy', accuracies.overall, undefined],
    ['accuracy/closed', accuracies.closed, 'closed'],
    ['accuracy/yes-no', accuracies['yes/no'], 'yes/no'],
    ['accuracy/open', accuracies.open, 'open'],
  ] as const;
  const metrics = kinds.flatMap(([name, { score, signature }, kind]) => {
    // Where the data set states the types, closed questions stand for those of yes and no.
    if (score === undefined || (kind === 'yes/no' && accuracies.closed.score !== undefined)) return [];
    const asked = questions.flatMap((question, index) =>
      kind === undefined || question.kind === kind ? [{ question, score: perQuestion[index]! }] : [],
    );
    const scores = asked.map((one) => one.score);
    const askedQuestions = asked.map(({ question }) => question);
    return [questionMetric(name, signature, askedQuestions, scores)];
  });
  return predictedSystem(
    file,
    metrics,
    questions.map((question, index) => answerItem(question, perQuestion[index]!)),
  );
}

/** Sum and count of each image's questions. */
function questionMetric(
  name: string,
  signature: string,
  questions: readonly { readonly questionId: string; readonly imageId?: string }[],
  perQuestion: ArrayLike<number>,
): SystemMetric {
  const images = new Map<string, { sum: number; count: number }>();
  questions.forEach((question, index) => {
    const image = imageOf(question);
    const { sum, count } = images.get(image) ?? { sum: 0, count: 0 };
    images.set(image, { sum: sum + perQuestion[index]!, count: count + 1 });
  });
  const values = [...images.values()];
  return systemMetric({
    name,
    signature,
    higherIsBetter: true,
    aggregation: 'ratio',
    group: 'answers',
    imageIds: [...images.keys()],
    replicates: [{ columns: [values.map(({ sum }) => sum), values.map(({ count }) => count)] }],
  });
}

/** A question whose image nobody knows stands for an image of its own. */
function imageOf({ questionId, imageId }: { readonly questionId: string; readonly imageId?: string }): string {
  return imageId ?? `question ${questionId}`;
}

function answerItem(asked: AnsweredQuestion, score: number): SystemItem {
  const { questionId, question, answer, prediction, kind } = asked;
  return {
    group: 'answers',
    imageId: imageOf(asked),
    questionId,
    ...(question === undefined ? {} : { prompt: question }),
    kind,
    references: [answer],
    texts: [prediction],
    scores: [score],
  };
}

function consensusItem(asked: ConsensusQuestion, score: number): SystemItem {
  const { questionId, answers, prediction, questionType } = asked;
  return {
    group: 'answers',
    imageId: imageOf(asked),
    questionId,
    ...(questionType === undefined ? {} : { questionType }),
    references: [...new Set(answers)],
    texts: [prediction],
    scores: [score],
  };
}
