/** What a layout of questions with answers is: it recognises a file by its content, and reads the questions from it. */
import type { Content, Place } from './content.js';
import type { ImageNames } from './image-names.js';

export interface ReferencedQuestion {
  /** What predictions may call the question, by field; the first one is its identity. Empty where only its position tells it. */
  readonly names: Readonly<Record<string, string>>;
  /** Names of its image; empty where the file does not say. */
  readonly image: ImageNames;
  readonly question?: string;
  /** One right answer, or those of several people. */
  readonly answers: readonly string[];
  /** Whether the data set itself calls the question open or closed. */
  readonly statedKind?: 'open' | 'closed';
  /** The data set's own types. */
  readonly answerType?: string;
  readonly questionType?: string;
  readonly split?: string;
  readonly where: Place;
}

export interface QuestionLayout {
  /** As messages call it. */
  readonly name: string;
  /** Looks at the beginning only. */
  recognises(content: Content): boolean;
  /** @throws InputError naming file, record and field */
  read(content: Content): readonly ReferencedQuestion[];
}
