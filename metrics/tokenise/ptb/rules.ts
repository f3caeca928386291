/**
 * The shapes of tokens, as observed: at each position the longest of them wins, the earlier of equally long ones.
 * A shape may look ahead; characters in its group `ahead` count towards the length and stay for the next token.
 * All expressions are sticky and see one caption followed by a line feed.
 */
import { DIGITS, LETTERS, MARKS, WORD_HYPHENS } from './characters.js';

const letterOrDigit = `[${LETTERS}${DIGITS}]`;
const wordStart = `[${LETTERS}${MARKS}\\u00ad]`;
const wordPart = `[${LETTERS}${MARKS}${DIGITS}${WORD_HYPHENS}]`;
const digit = `[${DIGITS}]`;
const space = '[ \\u00a0]';
const apostrophe = "['\\u0092\\u2019`]";
const negationApostrophe = "(?:['\\u0092\\u2018\\u2019`]|&apos;)";
const number = `(?:${digit}*(?:[.,:\\u066b\\u066c]${digit}+)+|${digit}+)`;
const nextNotAlphanumeric = '(?![A-Za-z0-9])';
const urlPart = '[^\\s"<>|(){}]';
const urlEnd = '[^\\s"<>|.!?(){},-]';
const mailPart = '[^\\s"<>|(){}\\u00a0]';
const mailEnd = '[^\\s"<>|(){}.\\u00a0]';
const slash = '\\\\?/';

const sticky = (source: string, flags = ''): RegExp => new RegExp(source, `y${flags}`);

/** A word; parts joined by . ! or ? stay together when a letter follows ("a.m", "e.g", "what?who"). */
const WORD = sticky(`${wordStart}${wordPart}*(?:[.!?]${wordStart}${wordPart}*)*`);

/** Letters and digits that hyphens or underscores join ("twenty-one", "5-year-old", "a_b"), and "pro-" and "anti-" alone. */
const JOINED = sticky(
  `(?:[pP]ro|[aA]nti|PRO|ANTI)-|${letterOrDigit}+(?:[-_](?:[dDoOlL]${apostrophe}(?=[${LETTERS}]{2}))?${letterOrDigit}+)*`,
);

/** As above, the first part with an apostrophe, with periods or a number ("O'Brien-Smith", "U.S.-led", "1,000-seat"). */
const JOINED_AFTER_PREFIX = sticky(
  `(?:[A-HJ-XZdoln]${apostrophe}[${LETTERS}]{2,}|${letterOrDigit}[${LETTERS}${DIGITS}.,]*)` +
    `(?:-(?:[dDoOlL]${apostrophe}(?=[${LETTERS}]{2}))?${letterOrDigit}+)+`,
);

/** A hyphenated acronym keeps its last period ("non-U.S."). */
const JOINED_ACRONYM = sticky(`${letterOrDigit}+(?:-${letterOrDigit}+)*-(?:[A-Za-z]\\.){2,}`);

/** Two or three parts between slashes ("and/or", "he/she/it", "1/2"). */
const SLASHED = sticky(`[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:${slash}[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}`);

/** A fraction, with a whole number before it if there is one ("1 1/2": one token that holds a no-break space). */
const FRACTION = sticky(`(?:${digit}{1,4}[- \\u00a0])?${digit}{1,4}(?:${slash}|\\u2044)${digit}{1,4}`);

const PHONE_NUMBER = sticky(
  `(?:\\(${digit}{2,3}\\)${space}?|(?:\\+?${digit}{2,4}[- \\u00a0])?${digit}{2,4}[- \\u00a0])` +
    `${digit}{3,4}[- \\u00a0]?${digit}{3,5}`,
);

const NUMBER = sticky(`[-+]?${number}`);

const FILE_NAME = sticky(
  `${letterOrDigit}+(?:\\.${letterOrDigit}+)*\\.(?:bat|bmp|class|cgi|cpp|dll|docx?|exe|gif|gz|html?|jar|java|jpe?g|mov|` +
    `pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip|c|h)(?=[\\s.,?!])`,
  'i',
);

const URL = sticky(`https?://${urlPart}+${urlEnd}`, 'i');

const HOST = sticky(
  `(?:www\\.(?:[^\\s"<>|.!?(){},]+\\.)+[a-z]{2,4}|[a-z][^\\s"<>|.!?(){},\\-_:;/'@#$%&+=~\`]*\\.(?:[^\\s"<>|.!?(){},\\-_:;/'@#$%&+=~\`]+\\.)*(?:com|net|org|edu))` +
    `(?:/${urlPart}+${urlEnd})?`,
  'i',
);

const MAIL_ADDRESS = sticky(`<?[A-Za-z0-9]${mailPart}*@${mailEnd}+(?:\\.${mailEnd}+)*>?`);

const JOINED_CAPITALS = sticky('[A-Z]+(?:(?:&(?:amp;)?|\\+)[A-Z]+)+');
const CURRENCY_PREFIX = sticky('[A-Z]+\\$');
const PROGRAMMING_LANGUAGE = sticky('[cC]\\+\\+|[cCfF]#');
const WITH_ACCENT_ENTITY = sticky(
  `(?:${wordPart}|&[aeiou](?:acute|grave|uml);)*&[aeiou](?:acute|grave|uml);(?:${wordPart}|&[aeiou](?:acute|grave|uml);)*`,
  'i',
);

/** Words that keep an inner apostrophe ("O'Brien", "d'Artagnan", "Hawai'i", "ma'am"), and clitics that end in one. */
const WITH_APOSTROPHE = sticky(
  `[A-HJ-XZdoln]${apostrophe}[${LETTERS}]{2,}|[A-Za-z]+[AEIOUYaeiouy]${apostrophe}(?!(?:[sdmSDM]|[lL]{2}|[rR][eE]|[vV][eE])(?![A-Za-z]))[aeiouA-Z][A-Za-z]*|[Ee]${apostrophe}[eE][rR]|` +
    `[cC]'(?:est|mon|Est|Mon|EST|MON)|[cC]ap['\\u2019]n|[lL]i'l|[eE]v'ry|[jJ]usqu'ici|[dDlL]['\\u0092\\u2019](?!(?:[sdmSDM]|ll|re|ve)(?![A-Za-z]))|` +
    `[oO][lL]['\\u0092\\u2019]|[jyY]['\\u0092\\u2019](?=[${LETTERS}])|j['\\u0092\\u2019]`,
);

/** A period before a comma, semicolon or colon stays with the word ("etc.,", "no-op.;"). */
const BEFORE_PAUSE = sticky(
  `(?:${wordStart}${wordPart}*(?:[.!?]${wordStart}${wordPart}*)*|${letterOrDigit}+(?:[-_]${letterOrDigit}+)*)\\.(?=[,;:])`,
);

/** The part of a negated verb before n't ("do" of "don't"). */
const BEFORE_NEGATION = sticky(`[A-Za-z]*[A-MO-Za-mo-z](?<ahead>[nN]${negationApostrophe}[tT])`);
const NEGATION = sticky(`n${negationApostrophe}t`, 'i');

/** Two words written as one ("cannot" → "can not"), where nothing else follows. */
const FUSED = sticky(
  '(?:can(?=not)|gon(?=na)|got(?=ta)|gim(?=me)|lem(?=me)|wan(?=na))(?<ahead>not|na|ta|me)' +
    "(?!['\\u0092\\u2019](?:s|d|m|ll|re|ve)(?![A-Za-z]))",
  'i',
);

/** Clitics after an apostrophe ("'s", "'ll", "'em") and shortened years ("'90s"). */
const CLITIC = sticky(
  `['\\u0092\\u2019](?:(?:s|d|m|ll|re|ve)(?![A-Za-z])|em|till?|cause|[0-9]0s|[0-9]{2}(?=\\s))|` +
    `'n'|'n(?=\\s)|['\\u0092\\u2019]n['\\u0092\\u2019]|[\\u0092\\u2019]n(?=\\s)|'t(?=is|was)|&apos;(?:s|d|m|ll|re|ve)(?![A-Za-z])`,
  'i',
);

const NUMERIC_ENTITY = sticky('&#[0-9]+;|&(?:ht|lr|qc|ql|qr|tl|ur|cdq|odq);|&Quot;|&QUOT;|&APOS;|&Apos;');

const MARKUP = sticky(
  '<[!?][A-Za-z-][^>\\r\\n]*>|</?[A-Za-z][A-Za-z0-9_:.-]*(?: +[A-Za-z][A-Za-z0-9_:.-]*(?: *= *(?:"[^"\\n]*"|\'[^\'\\n]*\'))?)* *\\/?>',
);

const EMOTICON = sticky(
  `[<>]?[:;=]['*o-]?[)(DdPpO@{|\\\\[\\]]${nextNotAlphanumeric}|[-^=~<>']_[-^=<>~']|\\([-^x=~<>'][-_.]?[-^x=~<>']\\)`,
);

const ELLIPSIS = sticky(`\\.{3,5}|\\.(?:${space}\\.){2,3}`);
const HASH_OR_MENTION = sticky(`#[${LETTERS}]+|@[A-Za-z_][A-Za-z0-9_]*`);

/** Runs of one or two kinds of characters that stay together, and escaped characters. */
const RUN = sticky(
  "[!?]+|-+|\\*+|#+|@+|_+|<<|>>|''|``|(?:\\\\\\*)+|[\\u00b2\\u00b3\\u00b9\\u2070\\u2074-\\u208e]+|[\\u201a\\u201e]+",
);

/** What a caption holds; a shape that needs something else need not be tried. */
const Feature = {
  apostrophe: 1,
  period: 2,
  slash: 4,
  digit: 8,
  hyphen: 16,
  other: 32,
} as const;

type Shape = readonly [shape: RegExp, needs: number];

/** Every shape that may start at a letter or a digit, the earlier the stronger. */
const ALPHANUMERIC_SHAPES: readonly Shape[] = [
  [FUSED, 0],
  [BEFORE_NEGATION, Feature.apostrophe],
  [NEGATION, Feature.apostrophe],
  [WITH_APOSTROPHE, Feature.apostrophe],
  [JOINED_CAPITALS, Feature.other],
  [CURRENCY_PREFIX, Feature.other],
  [PROGRAMMING_LANGUAGE, Feature.other],
  [WORD, 0],
  [URL, Feature.slash],
  [HOST, Feature.period],
  [MAIL_ADDRESS, Feature.other],
  [FILE_NAME, Feature.period],
  [PHONE_NUMBER, Feature.digit],
  [FRACTION, Feature.digit],
  [NUMBER, Feature.digit],
  [JOINED, 0],
  [JOINED_AFTER_PREFIX, Feature.hyphen],
  [JOINED_ACRONYM, Feature.hyphen],
  [BEFORE_PAUSE, Feature.period],
  [SLASHED, Feature.slash],
  [WITH_ACCENT_ENTITY, Feature.other],
];

/** Every shape that may start at a punctuation mark. */
const PUNCTUATION_SHAPES: readonly Shape[] = [
  [CLITIC, Feature.apostrophe],
  [NUMERIC_ENTITY, Feature.other],
  [WITH_ACCENT_ENTITY, Feature.other],
  [MARKUP, Feature.other],
  [MAIL_ADDRESS, Feature.other],
  [PHONE_NUMBER, Feature.digit],
  [NUMBER, Feature.digit],
  [EMOTICON, Feature.other],
  [HASH_OR_MENTION, Feature.other],
  [ELLIPSIS, Feature.period],
  [RUN, 0],
];

export interface ShapeLists {
  readonly alphanumeric: readonly RegExp[];
  readonly punctuation: readonly RegExp[];
}

const LISTS: (ShapeLists | undefined)[] = [];

/** The shapes that may occur in `text`. */
export function shapesIn(text: string): ShapeLists {
  let features = 0;
  for (let index = 0; index < text.length; index++) features |= featureOf(text.charCodeAt(index));
  let lists = LISTS[features];
  if (lists === undefined) {
    const possible = (shapes: readonly Shape[]): RegExp[] =>
      shapes.filter(([, needs]) => (features & needs) === needs).map(([shape]) => shape);
    lists = { alphanumeric: possible(ALPHANUMERIC_SHAPES), punctuation: possible(PUNCTUATION_SHAPES) };
    LISTS[features] = lists;
  }
  return lists;
}

function featureOf(code: number): number {
  if (code > 127) return Feature.digit | Feature.apostrophe | Feature.other;
  switch (code) {
    case 0x20:
    case 0x0a:
    case 0x2c:
      return 0;
    case 0x27:
    case 0x60:
      return Feature.apostrophe | Feature.other;
    case 0x2d:
    case 0x5f:
      return Feature.hyphen | Feature.other;
    case 0x2e:
      return Feature.period;
    case 0x2f:
      return Feature.slash;
    default:
      if (code >= 0x30 && code <= 0x39) return Feature.digit;
      if ((code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) return 0;
      // "&apos;" stands for an apostrophe.
      return code === 0x26 ? Feature.apostrophe | Feature.other : Feature.other;
  }
}

/** Entities that stand for one character; unknown ones fall apart into their characters. */
export const ENTITY: RegExp = /&(?:(lt|gt|amp|nbsp|mdash|ndash|md);|(quot|apos);)/iy;
