/**
 * What a run has learned, part by part: of detailed captions of scenes the attributes of objects, of questions their types, each beside
 * what guessing would get. Computed from predictions alone. Part scores tell whether a verdict rests on something that was learned at all;
 * they decide nothing.
 */
import { readSceneCaption } from '../../reference-model/data/tiny-scenes/read-caption.js';
import type { SceneObject } from '../../reference-model/data/tiny-scenes/scene.js';
import type { AnswerPrediction, CaptionPrediction, ForcedPrediction, Prediction } from '../records/predictions.js';

export interface LearntPart {
  readonly part: string;
  readonly kind: 'attribute' | 'question type';
  /** Share that is right, 0 to 1; a model that sees everything reaches 1. */
  readonly accuracy: number;
  /**
   * Of an attribute: that of the true caption of another image, on average. Of a type of question: that of its most common answer, for each
   * kind of question.
   */
  readonly chance: number;
  /** What the accuracy is a share of. */
  readonly count: number;
}

const attributes = ['shape', 'color', 'size', 'place'] as const;

export function learntParts(predictions: readonly Prediction[]): readonly LearntPart[] {
  const captions = predictions.filter((prediction) => prediction.type === 'caption');
  const answered = predictions.filter((prediction) => prediction.type === 'answer');
  const forced = predictions.filter((prediction) => prediction.type === 'teacher-forced');
  // Where nothing was generated, an answer is right that the model would have given word for word.
  const answers = answered.length > 0 ? answered : forced.flatMap(asAnswer);
  return [...captionParts(captions.filter(({ style }) => style === 'ai-captions')), ...answerParts(answers)];
}

interface Described {
  readonly truth: readonly SceneObject[];
  readonly said: readonly SceneObject[];
}

/** None where captions are not about scenes. */
function captionParts(captions: readonly CaptionPrediction[]): readonly LearntPart[] {
  const described = captions.map(
    ({ references: [reference = ''], text }): Described => ({
      truth: readSceneCaption(reference),
      said: readSceneCaption(text),
    }),
  );
  if (described.length < 2 || described.some(({ truth }) => truth.length === 0)) return [];
  const objects = described.reduce((sum, { truth }) => sum + truth.length, 0);
  return [
    ...attributes.map((part): LearntPart => {
      const right = described.reduce(
        (sum, { truth, said }) => sum + truth.filter((object) => says(said, object, part)).length,
        0,
      );
      return { part, kind: 'attribute', accuracy: right / objects, chance: chanceOf(described, part), count: objects };
    }),
    countPart(described),
  ];
}

/** Whether the attribute of an object is said of what stands in its place; of its place, whether anything is said to stand there. */
function says(said: readonly SceneObject[], object: SceneObject, part: (typeof attributes)[number]): boolean {
  return said.some((other) => other.place === object.place && other[part] === object[part]);
}

/** How often an object finds its attribute in the caption of another image, over all pairs of images. */
function chanceOf(described: readonly Described[], part: (typeof attributes)[number]): number {
  const keyOf = (object: SceneObject) => `${object.place}|${object[part]}`;
  const images = new Map<string, number>();
  for (const { truth } of described) {
    for (const key of new Set(truth.map(keyOf))) images.set(key, (images.get(key) ?? 0) + 1);
  }
  const objects = described.flatMap(({ truth }) => truth);
  const met = objects.reduce((sum, object) => sum + images.get(keyOf(object))! - 1, 0);
  return met / (objects.length * (described.length - 1));
}

function countPart(described: readonly Described[]): LearntPart {
  const right = described.filter(({ truth, said }) => truth.length === said.length).length;
  const images = new Map<number, number>();
  for (const { truth } of described) images.set(truth.length, (images.get(truth.length) ?? 0) + 1);
  const met = described.reduce((sum, { truth }) => sum + images.get(truth.length)! - 1, 0);
  return {
    part: 'count',
    kind: 'attribute',
    accuracy: right / described.length,
    chance: met / (described.length * (described.length - 1)),
    count: described.length,
  };
}

type JudgedAnswer = Pick<AnswerPrediction, 'questionType' | 'kind' | 'expected' | 'correct'>;

function asAnswer({ kind, questionType, expected, exact }: ForcedPrediction): readonly JudgedAnswer[] {
  if (kind === undefined || questionType === undefined) return [];
  return [{ kind, questionType, expected, correct: exact }];
}

function answerParts(answers: readonly JudgedAnswer[]): readonly LearntPart[] {
  const types = [...new Set(answers.flatMap(({ questionType }) => questionType ?? []))];
  return types.flatMap((type) =>
    (['open', 'yes/no'] as const).flatMap((kind): readonly LearntPart[] => {
      const about = answers.filter((answer) => answer.questionType === type && answer.kind === kind);
      if (about.length === 0) return [];
      const expected = new Map<string, number>();
      for (const answer of about) expected.set(answer.expected, (expected.get(answer.expected) ?? 0) + 1);
      return [
        {
          part: kind === 'open' ? type : `${type} (yes/no)`,
          kind: 'question type',
          accuracy: about.filter(({ correct }) => correct).length / about.length,
          chance: Math.max(...expected.values()) / about.length,
          count: about.length,
        },
      ];
    }),
  );
}
