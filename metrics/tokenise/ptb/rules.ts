/**
 * The shapes of tokens, as observed: at each position the longest of them wins, the earlier of equally long ones.
 * A shape may look ahead; the characters ahead count towards the length and stay for the next token. The expressions here are
 * sticky and of bounded length; shapes of any length are functions in files of their own, so that the work stays linear.
 */
import { matchFileName, matchHost, matchMailAddress, matchUrl } from './address-shapes.js';
import { matchBeforeClitic, matchBeforeNegation, matchWithApostrophe } from './apostrophe-shapes.js';
import { DIGITS } from './characters.js';
import { matchHashOrMention, matchNumericEntity, matchRun } from './mark-shapes.js';
import { matchMarkup } from './markup-shape.js';
import type { Scan } from './scan.js';
import {
  matchBeforePause,
  matchCurrencyPrefix,
  matchJoined,
  matchJoinedAfterName,
  matchJoinedAfterPrefix,
  matchJoinedCapitals,
  matchNumber,
  matchSlashed,
  matchWord,
} from './word-shapes.js';

const digit = `[${DIGITS}]`;
const space = '[ \\u00a0]';
const slash = '\\\\?/';
const cliticApostrophe = '(?:[\\u0092\\u2019]|&apos;)';
const nextNotAlphanumeric = '(?![A-Za-z0-9])';

const sticky = (source: string, flags = ''): RegExp => new RegExp(source, `y${flags}`);

/** A fraction, with a whole number before it if there is one ("1 1/2": one token that holds a no-break space). */
const FRACTION = sticky(`(?:${digit}{1,4}[- \\u00a0])?${digit}{1,4}(?:${slash}|\\u2044)${digit}{1,4}`);

const PHONE_NUMBER = sticky(
  `(?:\\(${digit}{2,3}\\)${space}?|(?:\\+?${digit}{2,4}[- \\u00a0])?${digit}{2,4}[- \\u00a0])` +
    `${digit}{3,4}[- \\u00a0]?${digit}{3,5}`,
);

const PROGRAMMING_LANGUAGE = sticky('[cC]\\+\\+|[cCfF]#');

/** "pro-" and "anti-" alone. */
const HYPHENATED_PREFIX = sticky('(?:[pP]ro|[aA]nti|PRO|ANTI)-');

const NEGATION = sticky("n(?:['\\u0091\\u0092\\u2018\\u2019\\u201b`]|&apos;)t", 'i');

/** Two words written as one ("cannot" → "can not"), where nothing else follows. */
const FUSED = sticky('cannot|gonna|gotta|gimme|lemme|wanna', 'i');

/**
 * Clitics after an apostrophe ("'s", "'ll", "'em") and shortened years ("'90s"). After a curly apostrophe they end wherever
 * they end; after a straight one, which may be a quotation mark, no letter may follow.
 */
const CLITIC = sticky(
  `'(?:(?:s|d|m|ll|re|ve)(?![A-Za-z])|em|till?|cause|[0-9]0s|[0-9]{2}(?=\\s)|n['\\u0092\\u2019]|n(?=\\s)|t(?=is|was))|` +
    `${cliticApostrophe}(?:s|d|m|ll|re|ve|em|till?|cause|[0-9]0s|[0-9]{2}(?=\\s)|n(?:['\\u0092\\u2019]|&apos;)?)`,
  'i',
);

const NAMED_ENTITY = sticky('&(?:ht|lr|qc|ql|qr|tl|ur|cdq|odq);|&Quot;|&QUOT;|&APOS;|&Apos;');

const EMOTICON = sticky(
  `[<>]?[:;=]['*o-]?[)(DdPpO@{|\\\\[\\]]${nextNotAlphanumeric}|[-^=~<>']_[-^=<>~']|\\([-^x=~<>'][-_.]?[-^x=~<>']\\)`,
);

const ELLIPSIS = sticky(`\\.{3,5}|\\.(?:${space}\\.){2,3}`);

/** Two marks that are written as one. */
const PAIR = sticky("<<|>>|''|[`\\u0091-\\u0094\\u00ab\\u00bb\\u2018\\u2019\\u201b-\\u201d\\u201f\\u2039\\u203a]{2}");

/** What a caption holds; a shape that needs something else need not be tried. */
const Feature = {
  apostrophe: 1,
  period: 2,
  slash: 4,
  digit: 8,
  hyphen: 16,
  other: 32,
  /** A comma, semicolon or colon. */
  pause: 64,
  at: 128,
} as const;

/** Returns the end of the shape at `start`, 0 where there is none; `scan.ahead` characters of it stay for the next token. */
export interface Shape {
  readonly match: (scan: Scan, start: number) => number;
  readonly needs: number;
  /** Whether the characters ahead are a token as they are. */
  readonly splits?: true;
  /** Whether soft hyphens stay in the token. */
  readonly literal?: true;
}

/** Shapes of bounded length. */
export const BOUNDED_EXPRESSIONS: readonly RegExp[] = [
  NEGATION,
  PROGRAMMING_LANGUAGE,
  HYPHENATED_PREFIX,
  PHONE_NUMBER,
  FRACTION,
  CLITIC,
  NAMED_ENTITY,
  EMOTICON,
  ELLIPSIS,
  PAIR,
  FUSED,
];

const bounded =
  (expression: RegExp) =>
  ({ text }: Scan, start: number): number => {
    expression.lastIndex = start;
    return expression.test(text) ? expression.lastIndex : 0;
  };

const matchFused = (scan: Scan, start: number): number => {
  FUSED.lastIndex = start;
  if (!FUSED.test(scan.text)) return 0;
  scan.ahead = FUSED.lastIndex === start + 6 ? 3 : 2;
  return FUSED.lastIndex;
};

/** Every shape that may start at a letter or a digit, the earlier the stronger. */
const ALPHANUMERIC_SHAPES: readonly Shape[] = [
  { match: matchFused, needs: 0, splits: true },
  { match: matchBeforeNegation, needs: Feature.apostrophe },
  { match: matchBeforeClitic, needs: Feature.apostrophe },
  { match: bounded(NEGATION), needs: Feature.apostrophe },
  { match: matchWithApostrophe, needs: Feature.apostrophe },
  { match: matchJoinedCapitals, needs: Feature.other },
  { match: matchCurrencyPrefix, needs: Feature.other },
  { match: bounded(PROGRAMMING_LANGUAGE), needs: Feature.other },
  { match: matchFileName, needs: Feature.period, literal: true },
  { match: matchWord, needs: 0 },
  { match: matchUrl, needs: Feature.slash, literal: true },
  { match: matchHost, needs: Feature.period, literal: true },
  { match: matchMailAddress, needs: Feature.at, literal: true },
  { match: bounded(PHONE_NUMBER), needs: Feature.digit },
  { match: bounded(FRACTION), needs: Feature.digit },
  { match: matchNumber, needs: Feature.digit },
  { match: matchJoined, needs: 0 },
  { match: bounded(HYPHENATED_PREFIX), needs: Feature.hyphen },
  { match: matchJoinedAfterName, needs: Feature.hyphen | Feature.apostrophe },
  { match: matchJoinedAfterPrefix, needs: Feature.hyphen },
  { match: matchBeforePause, needs: Feature.period | Feature.pause },
  { match: matchSlashed, needs: Feature.slash },
];

/** Every shape that may start at a punctuation mark. */
const PUNCTUATION_SHAPES: readonly Shape[] = [
  { match: bounded(CLITIC), needs: Feature.apostrophe },
  { match: bounded(NAMED_ENTITY), needs: Feature.other },
  { match: matchNumericEntity, needs: Feature.other },
  { match: matchWord, needs: Feature.other },
  { match: matchBeforePause, needs: Feature.period | Feature.pause | Feature.other },
  { match: matchMarkup, needs: Feature.other },
  { match: matchHost, needs: Feature.period, literal: true },
  { match: matchMailAddress, needs: Feature.at, literal: true },
  { match: bounded(PHONE_NUMBER), needs: Feature.digit },
  { match: matchNumber, needs: Feature.digit },
  { match: bounded(EMOTICON), needs: Feature.other },
  { match: matchHashOrMention, needs: Feature.other, literal: true },
  { match: bounded(ELLIPSIS), needs: Feature.period },
  { match: bounded(PAIR), needs: Feature.other },
  { match: matchRun, needs: 0 },
];

export interface ShapeLists {
  readonly alphanumeric: readonly Shape[];
  readonly punctuation: readonly Shape[];
}

const LISTS: (ShapeLists | undefined)[] = [];

/** The shapes that may occur in `text`. */
export function shapesIn(text: string): ShapeLists {
  let features = 0;
  for (let index = 0; index < text.length; index++) features |= featureOf(text.charCodeAt(index));
  let lists = LISTS[features];
  if (lists === undefined) {
    const possible = (shapes: readonly Shape[]): Shape[] => shapes.filter(({ needs }) => (features & needs) === needs);
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
      return 0;
    case 0x2c:
      return Feature.pause;
    case 0x3a:
    case 0x3b:
      return Feature.pause | Feature.other;
    case 0x40:
      return Feature.at | Feature.other;
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
