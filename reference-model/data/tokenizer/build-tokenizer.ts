/**
 * Builds the tokenizer of the embedded scale as a Hugging Face `tokenizer.json`: WordPiece over lower-case words, one entry
 * for each word of tiny-scenes, easy-VQA and tiny-pathology, and single characters so that any other ASCII text can be spelled out.
 * The committed `tokenizer.json` is this function's output; a test holds them equal.
 */

import { EASY_VQA_WORDS } from '../easy-vqa/words.js';
import { PLACES } from '../places.js';
import * as tissuePhrases from '../tiny-pathology/phrases.js';
import { CELLULARITIES, NUCLEAR_SHAPES, NUCLEAR_SIZES, STAINS, STRUCTURES } from '../tiny-pathology/tissue.js';
import * as scenePhrases from '../tiny-scenes/phrases.js';
import { COLORS, RELATIONS, SHAPES, SIZES } from '../tiny-scenes/scene.js';
import { addedTokens } from './added-tokens.js';

const SPECIAL_TOKENS = ['<pad>', '<image>', '<begin>', '<end>', '<unknown>'] as const;
// Words of the prompts that ask for a caption or a short answer, whatever the exact prompt is.
const PROMPT_WORDS =
  'describe caption write question answer the this image picture in one sentence word detail shortly';
const NUMBERS = 'one two three four zero yes no and or not';
// Pieces of the library's own pre-tokeniser are at most this long, which bounds WordPiece's quadratic search.
const LONGEST_PIECE = 100;
/** SIMD kernels work on rows whose length is a multiple of this. */
const VOCABULARY_MULTIPLE = 8;

/** Every string inside a value of nested arrays and records, in order. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(stringsIn);
  return [];
}

/** The different words of the texts, sorted. */
function wordsIn(texts: readonly string[]): readonly string[] {
  const words = texts.flatMap((text) => text.replace(/\{\w+\}/g, ' ').match(/[a-z]{2,}/g) ?? []);
  return [...new Set(words)].sort();
}

/**
 * The words by the data sets that brought them, oldest first. Words are only ever appended: a model trained when the vocabulary was
 * shorter keeps the id of every token that it knows.
 */
function vocabularyGenerations(): readonly (readonly string[])[] {
  const first = wordsIn([
    ...stringsIn(scenePhrases),
    ...stringsIn([SHAPES, COLORS, SIZES, PLACES, RELATIONS]),
    ...EASY_VQA_WORDS,
    PROMPT_WORDS,
    NUMBERS,
    'a an',
  ]);
  const second = wordsIn([
    ...stringsIn(tissuePhrases),
    ...stringsIn([STAINS, NUCLEAR_SHAPES, NUCLEAR_SIZES, CELLULARITIES, STRUCTURES]),
  ]);
  return [first, second.filter((word) => !first.includes(word))];
}

/** Printable ASCII in lower case, and the letters and digits again as continuations of a word. */
function characterPieces(): readonly string[] {
  const characters: string[] = [];
  for (let code = 0x21; code <= 0x7e; code++) {
    const character = String.fromCharCode(code);
    if (character === character.toLowerCase()) characters.push(character);
  }
  return [...characters, ...characters.filter((character) => /[a-z0-9]/.test(character)).map((piece) => `##${piece}`)];
}

/** The content of `tokenizer.json` as a plain object, its vocabulary filled up to a multiple of 8 with reserved tokens after each generation of words. */
export function buildTokenizer(): object {
  const tokens: string[] = [...SPECIAL_TOKENS, ...characterPieces()];
  const special: string[] = [...SPECIAL_TOKENS];
  for (const words of vocabularyGenerations()) {
    tokens.push(...words);
    while (tokens.length % VOCABULARY_MULTIPLE !== 0) {
      const reserved = `<reserved-${special.length - SPECIAL_TOKENS.length}>`;
      tokens.push(reserved);
      special.push(reserved);
    }
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(special, tokens),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'BertPreTokenizer' },
        { type: 'Split', pattern: { Regex: `\\S{1,${LONGEST_PIECE}}` }, behavior: 'Removed', invert: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '<unknown>',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: LONGEST_PIECE,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
}
