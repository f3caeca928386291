/**
 * The card of a data set: what it is, under which licence, which files to get where, and what a complete and unchanged copy amounts to.
 * A card is plain data, so that listing what is supported reads no file.
 */
import type { AnswerKind, SplitName } from './dataset.js';
import type { DataDeclaration } from './declared/declaration.js';

/** How much a split holds; what a data set does not have, or nobody states, is left out. */
export interface SplitCounts {
  readonly images?: number;
  readonly captions?: number;
  readonly questions?: number;
}

/** Something that a user fetches before the data set can be read. */
export interface DataFile {
  /** Where it lies below the data root once unpacked; a folder ends in a slash. */
  readonly path: string;
  readonly holds: string;
  /** The project's own page, or the file's address there. */
  readonly from: string;
  /** Licence of these files where it is not the data set's. */
  readonly license?: string;
}

/** What a data set holds, as far as a run configuration must fit it: known without generating or reading it. */
export interface DataFacts {
  /** Width and height of every image, in pixels. */
  readonly imageSize: number;
  /** The styles of captions that images have. */
  readonly captions: readonly ('human-captions' | 'ai-captions')[];
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

/** What makes a data set fit for models of the embedded scale. */
export interface EmbeddedFit {
  /** Tokens that an embedded model must know to read and answer all of it: what a suite states as `vocabularySize`. */
  readonly vocabularySize: number;
  readonly facts: DataFacts;
}

export interface DataSetCard {
  readonly name: string;
  readonly description: string;
  readonly license: string;
  /** The project that publishes it. */
  readonly source: string;
  /** What a user must have on disk; empty for what is generated. */
  readonly files: readonly DataFile[];
  readonly splits: Readonly<Record<string, SplitCounts>>;
  /** Who states these counts; absent where this package generates or has counted them. */
  readonly countsFrom?: string;
  /** Of the unchanged data set, where it is known. `vlm-bench data verify` prints the one found, also after a wanted change. */
  readonly fingerprint?: string;
  /** How copies lie on disk; the first one whose files are there is read. Absent for what has a reader of its own. */
  readonly layouts?: readonly DataDeclaration[];
  /** Absent where the embedded models are too small for it. */
  readonly embedded?: EmbeddedFit;
}

/** Whether a data set is read from a folder that the user names. */
export function needsRoot({ files }: DataSetCard): boolean {
  return files.length > 0;
}
