/**
 * Trains a tokenizer on the texts of a data set: byte-pair encoding of UTF-8 bytes (Sennrich et al. 2016, arXiv 1508.07909; Radford et al.
 * 2019, GPT-2, §2.2), as the content of a Hugging Face `tokenizer.json`. Any text can be encoded, and equal texts give an equal tokenizer.
 */
import { addedTokens } from './added-tokens.js';

/** In the order of their ids. */
const SPECIAL_TOKENS = ['<pad>', '<image>', '<begin>', '<end>'] as const;

/** Words as GPT-2 splits them: contractions, letters, digits and marks, each with the space in front of it. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Special tokens and the 256 bytes. */
export const SMALLEST_VOCABULARY = SPECIAL_TOKENS.length + 256;

/**
 * A visible character for each byte, as `tokenizer.json` writes bytes: printable Latin-1 stands for itself, the others follow behind
 * U+0100 in their order.
 */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(isPrintable ? byte : next++);
  });
})();

/** A word of the texts, as the symbols that it is made of so far. */
interface Word {
  symbols: string[];
  readonly count: number;
}

/**
 * @param texts in lower case or not: the tokenizer lower-cases what it reads
 * @param vocabularySize tokens; the last ones are reserved where every word is a single token before
 * @throws RangeError for a vocabulary without room for the bytes
 */
export function trainTokenizer(texts: Iterable<string>, vocabularySize: number): object {
  if (!Number.isInteger(vocabularySize) || vocabularySize < SMALLEST_VOCABULARY) {
    throw new RangeError(`A vocabulary of bytes has ${SMALLEST_VOCABULARY} tokens or more, got ${vocabularySize}.`);
  }
  const merges = learnMerges(wordsOf(texts), vocabularySize - SMALLEST_VOCABULARY);
  const learned = [...SPECIAL_TOKENS, ...BYTE_CHARACTERS, ...merges.map((pair) => pair.join(''))];
  // A model has as many rows as are asked for, and each must be the id of something.
  const reserved = Array.from({ length: vocabularySize - learned.length }, (_, index) => `<reserved-${index}>`);
  const tokens = [...learned, ...reserved];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens([...SPECIAL_TOKENS, ...reserved], tokens),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** The different words, as bytes, with how often each occurs. */
function wordsOf(texts: Iterable<string>): readonly Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of text.toLowerCase().match(WORDS) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => ({
    symbols: [...Buffer.from(word, 'utf8')].map((byte) => BYTE_CHARACTERS[byte]!),
    count,
  }));
}

/** What stands between the symbols of a pair in the keys of maps; no symbol holds it. */
const BETWEEN = ' ';

/** Merges the most frequent pair of neighbours again and again; of equally frequent ones the first by code units. */
function learnMerges(words: readonly Word[], most: number): readonly (readonly [string, string])[] {
  const counts = new Map<string, number>();
  const holders = new Map<string, Set<Word>>();
  const tell = (word: Word, sign: 1 | -1): void => {
    for (let i = 1; i < word.symbols.length; i++) {
      const pair = word.symbols[i - 1]! + BETWEEN + word.symbols[i]!;
      counts.set(pair, (counts.get(pair) ?? 0) + sign * word.count);
      if (sign < 0) continue;
      const known = holders.get(pair);
      if (known === undefined) holders.set(pair, new Set([word]));
      else known.add(word);
    }
  };
  for (const word of words) tell(word, 1);

  const merges: (readonly [string, string])[] = [];
  while (merges.length < most) {
    const best = mostFrequent(counts);
    if (best === undefined) break;
    const [left, right] = best.split(BETWEEN) as [string, string];
    merges.push([left, right]);
    for (const word of holders.get(best)!) {
      tell(word, -1);
      word.symbols = merged(word.symbols, left, right);
      tell(word, 1);
    }
    counts.delete(best);
    holders.delete(best);
  }
  return merges;
}

/** Undefined where no word has two symbols. */
function mostFrequent(counts: Map<string, number>): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const [pair, count] of counts) {
    if (count === 0) counts.delete(pair);
    else if (count > most || (count === most && best !== undefined && pair < best)) [best, most] = [pair, count];
  }
  return best;
}

function merged(symbols: readonly string[], left: string, right: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      result.push(left + right);
      i++;
    } else result.push(symbols[i]!);
  }
  return result;
}
