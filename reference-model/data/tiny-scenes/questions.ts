/**
 * Questions about a scene. Yes/no questions come in pairs of one yes and one no from the same distribution of wordings,
 * so wording alone predicts nothing; a "no" is asked about something close to what is there. An open question has one answer.
 */
import type { RandomStream } from '../../numerics/random.js';
import type { AnswerKind } from '../dataset.js';
import { chance, pick } from '../draws.js';
import { PLACES } from '../places.js';
import { fill, withArticle } from '../sentences.js';
import { EXISTENCE_QUESTIONS, OPEN_QUESTIONS, PLACE_QUESTION, RELATION_QUESTION, UNNAMED_SHAPE } from './phrases.js';
import type { Scene, SceneObject } from './scene.js';
import { COLORS, holds, RELATIONS, SHAPES, SIZES } from './scene.js';

/** A question without an identity of its own yet. */
export interface SceneQuestion {
  readonly question: string;
  readonly answer: string;
  readonly kind: AnswerKind;
  readonly questionType: 'existence' | 'relation' | 'place' | OpenKind;
}

const OPEN_QUESTIONS_PER_SCENE = 3;

const ASKS_RELATION = 60; // percent of spatial questions, where there are two objects to relate
const NEGATES_ONE_ATTRIBUTE = 80; // percent of absent objects that differ from a present one in a single attribute

const EXISTENCE_FORMS = ['size color shape', 'color shape', 'color shape', 'shape', 'color'] as const;
type Description = Partial<Pick<SceneObject, 'size' | 'color' | 'shape'>>;

function matches(object: SceneObject, { size, color, shape }: Description): boolean {
  return (
    (size === undefined || object.size === size) &&
    (color === undefined || object.color === color) &&
    (shape === undefined || object.shape === shape)
  );
}

function words({ size, color, shape }: Description): string {
  return [size, color, shape ?? UNNAMED_SHAPE].filter((word) => word !== undefined).join(' ');
}

function described(object: Description, form: (typeof EXISTENCE_FORMS)[number]): Description {
  const { size, color, shape } = object;
  switch (form) {
    case 'size color shape':
      return { size, color, shape } as Description;
    case 'color shape':
      return { color, shape } as Description;
    case 'shape':
      return { shape } as Description;
    case 'color':
      return { color } as Description;
    default:
      return form satisfies never;
  }
}

/** Something that is not in the scene, mostly one attribute away from something that is. */
function absent(scene: Scene, form: (typeof EXISTENCE_FORMS)[number], stream: RandomStream): Description {
  for (;;) {
    const other = { size: pick(stream, SIZES), color: pick(stream, COLORS), shape: pick(stream, SHAPES) };
    const present = pick(stream, scene.objects);
    const attribute = pick(stream, ['size', 'color', 'shape'] as const);
    const near = chance(stream, NEGATES_ONE_ATTRIBUTE) ? { ...present, [attribute]: other[attribute] } : other;
    const description = described(near, form);
    if (!scene.objects.some((object) => matches(object, description))) return description;
  }
}

function existenceQuestion(scene: Scene, answer: 'yes' | 'no', stream: RandomStream): SceneQuestion {
  const form = pick(stream, EXISTENCE_FORMS);
  const description = answer === 'yes' ? described(pick(stream, scene.objects), form) : absent(scene, form, stream);
  const question = fill(pick(stream, EXISTENCE_QUESTIONS), { x: withArticle(words(description)) });
  return { question, answer, kind: 'yes/no', questionType: 'existence' };
}

/** The descriptions among the given ones that fit this object alone. */
function unambiguous(scene: Scene, object: SceneObject, candidates: readonly Description[]): readonly string[] {
  return candidates
    .filter((candidate) => scene.objects.every((other) => other === object || !matches(other, candidate)))
    .map((candidate) => `the ${words(candidate)}`);
}

/** A definite phrase for the object; shape and colour together always suffice. */
function reference(scene: Scene, object: SceneObject, stream: RandomStream): string {
  const { color, shape } = object;
  return pick(stream, unambiguous(scene, object, [{ color, shape }, { shape }, { color }]));
}

function spatialQuestion(scene: Scene, answer: 'yes' | 'no', stream: RandomStream): SceneQuestion {
  if (scene.objects.length > 1 && chance(stream, ASKS_RELATION)) {
    for (;;) {
      const [first, second] = stream.shuffle(scene.objects) as [SceneObject, SceneObject];
      const relation = pick(stream, RELATIONS);
      if (holds(relation, first, second) !== (answer === 'yes')) continue;
      const slots = { x: reference(scene, first, stream), relation, y: reference(scene, second, stream) };
      return { question: fill(RELATION_QUESTION, slots), answer, kind: 'yes/no', questionType: 'relation' };
    }
  }
  const object = pick(stream, scene.objects);
  const place =
    answer === 'yes'
      ? object.place
      : pick(
          stream,
          PLACES.filter((other) => other !== object.place),
        );
  const question = fill(PLACE_QUESTION, { x: reference(scene, object, stream), place });
  return { question, answer, kind: 'yes/no', questionType: 'place' };
}

type OpenKind = keyof typeof OPEN_QUESTIONS;
const OPEN_KINDS: readonly OpenKind[] = ['color', 'shape', 'size', 'count', 'object'];

interface OpenCandidate {
  readonly sentence: string;
  readonly slots: Readonly<Record<string, string>>;
  readonly answer: string;
}

/** Every question of a kind that has exactly one right answer in this scene. */
function openCandidates(scene: Scene, kind: OpenKind, stream: RandomStream): readonly OpenCandidate[] {
  const { objects } = scene;
  switch (kind) {
    case 'color':
      return objects.flatMap((object) => {
        const { size, shape, color } = object;
        const references = unambiguous(scene, object, [{ shape }, { size, shape }]);
        return references.map((x) => ({ sentence: pick(stream, OPEN_QUESTIONS.color), slots: { x }, answer: color }));
      });
    case 'shape':
      return objects.flatMap(({ place, color, shape }) => {
        const colorIsUnique = objects.filter((other) => other.color === color).length === 1;
        const sentences = OPEN_QUESTIONS.shape.filter((text) => colorIsUnique || text.includes('{place}'));
        return sentences.map((sentence) => ({ sentence, slots: { place, color }, answer: shape }));
      });
    case 'size':
      return objects.map((object) => ({
        sentence: pick(stream, OPEN_QUESTIONS.size),
        slots: { x: reference(scene, object, stream) },
        answer: object.size,
      }));
    case 'count':
      return OPEN_QUESTIONS.count.map((sentence) => ({ sentence, slots: {}, answer: String(objects.length) }));
    case 'object': {
      const [inPlace, byRelation] = OPEN_QUESTIONS.object;
      const placed = objects.map((object) => ({
        sentence: inPlace,
        slots: { place: object.place },
        answer: `${object.color} ${object.shape}`,
      }));
      const related = objects.flatMap((object) =>
        RELATIONS.flatMap((relation) => {
          const answers = objects.filter((other) => holds(relation, other, object));
          if (answers.length !== 1) return [];
          const slots = { relation, x: reference(scene, object, stream) };
          return [{ sentence: byRelation, slots, answer: `${answers[0]!.color} ${answers[0]!.shape}` }];
        }),
      );
      return [...placed, ...related];
    }
    default:
      return kind satisfies never;
  }
}

function openQuestions(scene: Scene, stream: RandomStream): readonly SceneQuestion[] {
  const questions: SceneQuestion[] = [];
  for (const kind of stream.shuffle(OPEN_KINDS)) {
    const candidates = openCandidates(scene, kind, stream);
    if (candidates.length === 0 || questions.length === OPEN_QUESTIONS_PER_SCENE) continue;
    const { sentence, slots, answer } = pick(stream, candidates);
    questions.push({ question: fill(sentence, slots), answer, kind: 'open', questionType: kind });
  }
  return questions;
}

/** The scene's questions in random order: as many with the answer yes as with no, and open ones of different kinds. */
export function sceneQuestions(scene: Scene, stream: RandomStream): readonly SceneQuestion[] {
  return stream.shuffle([
    existenceQuestion(scene, 'yes', stream),
    existenceQuestion(scene, 'no', stream),
    spatialQuestion(scene, 'yes', stream),
    spatialQuestion(scene, 'no', stream),
    ...openQuestions(scene, stream),
  ]);
}
