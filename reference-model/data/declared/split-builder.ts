/** Puts together what several files say of the images of one split: an image is the same where its file is, whatever each text calls it. */
import { type ImageContainer, isImageName, isInside, requireInside } from '../containers/container.js';
import type { AnswerKind } from '../dataset.js';
import type { ImageSize, ReferencedImage } from '../layouts/caption-layout.js';
import type { DataRecord } from '../layouts/content.js';
import { type ReferencedConversation, turnText } from '../layouts/dialogue.js';
import { refusal, requireObject, requireText } from '../layouts/fields.js';
import { firstName, type ImageNames } from '../layouts/image-names.js';
import type { ReferencedQuestion } from '../layouts/question-layout.js';
import { readPreparedRecord } from '../preparation/prepared-record.js';
import type { IndexedConversation, IndexedQuestion, IndexedSample } from '../source.js';
import type { DataDeclaration, SplitDeclaration } from './declaration.js';

/** A sample of a split, with the name of its image in the container. */
export interface BuiltSample {
  readonly sample: IndexedSample;
  readonly file: string;
}

interface Draft {
  readonly imageId: string;
  readonly file: string;
  readonly humanCaptions: string[];
  readonly aiCaptions: string[];
  readonly questions: IndexedQuestion[];
  size?: ImageSize;
}

export class SplitBuilder {
  private readonly drafts = new Map<string, Draft>();
  private readonly conversations: IndexedConversation[] = [];
  private readonly split: string;
  private readonly declaration: SplitDeclaration;
  private readonly style: DataDeclaration['captionStyle'];
  private readonly container: ImageContainer | undefined;
  /** Names in shards are keys, and no paths. */
  private readonly isFolder: boolean;
  private readonly listed: ReadonlySet<string> | undefined;

  constructor(
    split: string,
    declaration: SplitDeclaration,
    {
      style,
      container,
      listed,
      isFolder = false,
    }: {
      readonly style: DataDeclaration['captionStyle'];
      readonly container?: ImageContainer | undefined;
      readonly listed?: ReadonlySet<string> | undefined;
      readonly isFolder?: boolean;
    },
  ) {
    this.split = split;
    this.declaration = declaration;
    this.style = style;
    this.container = container;
    this.listed = listed;
    this.isFolder = isFolder;
  }

  addCaptions(images: readonly ReferencedImage[], where: string): void {
    for (const { names, references, split, file, size } of images) {
      if (!this.takes(split)) continue;
      const draft = this.draftOf(names, file, where);
      if (draft === undefined) continue;
      (this.style === 'human' ? draft.humanCaptions : draft.aiCaptions).push(...references);
      if (size !== undefined) draft.size = size;
    }
  }

  addQuestions(questions: readonly ReferencedQuestion[], texts: ReadonlyMap<string, string> | undefined): void {
    for (const [index, asked] of questions.entries()) {
      if (!this.takes(asked.split)) continue;
      const where = String(asked.where);
      const name = firstName(asked.names);
      const question = asked.question ?? (name === undefined ? undefined : texts?.get(name));
      if (question === undefined) {
        throw refusal('the words of the question are missing', where, 'a question, or a file of questions beside it');
      }
      const draft = this.draftOf(asked.image, undefined, where);
      if (draft === undefined) continue;
      const answer = mostFrequent(asked.answers);
      const questionType = asked.questionType ?? asked.answerType;
      draft.questions.push({
        questionId: name ?? `${this.split}-${index}`,
        question: question.trim(),
        answer,
        kind: kindOf(answer),
        ...(questionType === undefined ? {} : { questionType }),
        ...(asked.answers.length > 1 ? { answers: asked.answers } : {}),
      });
    }
  }

  /** Answers of one turn about one image are captions where the declaration says so. */
  addConversations(conversations: readonly ReferencedConversation[], are: 'captions' | 'dialogues'): void {
    for (const [index, { id, files, turns, split, where }] of conversations.entries()) {
      if (!this.takes(split)) continue;
      const drafts = files.map((file) => this.draftOf({ image: file }, file, String(where)));
      if (drafts.some((draft) => draft === undefined)) continue;
      const [question, answer] = turns.filter(({ role }) => role !== 'system');
      const [draft] = drafts;
      if (are === 'captions') {
        if (drafts.length !== 1 || turns.length !== 2) {
          throw refusal('the conversation is no caption', String(where), 'one image, a request, and its description');
        }
        (this.style === 'human' ? draft!.humanCaptions : draft!.aiCaptions).push(turnText(answer!));
        continue;
      }
      const conversationId = id ?? `${this.split}-${index}`;
      this.conversations.push({ conversationId, imageIds: drafts.map((one) => one!.imageId), turns });
      if (drafts.length !== 1 || turns.length !== 2) continue;
      const text = turnText(answer!);
      draft!.questions.push({
        questionId: conversationId,
        question: turnText(question!),
        answer: text,
        kind: kindOf(text),
      });
    }
  }

  /** Records of prepared shards, which say everything in our own terms. */
  addPrepared(records: readonly DataRecord[]): void {
    for (const { value, where } of records) {
      const { sample, conversations } = readPreparedRecord(value, where);
      this.conversations.push(...conversations);
      if (sample === undefined) continue;
      const file = requireText(requireObject(value, where), ['image'], where);
      this.drafts.set(file, {
        ...sample,
        file,
        humanCaptions: [...sample.humanCaptions],
        aiCaptions: [...sample.aiCaptions],
        questions: [...sample.questions],
      });
    }
  }

  /** @throws InputError where a listed image has no text */
  build(listFile: string): {
    readonly samples: readonly BuiltSample[];
    readonly conversations: readonly IndexedConversation[];
  } {
    if (this.listed !== undefined && this.drafts.size < this.listed.size) {
      const files = new Set([...this.drafts.values()].map(({ file }) => file));
      const missing = [...this.listed].find((name) => !files.has(name));
      if (missing !== undefined) {
        throw refusal(`no text is about ${missing}`, listFile, 'names of images that have captions');
      }
    }
    const samples = [...this.drafts.values()].map(({ file, ...sample }) => ({ file, sample }));
    return { samples, conversations: this.conversations };
  }

  private takes(split: string | undefined): boolean {
    return this.declaration.part === undefined || (split !== undefined && this.declaration.part.includes(split));
  }

  /** Undefined for an image that the split's list does not name. */
  private draftOf(names: ImageNames, stated: string | undefined, where: string): Draft | undefined {
    const named = stated ?? this.fileOf(names, where);
    const file = this.isFolder ? requireInside(named, `${where}, ${named.slice(0, 80)}`) : named;
    if (this.listed !== undefined && !this.listed.has(file)) return undefined;
    const known = this.drafts.get(file);
    if (known !== undefined) return known;
    const draft: Draft = {
      imageId: firstName(names) ?? file,
      file,
      humanCaptions: [],
      aiCaptions: [],
      questions: [],
    };
    this.drafts.set(file, draft);
    return draft;
  }

  /** A name that is a file's; else the identifier put into the declared pattern, or what the container knows by it. */
  private fileOf(names: ImageNames, where: string): string {
    const { imageName } = this.declaration;
    const values = Object.values(names);
    const id = values[0];
    if (id === undefined) throw refusal('the record names no image', where, 'a field such as image_id or image');
    if (imageName !== undefined)
      return imageName.replace(/\{id(?::(\d+))?\}/, (_, width?: string) => id.padStart(Number(width ?? 0), '0'));
    return values.find(isImageName) ?? values.find((value) => isInside(value) && this.container?.has(value)) ?? id;
  }
}

/** The first of the most frequent ones. */
function mostFrequent(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)![0].trim();
}

function kindOf(answer: string): AnswerKind {
  return /^(yes|no)[.!]?$/i.test(answer.trim()) ? 'yes/no' : 'open';
}
