/** Conversations about images: turns of a user and an assistant, with images between the words of any turn. */
import type { Place } from './content.js';

/** A text, or the place of an image: its number among the images of the conversation, from 0. */
export type TurnPart = string | { readonly image: number };

export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly TurnPart[];
}

export interface ReferencedConversation {
  readonly id?: string;
  /** Paths of the images, in the order in which the turns show them. */
  readonly files: readonly string[];
  readonly turns: readonly Turn[];
  readonly split?: string;
  readonly where: Place;
}

/** The words of a turn, without its images. */
export function turnText({ parts }: Turn): string {
  return parts
    .filter((part) => typeof part === 'string')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
}
