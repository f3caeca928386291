/** Reads captions in the machine's style back into objects, so that what a model has learned can be counted attribute by attribute. */
import { PLACES } from '../places.js';
import { COLORS, type SceneObject, SHAPES, SIZES } from './scene.js';

const any = (words: readonly string[]): string => `(${words.join('|')})`;
const OBJECT = new RegExp(`\\ba ${any(SIZES)} ${any(COLORS)} ${any(SHAPES)} in the ${any(PLACES)}\\b`, 'g');

/** The objects that the caption describes completely, in its order; what it says otherwise is passed over. */
export function readSceneCaption(caption: string): readonly SceneObject[] {
  return [...caption.matchAll(OBJECT)].map(
    ([, size, color, shape, place]) => ({ size, color, shape, place }) as SceneObject,
  );
}
