/**
 * The scanner: walks over one caption, takes the longest shape at each position and writes the token as the Penn Treebank
 * does: brackets as -LRB- and the like, straight quotes as `` and '', dashes as --, currency as $ or #; then lower-cased.
 */
import { abbreviationKind, SENTENCE_STARTERS } from './abbreviations.js';
import { CHARACTER_CLASSES, CharacterClass } from './characters.js';
import { lexPlainWord } from './plain-words.js';
import { ENTITY, type ShapeLists, shapesIn } from './rules.js';

const { letter, mark, digit, space, dropped } = CharacterClass;

/** Characters that are written otherwise when they are a token of their own. */
const REWRITTEN: Readonly<Record<string, string>> = {
  '(': '-LRB-',
  ')': '-RRB-',
  '[': '-LSB-',
  ']': '-RSB-',
  '{': '-LCB-',
  '}': '-RCB-',
  '\u0080': '$',
  '\u00a4': '$',
  '\u20a0': '$',
  '\u20ac': '$',
  '\u00a3': '#',
  '\u00a2': 'cents',
  '\u00bc': '1/4',
  '\u00bd': '1/2',
  '\u00be': '3/4',
  '\u2153': '1/3',
  '\u2154': '2/3',
  '\u0085': '...',
  '\u2026': '...',
  '\u0091': '`',
  '\u2018': '`',
  '\u201b': '`',
  '\u2039': '`',
  '\u0092': "'",
  '\u2019': "'",
  '\u203a': "'",
  '\u0093': '``',
  '\u201c': '``',
  '\u00ab': '``',
  '\u0094': "''",
  '\u201d': "''",
  '\u00bb': "''",
  '\u0096': '--',
  '\u0097': '--',
  '\u2013': '--',
  '\u2014': '--',
  '\u2015': '--',
};

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  nbsp: '',
  mdash: '--',
  ndash: '--',
  md: '--',
  quot: '"',
  apos: "'",
};

/** Tokens that the COCO evaluation drops; it compares after lower-casing, so bracket tokens survive. */
const PUNCTUATION: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "''",
  "'",
  '``',
  '`',
  '.',
  '?',
  '!',
  ',',
  ':',
  '-',
  '--',
  '...',
  ';',
]);

/** The tokens of `line`, which holds no line break, in lower case, with or without punctuation. */
export function lex(line: string, keepPunctuation: boolean): string[] {
  const text = `${line}\n`;
  const tokens: string[] = [];
  const raw: string[] = [];
  let shapes: ShapeLists | undefined;
  let position = 0;
  while (position < line.length) {
    const plain = lexPlainWord(text, position, keepPunctuation, tokens);
    if (plain > position) {
      position = plain;
      continue;
    }
    const characterClass = CHARACTER_CLASSES[text.charCodeAt(position)]!;
    if (characterClass === space || characterClass === dropped) {
      position++;
      continue;
    }
    raw.length = 0;
    shapes ??= shapesIn(text);
    position =
      characterClass === letter || characterClass === mark || characterClass === digit
        ? lexWord(text, position, shapes, raw)
        : lexPunctuation(text, position, shapes, raw);
    for (const token of raw) {
      const lower = token.toLowerCase();
      if (keepPunctuation || !PUNCTUATION.has(lower)) tokens.push(lower);
    }
  }
  return tokens;
}

let matchLength = 0;
let tokenLength = 0;

/** Sets the longest match of `shapes` at `position`. */
function longest(shapes: readonly RegExp[], text: string, position: number): void {
  matchLength = 0;
  tokenLength = 0;
  for (const shape of shapes) {
    shape.lastIndex = position;
    const match = shape.exec(text);
    if (match === null || match[0].length <= matchLength) continue;
    matchLength = match[0].length;
    tokenLength = matchLength - (match.groups?.ahead?.length ?? 0);
  }
}

function lexWord(text: string, start: number, { alphanumeric }: ShapeLists, tokens: string[]): number {
  longest(alphanumeric, text, start);
  const abbreviation = lexAbbreviation(text, start, tokens);
  if (abbreviation > 0) return abbreviation;
  if (tokenLength === 0) return start + 1;
  const end = start + tokenLength;
  const token = text.slice(start, end);
  tokens.push(written(token));
  if (tokenLength < matchLength && !/^n['`&\u0092\u2018\u2019]/i.test(text.slice(end, end + 2))) {
    tokens.push(text.slice(end, start + matchLength));
    return start + matchLength;
  }
  return end;
}

const LETTERS_AND_PERIOD = /[A-Za-z]+\./y;
const ACRONYM = /(?:[A-Za-z]\.)+|(?:ph|ed)\.d\./iy;
const NUMBER_AHEAD = /[ \u00a0]?[0-9]/y;
const SENTENCE_END = /[ \t\u00a0\u2000-\u200a\u3000]*\n|[ \t\u00a0\u2000-\u200a\u3000]+\p{Lu}/uy;
const STARTER_AHEAD = /[ \t\u00a0\u2000-\u200a\u3000]+(?!A\.)([A-Z][A-Za-z]*)(?=[ \t\n\u00a0])/y;

/** Emits the abbreviation or acronym at `start` if it is at least as long as the longest other shape; else returns 0. */
function lexAbbreviation(text: string, start: number, tokens: string[]): number {
  ACRONYM.lastIndex = start;
  const acronym = ACRONYM.exec(text)?.[0];
  if (acronym !== undefined && acronym.length > matchLength) {
    const end = start + acronym.length;
    const degree = acronym.length > 2 && acronym[1] !== '.';
    const closes = degree ? matches(SENTENCE_END, text, end) : startsSentence(text, end);
    if (closes && acronym.length === 2) tokens.push(acronym[0]!, '.');
    else if (closes) tokens.push(acronym, '.');
    else tokens.push(acronym);
    return end;
  }
  LETTERS_AND_PERIOD.lastIndex = start;
  const word = LETTERS_AND_PERIOD.exec(text)?.[0];
  if (word === undefined) return 0;
  const kind = abbreviationKind(word.slice(0, -1));
  if (kind === undefined) return 0;
  const end = start + word.length;
  switch (kind) {
    case 'closing':
      // The shape of such an abbreviation looks two characters ahead; words come before it, hyphenated words after.
      if (matchLength > word.length + (text[end] === '-' ? 2 : 1)) return 0;
      tokens.push(word);
      if (matches(SENTENCE_END, text, end)) tokens.push('.');
      return end;
    case 'opening':
      if (matchLength > word.length) return 0;
      tokens.push(word);
      return end;
    case 'numbering':
      if (matchLength > word.length || !matches(NUMBER_AHEAD, text, end)) return 0;
      tokens.push(word);
      return end;
    default:
      return kind satisfies never;
  }
}

function startsSentence(text: string, position: number): boolean {
  STARTER_AHEAD.lastIndex = position;
  const word = STARTER_AHEAD.exec(text)?.[1];
  return word !== undefined && SENTENCE_STARTERS.has(word.toLowerCase());
}

function lexPunctuation(text: string, start: number, { punctuation }: ShapeLists, tokens: string[]): number {
  ENTITY.lastIndex = start;
  const entity = text[start] === '&' ? ENTITY.exec(text) : null;
  longest(punctuation, text, start);
  if (entity !== null && entity[0].length >= matchLength && !/^&(?:Q|A[Pp][Oo][Ss])/.test(entity[0])) {
    const end = start + entity[0].length;
    const character = ENTITIES[(entity[1] ?? entity[2])!.toLowerCase()]!;
    if (character === '"') tokens.push(opensQuotation(text, end) ? '``' : "''");
    else if (character !== '') tokens.push(character);
    return end;
  }
  if (matchLength === 0) {
    tokens.push(writtenCharacter(text, start));
    return start + 1;
  }
  const end = start + tokenLength;
  tokens.push(written(text.slice(start, end)));
  return end;
}

function writtenCharacter(text: string, position: number): string {
  const character = text[position]!;
  switch (character) {
    case '"':
      return opensQuotation(text, position + 1) ? '``' : "''";
    case "'":
      return /^[A-Za-z][^\s]/.test(text.slice(position + 1, position + 3)) ? '`' : "'";
    default:
      return REWRITTEN[character] ?? character;
  }
}

function opensQuotation(text: string, position: number): boolean {
  return /[A-Za-z0-9$]/.test(text[position]!);
}

const CLITIC_WITH_CURVED_APOSTROPHE = /^(?:n[\u0092\u2018\u2019]t|[\u0092\u2019](?:s|d|m|ll|re|ve))$/i;

/** Brackets, soft hyphens, dashes and blanks inside a longer token. */
function written(token: string): string {
  if (/^-{2,4}$/.test(token)) return '--';
  if (/^\.[. \u00a0]+$/.test(token)) return '...';
  if (!/[^A-Za-z0-9]/.test(token)) return token;
  if (/^<.*>$/.test(token)) return token.replaceAll(' ', '\u00a0');
  if (CLITIC_WITH_CURVED_APOSTROPHE.test(token)) return token.replace(/[\u0092\u2019]/, "'").replace('\u2018', '`');
  return token
    .replaceAll('\u00ad', '')
    .replaceAll(' ', '\u00a0')
    .replaceAll('(', '-LRB-')
    .replaceAll(')', '-RRB-')
    .replaceAll(/&amp;/gi, '&')
    .replaceAll(/&apos;/g, "'");
}

function matches(expression: RegExp, text: string, position: number): boolean {
  expression.lastIndex = position;
  return expression.test(text);
}
