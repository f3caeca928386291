/**
 * What the data sets hold, as far as a configuration must fit it: known without generating or reading them, so that an impossible suite is
 * refused before anything is trained. A test holds these facts against the data sets themselves.
 */

import type { AnswerKind, DataSetName, SplitName } from '../../reference-model/data/dataset.js';
import type { CaptionSource } from '../../reference-model/recipe/recipe.js';

export interface DataFacts {
  /** Width and height of every image, in pixels. */
  readonly imageSize: number;
  /** The styles of captions that images have. */
  readonly captions: readonly CaptionSource[];
  /** Whether images state the words of what each cell shows. */
  readonly words: boolean;
  /** What is asked about, and which answers are expected there. */
  readonly questionTypes: Readonly<Record<string, readonly AnswerKind[]>>;
  /** Place of the first question of each kind among the questions of a split, from 0. */
  readonly firstQuestion: Readonly<Record<Exclude<SplitName, 'train'>, Readonly<Record<AnswerKind, number>>>>;
  /** Of the embedded tokenizer, from 0 to the last that occurs. */
  readonly tokens: number;
  /** Tokens of the longest prompt together with its answer; of the longest question. */
  readonly longestText: number;
  readonly longestQuestion: number;
}

const both = ['yes/no', 'open'] as const;

const sceneQuestions = {
  existence: ['yes/no'],
  relation: ['yes/no'],
  place: ['yes/no'],
  color: ['open'],
  shape: ['open'],
  size: ['open'],
  count: ['open'],
  object: ['open'],
} as const;

const tissueQuestions = {
  presence: ['yes/no'],
  structure: ['open'],
  stain: both,
  color: ['open'],
  shape: both,
  size: both,
  cellularity: both,
  location: both,
} as const;

export const dataFacts: Readonly<Record<DataSetName, DataFacts>> = {
  'tiny-scenes': {
    imageSize: 32,
    captions: ['human-captions', 'ai-captions'],
    words: false,
    questionTypes: sceneQuestions,
    firstQuestion: { validation: { 'yes/no': 0, open: 3 }, test: { 'yes/no': 0, open: 1 } },
    tokens: 211,
    longestText: 35,
    longestQuestion: 10,
  },
  'easy-vqa': {
    imageSize: 32,
    captions: [],
    words: false,
    questionTypes: { color: both, shape: both },
    firstQuestion: { validation: { 'yes/no': 2, open: 0 }, test: { 'yes/no': 3, open: 0 } },
    tokens: 211,
    longestText: 11,
    longestQuestion: 10,
  },
  'tiny-pathology': {
    imageSize: 32,
    captions: [],
    words: false,
    questionTypes: tissueQuestions,
    firstQuestion: { validation: { 'yes/no': 2, open: 0 }, test: { 'yes/no': 1, open: 0 } },
    tokens: 249,
    longestText: 10,
    longestQuestion: 9,
  },
  'tiny-scenes-2': {
    imageSize: 32,
    captions: ['human-captions', 'ai-captions'],
    words: true,
    questionTypes: sceneQuestions,
    firstQuestion: { validation: { 'yes/no': 1, open: 0 }, test: { 'yes/no': 0, open: 2 } },
    tokens: 211,
    longestText: 35,
    longestQuestion: 10,
  },
  'tiny-pathology-2': {
    imageSize: 32,
    captions: ['ai-captions'],
    words: true,
    questionTypes: tissueQuestions,
    firstQuestion: { validation: { 'yes/no': 1, open: 0 }, test: { 'yes/no': 0, open: 1 } },
    tokens: 249,
    longestText: 36,
    longestQuestion: 9,
  },
};
