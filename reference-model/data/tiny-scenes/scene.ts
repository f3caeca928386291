/**
 * What a scene is: one to three objects on a 2×2 grid, each with a shape, a colour and a size. The split that a scene
 * belongs to is a function of its content alone, so no stream of scenes, however long, can leak a held-out one.
 */
import type { RandomStream } from '../../numerics/random.js';
import type { SplitName } from '../dataset.js';
import { pick } from '../draws.js';
import { splitOfContent } from '../generated-split.js';
import { cellOf, PLACES, type Place } from '../places.js';

export const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'cross', 'ring'] as const;
export const COLORS = ['red', 'green', 'blue', 'yellow', 'purple', 'orange', 'white', 'black'] as const;
export const SIZES = ['small', 'large'] as const;

export type Shape = (typeof SHAPES)[number];
export type Color = (typeof COLORS)[number];
export type Size = (typeof SIZES)[number];

export interface SceneObject {
  readonly shape: Shape;
  readonly color: Color;
  readonly size: Size;
  readonly place: Place;
}

/** Objects in reading order, at most one per place; no two share both shape and colour. */
export interface Scene {
  readonly objects: readonly SceneObject[];
}

export type Relation = 'above' | 'below' | 'left of' | 'right of';
export const RELATIONS: readonly Relation[] = ['above', 'below', 'left of', 'right of'];

/** Whether `first` stands in the relation to `second`; diagonal neighbours stand in two relations. */
export function holds(relation: Relation, first: SceneObject, second: SceneObject): boolean {
  const a = cellOf(first.place);
  const b = cellOf(second.place);
  switch (relation) {
    case 'above':
      return a.row < b.row;
    case 'below':
      return a.row > b.row;
    case 'left of':
      return a.column < b.column;
    case 'right of':
      return a.column > b.column;
    default:
      return relation satisfies never;
  }
}

// Share of scenes with one, two and three objects, in percent.
const OBJECT_COUNTS = [
  { count: 1, percent: 15 },
  { count: 2, percent: 65 },
  { count: 3, percent: 20 },
] as const;

function drawObjectCount(stream: RandomStream): number {
  let remaining = stream.integer(100);
  for (const { count, percent } of OBJECT_COUNTS) {
    if (remaining < percent) return count;
    remaining -= percent;
  }
  throw new RangeError('The shares of object counts must add up to 100.');
}

/** A scene of random content, from any split. */
export function drawScene(stream: RandomStream): Scene {
  const count = drawObjectCount(stream);
  const places = stream.shuffle(PLACES).slice(0, count);
  const objects: SceneObject[] = [];
  for (const place of PLACES) {
    if (!places.includes(place)) continue;
    let shape: Shape;
    let color: Color;
    do {
      shape = pick(stream, SHAPES);
      color = pick(stream, COLORS);
    } while (objects.some((other) => other.shape === shape && other.color === color));
    objects.push({ shape, color, size: pick(stream, SIZES), place });
  }
  return { objects };
}

/** A text that is equal for two scenes if and only if they hold the same objects in the same places. */
export function contentKey(scene: Scene): string {
  return scene.objects.map(({ place, size, color, shape }) => `${place}:${size} ${color} ${shape}`).join('|');
}

/** The split that scenes of this content belong to. */
export function splitOf(scene: Scene): SplitName {
  return splitOfContent('tiny-scenes', contentKey(scene));
}
