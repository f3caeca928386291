/**
 * The quick way through ordinary captions: ASCII words and numbers between blanks, with the usual marks after them.
 * It takes only what no other shape could claim, so that its tokens equal the slow way's; anything else is left to that.
 */
import { abbreviationKind } from './abbreviations.js';

const LINE_FEED = 10;
const TAB = 9;
const SPACE = 32;
const APOSTROPHE = 39;
const COMMA = 44;
const HYPHEN = 45;
const PERIOD = 46;
const COLON = 58;
const SEMICOLON = 59;
const QUESTION_MARK = 63;
const EXCLAMATION_MARK = 33;

const FUSED: ReadonlyMap<string, readonly [string, string]> = /* @__PURE__ */ new Map([
  ['cannot', ['can', 'not']],
  ['gonna', ['gon', 'na']],
  ['gotta', ['got', 'ta']],
  ['wanna', ['wan', 'na']],
  ['gimme', ['gim', 'me']],
  ['lemme', ['lem', 'me']],
]);

// 1 for a lower-case letter, 2 for a capital, 4 for a digit.
const ASCII_KIND: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 97 && code <= 122) return 1;
  if (code >= 65 && code <= 90) return 2;
  return code >= 48 && code <= 57 ? 4 : 0;
});

/**
 * Pushes the tokens of the plain word or number at `start` and returns the position after it and its marks;
 * returns `start` where the word is not plain. `text` ends in a line feed.
 */
export function lexPlainWord(text: string, start: number, keepPunctuation: boolean, tokens: string[]): number {
  let end = start;
  let kinds = 0;
  let code = text.charCodeAt(end);
  while (code < 128 && ASCII_KIND[code] !== 0) {
    kinds |= ASCII_KIND[code]!;
    code = text.charCodeAt(++end);
  }
  if (end === start) return start;
  if (kinds === 4) {
    // A number: two numbers in a row may be a fraction or a telephone number.
    if (code !== SPACE || end - start > 9) return start;
    const next = text.charCodeAt(end + 1);
    if ((next >= 48 && next <= 57) || next === 0xa0 || next > 127) return start;
    tokens.push(text.slice(start, end));
    return end + 1;
  }
  if (kinds & 4) {
    if (!isBlank(code)) return start;
  } else {
    // Letters, perhaps with hyphens between them; a prefix such as "o'" needs the slow way.
    while (code === HYPHEN) {
      let next = end + 1;
      let nextCode = text.charCodeAt(next);
      while (nextCode < 128 && (ASCII_KIND[nextCode]! & 3) !== 0) {
        kinds |= ASCII_KIND[nextCode]!;
        nextCode = text.charCodeAt(++next);
      }
      if (next === end + 1) return start;
      end = next;
      code = nextCode;
    }
  }
  switch (code) {
    case SPACE:
    case LINE_FEED:
    case TAB: {
      const length = end - start;
      const word = slice(text, start, end, kinds);
      const fused = length === 5 || length === 6 ? FUSED.get(word) : undefined;
      if (fused === undefined) tokens.push(word);
      else tokens.push(fused[0], fused[1]);
      return end + 1;
    }
    case COMMA:
    case SEMICOLON:
    case COLON:
    case QUESTION_MARK:
    case EXCLAMATION_MARK:
    case PERIOD: {
      const next = text.charCodeAt(end + 1);
      if (!isBlank(next)) return start;
      const length = end - start;
      const word = text.slice(start, end);
      if (code === PERIOD) {
        if (length === 1 || text.charCodeAt(end + 2) === PERIOD) return start;
        if (length <= 5 && abbreviationKind(word) !== undefined) return start;
        if (text.charCodeAt(end - 2) === HYPHEN) return start;
      }
      const lower = slice(text, start, end, kinds);
      if ((length === 5 || length === 6) && FUSED.has(lower)) return start;
      tokens.push(lower);
      if (keepPunctuation) tokens.push(text[end]!);
      return end + 2;
    }
    case APOSTROPHE:
      return lexClitic(text, start, end, kinds, tokens);
    default:
      return start;
  }
}

/** "man's", "don't" and "dogs' " followed by a blank; words whose last letter could be a prefix are left alone. */
function lexClitic(text: string, start: number, end: number, kinds: number, tokens: string[]): number {
  if (end - start < 3) return start;
  const clitic = text.charCodeAt(end + 1) | 32;
  if (!isBlank(text.charCodeAt(end + 2))) return start;
  const last = text.charCodeAt(end - 1) | 32;
  if (clitic === 115 || clitic === 100 || clitic === 109) {
    tokens.push(slice(text, start, end, kinds), clitic === 115 ? "'s" : clitic === 100 ? "'d" : "'m");
    return end + 3;
  }
  if (clitic === 116 && last === 110) {
    const before = text.charCodeAt(end - 2) | 32;
    if (before === 110 || before < 97 || text.slice(start, end).includes('-')) return start;
    tokens.push(slice(text, start, end - 1, kinds), "n't");
    return end + 3;
  }
  return start;
}

function slice(text: string, start: number, end: number, kinds: number): string {
  const word = text.slice(start, end);
  return kinds === 1 ? word : word.toLowerCase();
}

function isBlank(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === TAB;
}
