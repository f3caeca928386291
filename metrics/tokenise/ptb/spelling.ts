/**
 * How tokens are written: brackets as -LRB- and the like, quotes as `` and '', dashes as --, currency as $ or #, entities as
 * what they stand for.
 */
import type { Shape } from './rules.js';

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

export const ENTITIES: Readonly<Record<string, string>> = {
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

export function writtenCharacter(text: string, position: number): string {
  const character = text[position]!;
  switch (character) {
    case '"':
      return opensQuotation(text, position + 1) ? '``' : "''";
    case "'":
      return /^[A-Za-z][^\s]/.test(text.slice(position + 1, position + 3)) ? '`' : "'";
    default:
      return rewritten(character);
  }
}

function rewritten(character: string): string {
  return REWRITTEN[character] ?? character;
}

export function opensQuotation(text: string, position: number): boolean {
  return /[A-Za-z0-9$]/.test(text[position]!);
}

const CLITIC = /^(?:n(?:['\u0091\u0092\u2018\u2019\u201b`]|&apos;)t|(?:['\u0092\u2019]|&apos;)(?:s|d|m|ll|re|ve))$/i;
const LONGEST_CLITIC = 8;
const CURLED_QUOTES = /^[`\u0091-\u0094\u00ab\u00bb\u2018\u2019\u201b-\u201d\u201f\u2039\u203a]+$/;

/** Brackets, soft hyphens, dashes and blanks inside a longer token. */
export function written(token: string, { literal }: Shape): string {
  if (!/[^A-Za-z0-9]/.test(token)) return token;
  if (/^-{2,4}$/.test(token)) return '--';
  if (/^\.[. \u00a0]+$/.test(token)) return '...';
  if (token[0] === '<' && token.endsWith('>')) return token.replaceAll(' ', '\u00a0');
  if (token.length <= LONGEST_CLITIC && CLITIC.test(token)) {
    return token.replace(/[\u0092\u2019]|&apos;/i, "'").replace(/[\u0091\u2018\u201b]/, '`');
  }
  if (token.length === 2 && CURLED_QUOTES.test(token)) return rewritten(token[0]!) + rewritten(token[1]!);
  if (literal) return token;
  const spelled = token
    .replaceAll('\u00ad', '')
    .replaceAll(' ', '\u00a0')
    .replaceAll('(', '-LRB-')
    .replaceAll(')', '-RRB-')
    .replaceAll(/&amp;/gi, '&');
  // Soft hyphens alone stand for a hyphen, never for a word without a letter.
  return spelled === '' ? '-' : spelled;
}
