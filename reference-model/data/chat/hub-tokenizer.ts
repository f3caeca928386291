/**
 * The tokenizer of a model's folder as the hub has it: `tokenizer.json`, what its configuration says of the end of a text, and the template
 * of its chats. Special tokens come out of texts that are trusted, of templates; text from data sets and users never gives one.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { InputError } from '../../files/input-error.js';
import { readJson } from '../../files/read-json.js';
import { readText } from '../../files/read-text.js';
import { withinTime } from './time-limit.js';

/** What the files of a folder say about texts, as plain JSON: all that a tokenizer is made from, so that it can be kept. */
export interface HubTokenizerFiles {
  /** Content of `tokenizer.json`. */
  readonly tokenizer: object;
  /** Texts of special tokens by their role, as `tokenizer_config.json` names them. */
  readonly specialTexts: Readonly<Record<string, string>>;
  readonly chatTemplate?: string;
  /** Ids that other files of the model call the end of a text. */
  readonly endTokens: readonly number[];
}

export interface HubTokenizer {
  /** Where it was read, for messages. */
  readonly folder: string;
  /** Ids from 0 up to this, exclusive. */
  readonly vocabularySize: number;
  /** Source of the template that lays out a conversation; undefined where the folder has none. */
  readonly chatTemplate: string | undefined;
  /** Texts of special tokens by their role in templates: `bos_token`, `eos_token` …, as far as the configuration names them. */
  readonly specialTexts: Readonly<Record<string, string>>;
  /** Any of them ends a text. */
  readonly endTokens: readonly number[];
  /** All special tokens: their texts and ids. */
  readonly specialTokens: ReadonlyMap<string, number>;
  /** Ids of a text in which special tokens count as such; nothing is added at its ends. */
  encode(text: string): readonly number[];
  /** Ids of a text without any special token. */
  encodePlain(text: string): readonly number[];
  /** Text of the ids, without special tokens. */
  decode(ids: readonly number[]): string;
}

const addedToken = z.looseObject({ id: z.int().nonnegative(), content: z.string().min(1), special: z.boolean() });
const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedToken).default([]),
  model: z.looseObject({ vocab: z.union([z.record(z.string(), z.int().nonnegative()), z.array(z.unknown())]) }),
});
const namedToken = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const configSchema = z.looseObject({
  bos_token: namedToken,
  eos_token: namedToken,
  pad_token: namedToken,
  unk_token: namedToken,
  image_token: namedToken,
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});
const templateSchema = z.looseObject({ chat_template: z.string() });
const endSchema = z.looseObject({ eos_token_id: z.union([z.int(), z.array(z.int())]).nullish() });

/** The content of a JSON file of the folder; undefined where there is none. */
function readPart<T>(folder: string, name: string, schema: z.ZodType<T>): T | undefined {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  return parsedPart(file, schema, readJson(file));
}

function parsedPart<T>(file: string, schema: z.ZodType<T>, content: unknown): T {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new InputError({
    code: 'data-invalid',
    what: `the file is not a ${basename(file)} of the hub: ${issue.message}`,
    where: issue.path.length === 0 ? file : `${file}, field ${issue.path.join('.')}`,
    fix: 'download the file again',
  });
}

/** @throws InputError */
export function openHubTokenizer(folder: string): HubTokenizer {
  return hubTokenizerOf(readHubTokenizer(folder), folder);
}

/** @throws InputError for a folder without a tokenizer, or with a file that is none of the hub */
export function readHubTokenizer(folder: string): HubTokenizerFiles {
  const content = readPart(folder, 'tokenizer.json', tokenizerSchema);
  if (content === undefined) {
    throw new InputError({
      code: 'file-unreadable',
      what: 'there is no tokenizer.json',
      where: folder,
      expected: 'the files of the tokenizer beside those of the model',
      fix: 'download them, or save them with `AutoTokenizer.from_pretrained(…).save_pretrained(…)` of transformers',
    });
  }
  const config = readPart(folder, 'tokenizer_config.json', configSchema) ?? {};
  const specialTexts = Object.fromEntries(
    Object.entries(config).flatMap(([name, token]) => (name.endsWith('_token') ? textsOf(name, token) : [])),
  );
  const chatTemplate = chatTemplateOf(folder, config.chat_template);
  return {
    tokenizer: content,
    specialTexts,
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    endTokens: statedEnds(folder),
  };
}

/** @param folder where the files were read, for messages @throws InputError for a tokenizer that is not implemented */
export function hubTokenizerOf(files: HubTokenizerFiles, folder: string): HubTokenizer {
  const file = join(folder, 'tokenizer.json');
  const content = parsedPart(file, tokenizerSchema, files.tokenizer);
  const specialTokens = new Map(
    content.added_tokens.flatMap(({ special, content: text, id }) => (special ? [[text, id] as const] : [])),
  );
  const library = construct(file, content);
  // The library turns the text of a special token into its id; without their entries it cannot.
  const plain = construct(file, { ...content, added_tokens: content.added_tokens.filter(({ special }) => !special) });
  const specialIds = new Set(specialTokens.values());
  // Its patterns come from the file, and one that backtracks has no end.
  const limited = <Result>(work: () => Result) => withinTime(work, { what: 'the tokenizer', where: file });
  const { specialTexts, chatTemplate, endTokens } = files;
  const size = [...library.get_vocab(true).values()].reduce((most, id) => Math.max(most, id + 1), 0);
  const endText = specialTexts.eos_token ?? '';
  const ownEnd = specialTokens.get(endText) ?? library.token_to_id(endText);
  return {
    folder,
    vocabularySize: size,
    chatTemplate,
    specialTexts,
    endTokens: [...new Set([...endTokens, ...(ownEnd === undefined ? [] : [ownEnd])])],
    specialTokens,
    encode: (text) => limited(() => library.encode(text, { add_special_tokens: false }).ids),
    encodePlain: (text) => limited(() => plain.encode(text, { add_special_tokens: false }).ids),
    decode: (ids) => {
      const texts = ids.filter((id) => !specialIds.has(id));
      return texts.length === 0 ? '' : limited(() => library.decode(texts));
    },
  };
}

function construct(file: string, content: object): Tokenizer {
  try {
    // Spacing is the business of the file's own decoder; a second clean-up after it would glue apostrophes to words.
    return new Tokenizer(content, { clean_up_tokenization_spaces: false });
  } catch (cause) {
    throw new InputError(
      {
        code: 'data-invalid',
        what: `the tokenizer is of a kind that is not implemented: ${cause instanceof Error ? cause.message : cause}`,
        where: file,
        fix: 'use a model whose tokenizer.json is of a common kind, as those of Llama, Qwen2 and SmolLM2',
      },
      { cause },
    );
  }
}

function textsOf(name: string, token: unknown): readonly (readonly [string, string])[] {
  const text = typeof token === 'string' ? token : (Object(token) as { readonly content?: unknown }).content;
  return typeof text === 'string' ? [[name, text]] : [];
}

/** The newest place first: a file of its own, that of a processor, the tokenizer's configuration. */
function chatTemplateOf(folder: string, configured: z.infer<typeof configSchema>['chat_template']): string | undefined {
  const file = join(folder, 'chat_template.jinja');
  if (existsSync(file)) return readText(file);
  const processor = readPart(folder, 'chat_template.json', templateSchema)?.chat_template;
  if (processor !== undefined) return processor;
  if (typeof configured === 'string') return configured;
  return configured?.find(({ name }) => name === 'default')?.template;
}

/** What the model was told to stop at. */
function statedEnds(folder: string): readonly number[] {
  const stated = [
    readPart(folder, 'generation_config.json', endSchema)?.eos_token_id,
    readPart(folder, 'config.json', endSchema)?.eos_token_id,
  ].flatMap((ids) => ids ?? []);
  return [...new Set(stated)];
}
