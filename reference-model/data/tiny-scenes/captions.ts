/**
 * What is said about a scene: the machine's caption, complete and always in one style, and the captions of five people,
 * who vary their words, leave things out and now and then get one wrong.
 */
import type { RandomStream } from '../../numerics/random.js';
import { chance, pick } from '../draws.js';
import { fill, withArticle } from '../sentences.js';
import {
  AI_LIST,
  AI_OBJECT,
  COLOR_MISTAKES,
  COLOR_NAMES,
  ONE_OBJECT_SENTENCES,
  PLACE_PHRASES,
  RELATION_SENTENCES,
  SHAPE_MISTAKES,
  SHAPE_NAMES,
  SIZE_NAMES,
  THREE_OBJECT_SENTENCES,
  TWO_OBJECT_SENTENCES,
} from './phrases.js';
import type { Scene, SceneObject } from './scene.js';
import { holds, RELATIONS } from './scene.js';

const HUMAN_CAPTIONS_PER_SCENE = 5;

// How people caption, in percent of the occasions on which they could.
const MENTIONS_SIZE = 40;
const MENTIONS_COLOR = 93;
const MENTIONS_PLACE = 45;
const MENTIONS_ONE_OBJECT_ONLY = 12;
const RELATES_TWO_OBJECTS = 35;
const REORDERS_OBJECTS = 30;
const USES_SHAPE_SYNONYM = 25;
const USES_COLOR_SYNONYM = 10;
const USES_SIZE_SYNONYM = 50;
const MISTAKES_SHAPE = 2;
const MISTAKES_COLOR = 2;
const DROPS_ARTICLE = 7;
const ENDS_WITH_FULL_STOP = 75;

/** The machine's caption: every object in reading order with its size, colour, shape and place. */
export function aiCaption(scene: Scene): string {
  const objects = scene.objects.map(({ size, color, shape, place }) =>
    fill(AI_OBJECT, { article: withArticle(size).split(' ')[0]!, size, color, shape, place }),
  );
  const last = objects.at(-1)!;
  if (objects.length === 1) return last + AI_LIST.end;
  return objects.slice(0, -1).join(AI_LIST.separator) + AI_LIST.last + last + AI_LIST.end;
}

/** A name: mostly the proper one, at times a synonym. */
function nameFrom(names: readonly string[], synonymPercent: number, stream: RandomStream): string {
  return names.length > 1 && chance(stream, synonymPercent) ? pick(stream, names.slice(1)) : names[0]!;
}

function objectPhrase(object: SceneObject, mayPlace: boolean, stream: RandomStream): string {
  const shape = chance(stream, MISTAKES_SHAPE) ? SHAPE_MISTAKES[object.shape] : object.shape;
  const color = chance(stream, MISTAKES_COLOR) ? COLOR_MISTAKES[object.color] : object.color;
  const words: string[] = [];
  if (chance(stream, MENTIONS_SIZE)) words.push(nameFrom(SIZE_NAMES[object.size], USES_SIZE_SYNONYM, stream));
  if (chance(stream, MENTIONS_COLOR)) words.push(nameFrom(COLOR_NAMES[color], USES_COLOR_SYNONYM, stream));
  words.push(nameFrom(SHAPE_NAMES[shape], USES_SHAPE_SYNONYM, stream));
  const noun = words.join(' ');
  const phrase = chance(stream, DROPS_ARTICLE) ? noun : withArticle(noun);
  if (!mayPlace || !chance(stream, MENTIONS_PLACE)) return phrase;
  return `${phrase} ${pick(stream, PLACE_PHRASES[object.place])}`;
}

function sentenceAbout(objects: readonly SceneObject[], stream: RandomStream): string {
  const [first, second, third] = objects;
  if (second === undefined) {
    return fill(pick(stream, ONE_OBJECT_SENTENCES), { x: objectPhrase(first!, true, stream) });
  }
  if (third === undefined && chance(stream, RELATES_TWO_OBJECTS)) {
    const relation = pick(
      stream,
      RELATIONS.filter((candidate) => holds(candidate, first!, second)),
    );
    const slots = { x: objectPhrase(first!, false, stream), y: objectPhrase(second, false, stream) };
    return fill(pick(stream, RELATION_SENTENCES[relation]), slots);
  }
  const x = objectPhrase(first!, true, stream);
  const y = objectPhrase(second, true, stream);
  if (third === undefined) return fill(pick(stream, TWO_OBJECT_SENTENCES), { x, y });
  return fill(pick(stream, THREE_OBJECT_SENTENCES), { x, y, z: objectPhrase(third, true, stream) });
}

function humanCaption(scene: Scene, stream: RandomStream): string {
  const ordered = chance(stream, REORDERS_OBJECTS) ? stream.shuffle(scene.objects) : scene.objects;
  const mentioned = chance(stream, MENTIONS_ONE_OBJECT_ONLY) ? ordered.slice(0, 1) : ordered;
  const sentence = sentenceAbout(mentioned, stream);
  return chance(stream, ENDS_WITH_FULL_STOP) ? `${sentence}.` : sentence;
}

/** Five different captions of the scene, as five people would write them. */
export function humanCaptions(scene: Scene, stream: RandomStream): readonly string[] {
  const captions: string[] = [];
  while (captions.length < HUMAN_CAPTIONS_PER_SCENE) {
    const caption = humanCaption(scene, stream);
    if (!captions.includes(caption)) captions.push(caption);
  }
  return captions;
}
