/**
 * Answers without any model, from the questions of the images that a run was last trained on: what accuracy means is seen beside
 * what the commonest answer gets, and beside what whoever reads the question but does not look at the image gets.
 */
import type { AnswerKind, Question } from '../data/dataset.js';
import { lastTrainedStage, type RunConfig } from '../recipe/recipe.js';
import { type DataSets, requireDataSet, trainingSamples } from '../training/stage-data.js';

export const BASELINES = ['majority', 'blind'] as const;
export type Baseline = (typeof BASELINES)[number];

/** What the answers were counted on. */
export interface BaselineTraining {
  readonly dataSet: string;
  readonly trainingShare: number;
}

export interface BaselineAnswers {
  readonly training: BaselineTraining;
  /**
   * One text per question asked. `majority` is the commonest training answer to questions of the same kind, `blind` that to the
   * same words, or else the majority's. Of equally common answers the first in text order counts; where training has no question of a
   * kind, the text is empty.
   */
  readonly answers: Readonly<Record<Baseline, readonly string[]>>;
}

/** Counts on the training images of the last stage that has steps, as that stage's share drew them. */
export function baselineAnswers(
  asked: readonly Pick<Question, 'question' | 'kind'>[],
  config: RunConfig,
  dataSets: DataSets,
): BaselineAnswers {
  const lastStage = lastTrainedStage(config.recipe.stages);
  const dataSet = lastStage?.data ?? config.data.name;
  const samples = trainingSamples(requireDataSet(dataSets, dataSet), lastStage ?? {}, config.seed);

  const byKind = new Map<AnswerKind, Map<string, number>>();
  const byQuestion = new Map<string, Map<string, number>>();
  for (const { questions } of samples) {
    for (const { question, answer, kind } of questions) {
      count(byKind, kind, answer);
      count(byQuestion, question, answer);
    }
  }
  const majorityOfKind = commonest(byKind);
  const majorityOfQuestion = commonest(byQuestion);
  const majority = asked.map(({ kind }) => majorityOfKind.get(kind) ?? '');
  const blind = asked.map(({ question }, index) => majorityOfQuestion.get(question) ?? majority[index]!);
  return { training: { dataSet, trainingShare: lastStage?.trainingShare ?? 1 }, answers: { majority, blind } };
}

function count<Key>(answersOf: Map<Key, Map<string, number>>, key: Key, answer: string): void {
  const answers = answersOf.get(key) ?? new Map<string, number>();
  answersOf.set(key, answers.set(answer, (answers.get(answer) ?? 0) + 1));
}

function commonest<Key>(answersOf: ReadonlyMap<Key, ReadonlyMap<string, number>>): ReadonlyMap<Key, string> {
  return new Map(
    [...answersOf].map(([key, answers]) => {
      const [[answer]] = [...answers].sort(([a, times], [b, others]) => others - times || (a < b ? -1 : 1)) as [
        [string, number],
      ];
      return [key, answer];
    }),
  );
}
