/**
 * Conversations laid out as text by a model's own template. Texts of a conversation are not trusted: what in them reads like a special
 * token is kept apart while the template is rendered, and becomes ordinary tokens.
 */
import { InputError } from '../../files/input-error.js';
import { BoundedTemplate } from './bounded-template.js';
import type { HubTokenizer } from './hub-tokenizer.js';
import { withinTime } from './time-limit.js';

export type ChatPart = { readonly kind: 'image' } | { readonly kind: 'text'; readonly text: string };

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly ChatPart[];
}

/** A conversation whose texts are safe to be rendered. */
export interface SafeConversation {
  readonly messages: readonly ChatMessage[];
  /** What stands behind each mark in the texts. */
  readonly literals: readonly string[];
}

/** Between these stands the number of a literal; both are of the private use area and become literals themselves. */
const [OPEN, CLOSE] = ['\uE000', '\uE001'];
const MARK = /\uE000(\d+)\uE001/g;

export class ChatTemplate {
  readonly #tokenizer: HubTokenizer;
  readonly #template: BoundedTemplate;
  readonly #imageText: string;
  readonly #special: RegExp;
  /** Whether the template walks through the parts of a message itself, or expects one text. */
  readonly takesParts: boolean;

  /**
   * @param imageText the special token that stands for an image
   * @throws InputError where the tokenizer has no template or no such token, or the template cannot be read
   */
  constructor(tokenizer: HubTokenizer, imageText: string) {
    const { chatTemplate, specialTokens } = tokenizer;
    if (chatTemplate === undefined) {
      throw this.#problem(
        tokenizer,
        'there is no chat template',
        'chat_template.jinja, or chat_template in tokenizer_config.json',
      );
    }
    if (!specialTokens.has(imageText)) {
      throw this.#problem(
        tokenizer,
        `the tokenizer has no special token ${JSON.stringify(imageText)}`,
        'a token for images',
      );
    }
    this.#tokenizer = tokenizer;
    this.#imageText = imageText;
    const longestFirst = [...specialTokens.keys()].sort((a, b) => b.length - a.length);
    this.#special = new RegExp([...longestFirst.map(escaped), OPEN, CLOSE].join('|'), 'g');
    try {
      this.#template = new BoundedTemplate(chatTemplate);
    } catch (cause) {
      throw this.#problem(tokenizer, `the chat template cannot be read: ${textOf(cause)}`, 'a Jinja template', cause);
    }
    this.takesParts = this.#probe();
  }

  /** Replaces what is not to be trusted in every text by marks. */
  protect(messages: readonly ChatMessage[]): SafeConversation {
    const literals: string[] = [];
    const safe = (part: ChatPart): ChatPart =>
      part.kind === 'image'
        ? part
        : {
            kind: 'text',
            text: part.text.replace(this.#special, (found) => `${OPEN}${literals.push(found) - 1}${CLOSE}`),
          };
    return { messages: messages.map(({ role, parts }) => ({ role, parts: parts.map(safe) })), literals };
  }

  /** @throws InputError for what the template itself refuses */
  render(messages: readonly ChatMessage[], { asksForAnswer }: { readonly asksForAnswer: boolean }): string {
    return this.#render(messages, asksForAnswer, this.takesParts);
  }

  /** Ids of a rendered conversation. */
  encode(rendered: string, literals: readonly string[]): readonly number[] {
    if (!rendered.includes(OPEN)) return this.#tokenizer.encode(rendered);
    const { specialTokens } = this.#tokenizer;
    const ids: number[] = [];
    let at = 0;
    const plain = (until: number): void => {
      const text = restored(rendered.slice(at, until), literals);
      if (text !== '') ids.push(...this.#tokenizer.encodePlain(text));
    };
    for (const { 0: found, index } of rendered.matchAll(this.#special)) {
      const id = specialTokens.get(found);
      if (id === undefined) continue; // a mark
      plain(index);
      ids.push(id);
      at = index + found.length;
    }
    plain(rendered.length);
    return ids;
  }

  #probe(): boolean {
    const parts: readonly ChatPart[] = [{ kind: 'image' }, { kind: 'text', text: 'probe' }];
    try {
      const rendered = this.#render([{ role: 'user', parts }], true, true);
      return rendered.includes(this.#imageText) && rendered.includes('probe') && !rendered.includes('"type"');
    } catch (cause) {
      if (cause instanceof InputError && /does not end/.test(cause.problem.what)) throw cause;
      return false;
    }
  }

  #render(messages: readonly ChatMessage[], asksForAnswer: boolean, takesParts: boolean): string {
    const content = (parts: readonly ChatPart[]) =>
      takesParts
        ? parts.map((part) => (part.kind === 'image' ? { type: 'image' } : { type: 'text', text: part.text }))
        : this.#joined(parts);
    try {
      const variables = {
        messages: messages.map(({ role, parts }) => ({ role, content: content(parts) })),
        add_generation_prompt: asksForAnswer,
        ...this.#tokenizer.specialTexts,
      };
      const what = 'the chat template';
      return withinTime(() => this.#template.render(variables), { what, where: this.#tokenizer.folder });
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      throw this.#problem(
        this.#tokenizer,
        `the chat template refuses a conversation: ${textOf(cause)}`,
        'other roles or texts',
        cause,
      );
    }
  }

  /** An image stands on a line of its own, as LLaVA (Liu et al. 2023, arXiv 2304.08485) has it. */
  #joined(parts: readonly ChatPart[]): string {
    return parts.map((part) => (part.kind === 'image' ? this.#imageText : part.text)).join('\n');
  }

  #problem({ folder }: HubTokenizer, what: string, expected: string, cause?: unknown): InputError {
    const fix = 'use the folder of a chat model, with all of its files';
    return new InputError({ code: 'data-invalid', what, where: folder, expected, fix }, { cause });
  }
}

/** The text with what stands behind its marks. */
export function restored(text: string, literals: readonly string[]): string {
  return text.replace(MARK, (_, index: string) => literals[Number(index)]!);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
