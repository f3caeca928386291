/**
 * Text to token ids and back, by any Hugging Face `tokenizer.json`. Text can never produce a special token: a question
 * that contains "<image>" is read as those characters, because text from data sets and users is not trusted.
 */
import { createRequire } from 'node:module';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { readJson as readStrictJson } from '../../files/read-json.js';
import { DataError, unreadableData } from '../data-error.js';

/** The tokens that the model's sequences are built with, by their text in `tokenizer.json`. */
export interface SpecialTokens {
  readonly pad: string;
  readonly image: string;
  readonly begin: string;
  readonly end: string;
}

export interface Tokenizer {
  /** Ids from 0 up to this, exclusive. */
  readonly vocabularySize: number;
  /** Id of each special token. */
  readonly special: Readonly<Record<keyof SpecialTokens, number>>;
  /** Ids of the text alone: nothing is added at its ends and no special token can come out. */
  encode(text: string): readonly number[];
  /** Text of the ids; special tokens are skipped. Throws RangeError for an id outside the vocabulary. */
  decode(ids: readonly number[]): string;
}

const EMBEDDED_SPECIAL_TOKENS: SpecialTokens = { pad: '<pad>', image: '<image>', begin: '<begin>', end: '<end>' };

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string(), special: z.boolean() })),
  model: z.looseObject({ vocab: z.record(z.string(), z.int().nonnegative()) }),
});

/**
 * The embedded scale's tokenizer. With a vocabulary size it is what it was when it had that many tokens: a word that was added later
 * is spelled out, so that a model of that size can be asked anything.
 */
export function loadEmbeddedTokenizer({ vocabularySize }: { readonly vocabularySize?: number } = {}): Tokenizer {
  const file = createRequire(import.meta.url).resolve('#package/reference-model/data/tokenizer/tokenizer.json');
  return loadTokenizer(file, EMBEDDED_SPECIAL_TOKENS, vocabularySize);
}

function readJson(file: string): unknown {
  try {
    return readStrictJson(file);
  } catch (error) {
    throw unreadableData(error, file, 'a Hugging Face tokenizer.json');
  }
}

/**
 * Loads a tokenizer from a `tokenizer.json` file or its parsed content. `special` names the special tokens as this file
 * spells them; tokens from `maximumSize` on are left out. Throws DataError if the file cannot be read, is no tokenizer, or lacks one of the special tokens.
 */
export function loadTokenizer(
  source: string | object,
  special: SpecialTokens = EMBEDDED_SPECIAL_TOKENS,
  maximumSize: number = Number.POSITIVE_INFINITY,
): Tokenizer {
  const file = typeof source === 'string' ? source : 'tokenizer.json';
  const content = typeof source === 'string' ? readJson(source) : source;
  const parsed = tokenizerSchema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new DataError({ code: 'malformed-file', file, problem: `${issue.path.join('.')}: ${issue.message}` });
  }
  const addedTokens = parsed.data.added_tokens.filter(({ id }) => id < maximumSize);
  const vocabulary = Object.fromEntries(Object.entries(parsed.data.model.vocab).filter(([, id]) => id < maximumSize));
  const model = { ...parsed.data.model, vocab: vocabulary };

  // The library would turn the text of a special token into its id; without their entries it cannot.
  const textOnly = { ...parsed.data, model, added_tokens: addedTokens.filter((token) => !token.special) };
  // Spacing is the business of the file's own decoder; a second clean-up after it would glue apostrophes to words.
  const library = new HuggingFaceTokenizer(textOnly, { clean_up_tokenization_spaces: false });
  const specialIds = new Set(addedTokens.filter((token) => token.special).map((token) => token.id));

  let vocabularySize = 0;
  for (const id of Object.values(vocabulary)) vocabularySize = Math.max(vocabularySize, id + 1);
  for (const { id } of addedTokens) vocabularySize = Math.max(vocabularySize, id + 1);

  const idOf = (name: keyof SpecialTokens): number => {
    const token = addedTokens.find(({ content }) => content === special[name]);
    if (token !== undefined) return token.id;
    throw new DataError({ code: 'missing-special-token', file, token: special[name] });
  };

  return {
    vocabularySize,
    special: { pad: idOf('pad'), image: idOf('image'), begin: idOf('begin'), end: idOf('end') },
    encode: (text) => library.encode(text, { add_special_tokens: false }).ids,
    decode: (ids) => {
      for (const id of ids) {
        if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
          throw new RangeError(`Token id ${id} is outside the vocabulary of ${vocabularySize} tokens.`);
        }
      }
      const textIds = ids.filter((id) => !specialIds.has(id));
      return textIds.length === 0 ? '' : library.decode(textIds);
    },
  };
}
