/**
 * Conversations as token ids: placeholders expanded to the number of visual tokens, and which tokens are learned. Only the assistant's
 * answers are, in every turn, each with the token that ends it. Where an answer stands is found by rendering the conversation up to it and
 * with it, and checked by decoding: where they disagree nothing is learned from it, and the text is told.
 */
import { InputError } from '../../files/input-error.js';
import { type ChatMessage, ChatTemplate, restored, type SafeConversation } from './chat-template.js';
import type { HubTokenizer } from './hub-tokenizer.js';
import { withinTime } from './time-limit.js';

export interface TokenizedConversation {
  /** One id of the image token for each visual token. */
  readonly ids: readonly number[];
  /** Which of them are learned. */
  readonly isAnswer: readonly boolean[];
}

export interface ConversationFormat {
  /** Text of the special token that stands for an image. */
  readonly imageText: string;
  readonly visualTokensPerImage: number;
}

export class Conversations {
  readonly #tokenizer: HubTokenizer;
  readonly #template: ChatTemplate;
  readonly #imageToken: number;
  readonly #visualTokensPerImage: number;

  /** @throws InputError where the tokenizer has no template, no such token for images, or no end of a text */
  constructor(tokenizer: HubTokenizer, { imageText, visualTokensPerImage }: ConversationFormat) {
    this.#tokenizer = tokenizer;
    this.#template = new ChatTemplate(tokenizer, imageText);
    this.#imageToken = tokenizer.specialTokens.get(imageText)!;
    this.#visualTokensPerImage = visualTokensPerImage;
    if (tokenizer.endTokens.length > 0) return;
    throw new InputError({
      code: 'data-invalid',
      what: 'the model has no token that ends a text',
      where: tokenizer.folder,
      expected: 'eos_token in tokenizer_config.json, or eos_token_id in generation_config.json',
      fix: 'download all files of the model again',
    });
  }

  /** The tokens that ask for the next answer. @param name of the conversation, for messages. @throws InputError */
  prompt(messages: readonly ChatMessage[], name: string): readonly number[] {
    return this.#limited(() => this.#prompt(messages, name));
  }

  #prompt(messages: readonly ChatMessage[], name: string): readonly number[] {
    const safe = this.#template.protect(messages);
    const rendered = this.#template.render(safe.messages, { asksForAnswer: true });
    const ids = this.#template.encode(rendered, safe.literals);
    return this.#expand({ ids, isAnswer: ids.map(() => false) }, messages, name).ids;
  }

  /** The tokens of a whole conversation, and which are learned. @param name of the conversation, for messages. @throws InputError */
  learned(messages: readonly ChatMessage[], name: string): TokenizedConversation {
    return this.#limited(() => this.#learned(messages, name));
  }

  /** One limit for all that is rendered and encoded of a conversation. */
  #limited<Result>(work: () => Result): Result {
    return withinTime(work, { what: 'laying out a conversation', where: this.#tokenizer.folder });
  }

  #learned(messages: readonly ChatMessage[], name: string): TokenizedConversation {
    const safe = this.#template.protect(messages);
    const text = this.#template.render(safe.messages, { asksForAnswer: false });
    const ids = this.#template.encode(text, safe.literals);
    const isAnswer = ids.map(() => false);
    for (const [turn, { role }] of messages.entries()) {
      if (role !== 'assistant') continue;
      const { start, end } = this.#answer(safe, turn, { text, ids }, name);
      isAnswer.fill(true, start, end + 1);
    }
    return this.#expand({ ids, isAnswer }, messages, name);
  }

  /** First token of an answer, and the one that ends it. */
  #answer(
    { messages, literals }: SafeConversation,
    turn: number,
    whole: { readonly text: string; readonly ids: readonly number[] },
    name: string,
  ): { readonly start: number; readonly end: number } {
    const asked = this.#template.render(messages.slice(0, turn), { asksForAnswer: true });
    const answered = this.#template.render(messages.slice(0, turn + 1), { asksForAnswer: false });
    const refuse = (what: string, text: string): InputError => {
      const expected = 'a template that only adds text as a conversation goes on';
      const fix = 'use the model’s own template, or another model; this conversation cannot be learned from';
      const shown = JSON.stringify(restored(text, literals).slice(-300));
      const where = `${name}, message ${turn + 1}`;
      return new InputError({ code: 'data-invalid', what: `${what}: ${shown}`, where, expected, fix });
    };
    if (!answered.startsWith(asked))
      throw refuse('the template lays out the question another way once it is answered', asked);
    if (!whole.text.startsWith(answered))
      throw refuse('the template lays out the answer another way in what follows', answered);
    const before = this.#template.encode(asked, literals);
    const after = this.#template.encode(answered, literals);
    const start = before.length;
    if (before.some((id, i) => id !== whole.ids[i]))
      throw refuse('a token spans the border of question and answer', asked);
    const end = whole.ids.findIndex((id, i) => i >= start && this.#tokenizer.endTokens.includes(id));
    if (end < 0 || end >= after.length)
      throw refuse('the template ends the answer with none of the end tokens', answered);
    const said = this.#tokenizer.decode(whole.ids.slice(start, end)).trim();
    const written = messages[turn]!.parts.flatMap((part) =>
      part.kind === 'text' ? [restored(part.text, literals)] : [],
    );
    const isSame = said === written.join('\n').trim() || said === this.#roundTrip(written.join('\n'));
    if (!isSame)
      throw refuse(
        `the tokens found for the answer say ${JSON.stringify(said.slice(0, 300))}, it was`,
        written.join('\n'),
      );
    return { start, end };
  }

  /** A text as the tokenizer gives it back: some normalise what they read. */
  #roundTrip(text: string): string {
    return this.#tokenizer.decode(this.#tokenizer.encodePlain(text.trim())).trim();
  }

  #expand(
    { ids, isAnswer }: TokenizedConversation,
    messages: readonly ChatMessage[],
    name: string,
  ): TokenizedConversation {
    const images = messages.flatMap(({ parts }) => parts).filter(({ kind }) => kind === 'image').length;
    const placeholders = ids.filter((id) => id === this.#imageToken).length;
    if (placeholders !== images) {
      throw new InputError({
        code: 'data-invalid',
        what: `the template made ${placeholders} placeholders of ${images} images`,
        where: name,
        expected: 'one for each',
        fix: 'place images in messages of the user, as the template expects them',
      });
    }
    const copies = (id: number): number => (id === this.#imageToken ? this.#visualTokensPerImage : 1);
    return {
      ids: ids.flatMap((id) => new Array<number>(copies(id)).fill(id)),
      isAnswer: ids.flatMap((id, i) => new Array<boolean>(copies(id)).fill(isAnswer[i]!)),
    };
  }
}
