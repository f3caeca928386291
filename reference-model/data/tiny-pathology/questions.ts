/**
 * Questions about a piece of tissue. Each image has as many questions answered yes as no, and for every wording both answers are equally
 * likely; the answers to an open wording are equally likely too. So the text of a question predicts nothing beyond chance.
 */
import type { RandomStream } from '../../numerics/random.js';
import type { AnswerKind } from '../dataset.js';
import { chance, pick } from '../draws.js';
import { PLACES, type Place } from '../places.js';
import { fill, withArticle } from '../sentences.js';
import { CLOSED_QUESTIONS, NUCLEI, OPEN_QUESTIONS, STAIN_COLORS, STRUCTURE_NAMES } from './phrases.js';
import { CELLULARITIES, NUCLEAR_SHAPES, NUCLEAR_SIZES, STAINS, STRUCTURES, type Tissue } from './tissue.js';

/** A question without an identity of its own yet. */
export interface TissueQuestion {
  readonly question: string;
  readonly answer: string;
  readonly kind: AnswerKind;
  /** The topic: one of `CLOSED_QUESTIONS` or `OPEN_QUESTIONS`. */
  readonly questionType: string;
}

type ClosedTopic = keyof typeof CLOSED_QUESTIONS;
type OpenTopic = keyof typeof OPEN_QUESTIONS;

// Every image is asked about one structure that is there, about one that is not, where one is, what is somewhere, and its stain;
// the other questions take turns. So at least half of the questions are about the structures.
const TURNS = {
  closed: ['location', 'stain', 'shape', 'size', 'cellularity'],
  stain: ['stain', 'color'],
  nuclei: ['shape', 'size', 'cellularity'],
} as const;
// Percent of questions about a place that ask about one without a structure: the fifth answer, as common as the four structures.
const ASKS_PLAIN_PLACE = 20;

/** The true value for a yes, any other one for a no: if values are equally likely, so are the two answers to each wording. */
function asked<T>(values: readonly T[], truth: T, answer: 'yes' | 'no', stream: RandomStream): T {
  if (answer === 'yes') return truth;
  return pick(
    stream,
    values.filter((value) => value !== truth),
  );
}

function closedSlots(
  { stain, nuclearShape, nuclearSize, cellularity, structures }: Tissue,
  topic: ClosedTopic,
  answer: 'yes' | 'no',
  stream: RandomStream,
): Readonly<Record<string, string>> {
  switch (topic) {
    case 'presence': {
      const isPresent = (kind: string) => structures.some(({ structure }) => structure === kind);
      const kind = pick(
        stream,
        STRUCTURES.filter((structure) => isPresent(structure) === (answer === 'yes')),
      );
      return { x: STRUCTURE_NAMES[kind].some };
    }
    case 'location': {
      const { structure, place } = pick(stream, structures);
      return { x: STRUCTURE_NAMES[structure].the, place: asked(PLACES, place, answer, stream) };
    }
    case 'stain': {
      const named = asked(STAINS, stain, answer, stream);
      return { stain: named, a: withArticle(named) };
    }
    case 'shape':
      return { shape: asked(NUCLEAR_SHAPES, nuclearShape, answer, stream) };
    case 'size':
      return { size: asked(NUCLEAR_SIZES, nuclearSize, answer, stream) };
    case 'cellularity':
      return { level: asked(CELLULARITIES, cellularity, answer, stream) };
    default:
      return topic satisfies never;
  }
}

interface OpenContent {
  readonly slots: Readonly<Record<string, string>>;
  readonly answer: string;
}

/** What is at a place: a structure, or nuclei. */
function contentOf({ structures }: Tissue, place: Place): string {
  return structures.find((structure) => structure.place === place)?.structure ?? NUCLEI;
}

function openContent(tissue: Tissue, topic: OpenTopic, stream: RandomStream): OpenContent {
  switch (topic) {
    case 'stain':
      return { slots: {}, answer: tissue.stain };
    case 'color':
      return { slots: {}, answer: STAIN_COLORS[tissue.stain] };
    case 'shape':
      return { slots: {}, answer: tissue.nuclearShape };
    case 'size':
      return { slots: {}, answer: tissue.nuclearSize };
    case 'cellularity':
      return { slots: {}, answer: tissue.cellularity };
    case 'location': {
      const { structure, place } = pick(stream, tissue.structures);
      return { slots: { x: STRUCTURE_NAMES[structure].the }, answer: place };
    }
    case 'structure': {
      const asksPlain = chance(stream, ASKS_PLAIN_PLACE);
      const place = pick(
        stream,
        PLACES.filter((candidate) => (contentOf(tissue, candidate) === NUCLEI) === asksPlain),
      );
      return { slots: { place }, answer: contentOf(tissue, place) };
    }
    default:
      return topic satisfies never;
  }
}

/** The tissue's questions in random order: two answered yes, two answered no and four open ones. */
export function tissueQuestions(tissue: Tissue, stream: RandomStream): readonly TissueQuestion[] {
  const closed = (topic: ClosedTopic, answer: 'yes' | 'no'): TissueQuestion => {
    const sentence = pick(stream, CLOSED_QUESTIONS[topic]);
    const question = fill(sentence, closedSlots(tissue, topic, answer, stream));
    return { question, answer, kind: 'yes/no', questionType: topic };
  };
  const open = (topic: OpenTopic): TissueQuestion => {
    const { slots, answer } = openContent(tissue, topic, stream);
    return { question: fill(pick(stream, OPEN_QUESTIONS[topic]), slots), answer, kind: 'open', questionType: topic };
  };
  const [confirmed, denied] = stream.shuffle(TURNS.closed);
  return stream.shuffle([
    closed('presence', 'yes'),
    closed('presence', 'no'),
    closed(confirmed!, 'yes'),
    closed(denied!, 'no'),
    open('location'),
    open('structure'),
    open(pick(stream, TURNS.stain)),
    open(pick(stream, TURNS.nuclei)),
  ]);
}
