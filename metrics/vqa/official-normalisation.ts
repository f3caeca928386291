/**
 * The answer normalisation of the official VQA v2 evaluation, quirks included: punctuation, number words, articles and
 * contractions. Source: Antol et al., "VQA: Visual Question Answering" (ICCV 2015) and its public evaluation code.
 */
import { CONTRACTIONS } from './contractions.js';

const PUNCTUATION: readonly string[] = [...';/[]"{}()=+\\_-><@`,?!'];

const NUMBER_WORDS: ReadonlyMap<string, string> = new Map([
  ['none', '0'],
  ['zero', '0'],
  ['one', '1'],
  ['two', '2'],
  ['three', '3'],
  ['four', '4'],
  ['five', '5'],
  ['six', '6'],
  ['seven', '7'],
  ['eight', '8'],
  ['nine', '9'],
  ['ten', '10'],
]);

const ARTICLES: ReadonlySet<string> = new Set(['a', 'an', 'the']);

/** The official code passes a flag (32) where the number of replacements belongs, so no more periods are dropped. */
const PERIODS_DROPPED = 32;

/** An answer as the evaluation compares it. */
export function normaliseAnswer(answer: string): string {
  return normaliseWords(normalisePunctuation(trimAnswer(answer)));
}

/** The part of the normalisation that always happens: line feeds and tabs become blanks, and the ends are trimmed. */
export function trimAnswer(answer: string): string {
  return answer.replace(/[\n\t]/g, ' ').trim();
}

/**
 * A mark that touches a blank anywhere in the answer is deleted, else it becomes a blank;
 * one comma between two digits turns every mark into a deletion. A period goes unless a digit follows.
 */
function normalisePunctuation(text: string): string {
  const digitsAroundComma = /\p{Nd},\p{Nd}/u.test(text);
  let result = text;
  for (const mark of PUNCTUATION) {
    if (!result.includes(mark)) continue;
    const deleted = digitsAroundComma || text.includes(`${mark} `) || text.includes(` ${mark}`);
    result = result.split(mark).join(deleted ? '' : ' ');
  }
  let dropped = 0;
  return result.replace(/\.(?!\p{Nd})/gu, (period) => (++dropped <= PERIODS_DROPPED ? '' : period));
}

/** Lower case, digits for number words, no articles, contractions with their apostrophes. */
function normaliseWords(text: string): string {
  const words: string[] = [];
  for (const word of text.toLowerCase().split(/\s+/u)) {
    if (word === '' || ARTICLES.has(word)) continue;
    const number = NUMBER_WORDS.get(word) ?? word;
    words.push(CONTRACTIONS.get(number) ?? number);
  }
  return words.join(' ');
}
