/**
 * The scanner: walks over one caption, takes the longest shape at each position and writes the token as the Penn Treebank
 * does, lower-cased.
 */
import { abbreviationKind, SENTENCE_STARTERS } from './abbreviations.js';
import { matchHost } from './address-shapes.js';
import { CHARACTER_CLASSES, CharacterClass } from './characters.js';
import { matchMarkup } from './markup-shape.js';
import { lexPlainWord } from './plain-words.js';
import { ENTITY, type Shape, type ShapeLists, shapesIn } from './rules.js';
import { Scan } from './scan.js';
import { ENTITIES, opensQuotation, written, writtenCharacter } from './spelling.js';
import { Trait } from './traits.js';
import { initialsEnd, matchNumber } from './word-shapes.js';

const SPACE = 0x20;
const { letter, mark, digit, space, dropped } = CharacterClass;

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

/**
 * The tokens of `line`, which holds no line break, in lower case, with or without punctuation. `observeWork` is told how many
 * characters were looked at beyond plain words, each time anew; that number grows no faster than the line.
 */
export function lex(line: string, keepPunctuation: boolean, observeWork?: (examined: number) => void): string[] {
  const text = `${line}\n`;
  const tokens: string[] = [];
  let scan: Scan | undefined;
  let shapes: ShapeLists | undefined;
  let position = 0;
  while (position < line.length) {
    const plain = lexPlainWord(text, position, keepPunctuation, tokens);
    if (plain > position) {
      position = plain;
      continue;
    }
    const code = text.charCodeAt(position);
    if (code === SPACE) {
      position++;
      continue;
    }
    const before = tokens.length;
    scan ??= new Scan(text);
    shapes ??= shapesIn(text);
    switch (CHARACTER_CLASSES[code]) {
      case space:
      case dropped:
        position = lexUnseen(scan, position, tokens);
        break;
      case letter:
      case mark:
      case digit:
        position = lexWord(scan, position, shapes, tokens);
        break;
      default:
        position = lexPunctuation(scan, position, shapes, tokens);
    }
    let kept = before;
    for (let index = before; index < tokens.length; index++) {
      const lower = tokens[index]!.toLowerCase();
      if (keepPunctuation || !PUNCTUATION.has(lower)) tokens[kept++] = lower;
    }
    while (tokens.length > kept) tokens.pop();
  }
  observeWork?.(scan?.examined ?? 0);
  return tokens;
}

interface Match {
  shape: Shape | undefined;
  end: number;
  /** Characters of it that stay for the next token. */
  ahead: number;
}

const longestMatch: Match = { shape: undefined, end: 0, ahead: 0 };

/** The longest match of `shapes` at `start`, the earlier of equally long ones; valid until the next call. */
function longest(shapes: readonly Shape[], scan: Scan, start: number): Readonly<Match> {
  longestMatch.shape = undefined;
  longestMatch.end = start;
  longestMatch.ahead = 0;
  for (const shape of shapes) {
    scan.ahead = 0;
    const end = shape.match(scan, start);
    if (end <= longestMatch.end) continue;
    longestMatch.shape = shape;
    longestMatch.end = end;
    longestMatch.ahead = scan.ahead;
  }
  return longestMatch;
}

/** Skips a character that is no token; but a host may begin with it, and a number with an Arabic separator. */
function lexUnseen(scan: Scan, start: number, tokens: string[]): number {
  const end = Math.max(matchHost(scan, start), matchNumber(scan, start));
  if (end === 0) return start + 1;
  tokens.push(scan.text.slice(start, end));
  return end;
}

function lexWord(scan: Scan, start: number, { alphanumeric }: ShapeLists, tokens: string[]): number {
  const { shape, end: matchEnd, ahead } = longest(alphanumeric, scan, start);
  const abbreviation = lexAbbreviation(scan, start, matchEnd - start, tokens);
  if (abbreviation > 0) return abbreviation;
  if (shape === undefined) return start + 1;
  const end = matchEnd - ahead;
  tokens.push(written(scan.text.slice(start, end), shape));
  if (shape.splits === undefined) return end;
  tokens.push(scan.text.slice(end, matchEnd));
  return matchEnd;
}

const DEGREE = /(?:ph|ed)\.d\./iy;
const NUMBER_AHEAD = /[ \u00a0]?[0-9]/y;
const CAPITAL = /\p{Lu}/uy;
/** Longer than every word of SENTENCE_STARTERS, so that the search for the end of the word is bounded. */
const STARTER_AHEAD = /(?!A\.)(?:M[rRsS]\.|[A-Z][A-Za-z]{0,15})(?=[ \t\n\u00a0])/y;
const LONGEST_ABBREVIATION = 5;

/** Emits the abbreviation or acronym at `start` if it is at least as long as the longest other shape; else returns 0. */
function lexAbbreviation(scan: Scan, start: number, matchLength: number, tokens: string[]): number {
  const { text } = scan;
  const degreeEnd = matches(DEGREE, text, start) ? DEGREE.lastIndex : start;
  if (degreeEnd > start && matchLength <= closingReach(text, start, degreeEnd)) {
    tokens.push(text.slice(start, degreeEnd));
    if (endsSentence(scan, degreeEnd)) tokens.push('.');
    return degreeEnd;
  }
  const acronymEnd = initialsEnd(scan, start);
  if (acronymEnd > start + matchLength) {
    const acronym = text.slice(start, acronymEnd);
    const closes = startsSentence(scan, acronymEnd);
    tokens.push(closes && acronym.length === 2 ? acronym[0]! : acronym);
    if (closes) tokens.push('.');
    return acronymEnd;
  }
  let end = start;
  while (end <= start + LONGEST_ABBREVIATION && scan.has(end, Trait.asciiLetter)) end++;
  if (end === start || text[end] !== '.') return 0;
  const kind = abbreviationKind(text.slice(start, end));
  if (kind === undefined) return 0;
  end++;
  const word = text.slice(start, end);
  switch (kind) {
    case 'closing':
      if (matchLength > closingReach(text, start, end)) return 0;
      tokens.push(word);
      if (endsSentence(scan, end)) tokens.push('.');
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

/** Longest match that such an abbreviation beats: it looks two characters ahead, words come before it, hyphenated words after. */
function closingReach(text: string, start: number, end: number): number {
  return end - start + (text[end] === '-' ? 2 : 1);
}

/** Whether only blanks follow, or blanks and a capital letter or mark-up. */
function endsSentence(scan: Scan, position: number): boolean {
  const next = scan.runEnd(position, Trait.blank);
  if (next === scan.text.length - 1) return true;
  return next > position && (matches(CAPITAL, scan.text, next) || matchMarkup(scan, next) > 0);
}

/** Whether blanks follow and a word that often starts a sentence, or mark-up. */
function startsSentence(scan: Scan, position: number): boolean {
  const { text } = scan;
  const next = scan.runEnd(position, Trait.blank);
  if (next === position) return false;
  if (!matches(STARTER_AHEAD, text, next)) {
    const markupEnd = matchMarkup(scan, next);
    return markupEnd > 0 && (scan.has(markupEnd, Trait.blank) || markupEnd === text.length - 1);
  }
  return SENTENCE_STARTERS.has(text.slice(next, STARTER_AHEAD.lastIndex).toLowerCase());
}

function lexPunctuation(scan: Scan, start: number, { punctuation }: ShapeLists, tokens: string[]): number {
  const { text } = scan;
  ENTITY.lastIndex = start;
  const entity = text[start] === '&' ? ENTITY.exec(text) : null;
  const { shape, end } = longest(punctuation, scan, start);
  if (entity !== null && start + entity[0].length >= end && !/^&(?:Q|A[Pp][Oo][Ss])/.test(entity[0])) {
    const entityEnd = start + entity[0].length;
    const character = ENTITIES[(entity[1] ?? entity[2])!.toLowerCase()]!;
    if (character === '"') tokens.push(opensQuotation(text, entityEnd) ? '``' : "''");
    else if (character !== '') tokens.push(character);
    return entityEnd;
  }
  if (shape === undefined) {
    tokens.push(writtenCharacter(text, start));
    return start + 1;
  }
  tokens.push(written(text.slice(start, end), shape));
  return end;
}

function matches(expression: RegExp, text: string, position: number): boolean {
  expression.lastIndex = position;
  return expression.test(text);
}
