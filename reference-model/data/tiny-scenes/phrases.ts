/**
 * Every word that tiny-scenes can say: names and synonyms, caption sentences and question sentences. Slots stand in
 * braces. The tokenizer's vocabulary is built from this file, so a word added here needs `tokenizer.json` rebuilt.
 */
import type { Place } from '../places.js';
import type { Color, Relation, Shape, Size } from './scene.js';

/** What people call a shape; the first is its proper name. */
export const SHAPE_NAMES: Readonly<Record<Shape, readonly string[]>> = {
  circle: ['circle', 'disc', 'ball', 'dot'],
  square: ['square', 'box', 'block'],
  triangle: ['triangle', 'pyramid'],
  diamond: ['diamond', 'rhombus', 'tilted square'],
  cross: ['cross', 'plus', 'plus sign'],
  ring: ['ring', 'donut', 'hoop'],
};

export const COLOR_NAMES: Readonly<Record<Color, readonly string[]>> = {
  red: ['red', 'crimson'],
  green: ['green', 'dark green'],
  blue: ['blue', 'royal blue'],
  yellow: ['yellow', 'golden'],
  purple: ['purple', 'violet'],
  orange: ['orange', 'amber'],
  white: ['white', 'pale'],
  black: ['black', 'dark'],
};

export const SIZE_NAMES: Readonly<Record<Size, readonly string[]>> = {
  small: ['small', 'little', 'tiny'],
  large: ['large', 'big', 'huge'],
};

/** Where people say a thing is, in the words of their captions. */
export const PLACE_PHRASES: Readonly<Record<Place, readonly string[]>> = {
  'top left': ['in the top left', 'in the upper left corner', 'at the top left', 'top left'],
  'top right': ['in the top right', 'in the upper right corner', 'at the top right', 'top right'],
  'bottom left': ['in the bottom left', 'in the lower left corner', 'at the bottom left', 'bottom left'],
  'bottom right': ['in the bottom right', 'in the lower right corner', 'at the bottom right', 'bottom right'],
};

/** What a hurried annotator may take a shape or colour for. */
export const SHAPE_MISTAKES: Readonly<Record<Shape, Shape>> = {
  circle: 'ring',
  square: 'diamond',
  triangle: 'diamond',
  diamond: 'square',
  cross: 'square',
  ring: 'circle',
};
export const COLOR_MISTAKES: Readonly<Record<Color, Color>> = {
  red: 'orange',
  green: 'blue',
  blue: 'purple',
  yellow: 'orange',
  purple: 'blue',
  orange: 'yellow',
  white: 'yellow',
  black: 'blue',
};

/** Human sentences about one object. */
export const ONE_OBJECT_SENTENCES: readonly string[] = [
  '{x}',
  '{x}',
  'there is {x}',
  'i see {x}',
  'a picture of {x}',
  'an image with {x}',
  'this is {x}',
  '{x} on a gray background',
  '{x} against gray',
];

/** Human sentences about two objects whose places they leave to the reader or say in the object's own phrase. */
export const TWO_OBJECT_SENTENCES: readonly string[] = [
  '{x} and {y}',
  '{x} and {y}',
  '{x} with {y}',
  'there is {x} and {y}',
  'i see {x} and {y}',
  'two shapes, {x} and {y}',
  'a picture of {x} and {y}',
  '{x}, {y}',
  '{x} and {y} on a gray background',
];

export const THREE_OBJECT_SENTENCES: readonly string[] = [
  '{x}, {y} and {z}',
  '{x}, {y} and {z}',
  'three shapes, {x}, {y} and {z}',
  'there is {x}, {y} and {z}',
  '{x} and {y} with {z}',
  'i see {x}, {y} and {z}',
  '{x}, {y}, {z}',
];

/** Human sentences that relate {x} to {y}, by the relation of {x} to {y}. */
export const RELATION_SENTENCES: Readonly<Record<Relation, readonly string[]>> = {
  above: ['{x} above {y}', '{x} is above {y}', '{x} over {y}', 'there is {x} above {y}', '{x} on top of {y}'],
  below: ['{x} below {y}', '{x} is below {y}', '{x} under {y}', 'there is {x} under {y}', '{x} beneath {y}'],
  'left of': ['{x} left of {y}', '{x} is to the left of {y}', '{x} to the left of {y}', '{x} next to {y}'],
  'right of': ['{x} right of {y}', '{x} is to the right of {y}', '{x} to the right of {y}', '{x} beside {y}'],
};

/** The one style of the machine's captions. */
export const AI_OBJECT = '{article} {size} {color} {shape} in the {place}';
export const AI_LIST = { separator: ', ', last: ' and ', end: '.' } as const;

/** Whether something is there; {x} comes with its article. */
export const EXISTENCE_QUESTIONS: readonly string[] = [
  'is there {x}?',
  'is there {x} in the image?',
  'does the image contain {x}?',
  'is {x} present?',
];
export const RELATION_QUESTION = 'is {x} {relation} {y}?';
export const PLACE_QUESTION = 'is {x} in the {place}?';

export const OPEN_QUESTIONS = {
  color: ['what color is {x}?', 'what is the color of {x}?'],
  shape: ['what shape is in the {place}?', 'what shape is {color}?', 'what is the {color} shape?'],
  size: ['what size is {x}?', 'how big is {x}?'],
  count: ['how many shapes are there?', 'how many shapes are in the image?'],
  object: ['what is in the {place}?', 'what is {relation} {x}?'],
} as const;

/** Says an object of unknown shape. */
export const UNNAMED_SHAPE = 'shape';
