/**
 * The shapes of words and numbers that can be of any length. Each looks at a run of characters that it takes, or that another
 * shape takes where it fails itself, so that no character is looked at more than a few times.
 */

import { apostropheLength, isLetterN, namePrefixEnd } from './apostrophes.js';
import type { Scan } from './scan.js';
import { ASCII_ALPHANUMERIC, LETTER_OR_DIGIT, Trait, WORD_PART, WORD_START } from './traits.js';

const ACCENT_ENTITY = /&[aeiou](?:acute|grave|uml);/iy;

/**
 * A word; parts joined by . ! or ? stay together when a letter follows ("a.m", "e.g", "what?who"). An accented letter may be
 * an entity ("caf&eacute;").
 */
export function matchWord(scan: Scan, start: number): number {
  if (scan.word.start === start) return scan.word.end;
  let end = wordPartEnd(scan, start);
  if (end > 0) {
    while (scan.has(end, Trait.period | Trait.exclamation)) {
      const partEnd = wordPartEnd(scan, end + 1);
      if (partEnd === 0) break;
      end = partEnd;
    }
  }
  scan.word.start = start;
  scan.word.end = end;
  return end;
}

function wordPartEnd(scan: Scan, start: number): number {
  const { text } = scan;
  if (!scan.has(start, WORD_START) && accentEntityEnd(text, start) === 0) return 0;
  let end = scan.runEnd(start, WORD_PART);
  while (text[end] === '&') {
    const entityEnd = accentEntityEnd(text, end);
    if (entityEnd === 0) break;
    end = scan.runEnd(entityEnd, WORD_PART);
  }
  return end;
}

/** Letters and digits that hyphens or underscores join ("twenty-one", "5-year-old", "a_b", "o'90s"). */
export function matchJoined(scan: Scan, start: number): number {
  let end = joinedPartEnd(scan, start);
  if (end === 0) return 0;
  while (scan.has(end, Trait.joiner)) {
    const partEnd = joinedPartEnd(scan, end + 1);
    if (partEnd === 0) break;
    end = partEnd;
  }
  return end;
}

/** As above with hyphens only, the first part with an apostrophe ("O'Brien-Smith"). */
export function matchJoinedAfterName(scan: Scan, start: number): number {
  const nameEnd = namePrefixEnd(scan, start);
  if (nameEnd === 0 || isLetterN(scan.text, start)) return 0;
  let end = nameEnd;
  while (scan.text[end] === '-') {
    const partEnd = joinedPartEnd(scan, end + 1);
    if (partEnd === 0) break;
    end = partEnd;
  }
  return end > nameEnd ? end : 0;
}

/**
 * As above in ASCII: the first part with periods or a number ("U.S.-led", "1,000-seat"), later ones perhaps acronyms that
 * keep their periods ("non-U.S."), any part with soft hyphens.
 */
export function matchJoinedAfterPrefix(scan: Scan, start: number): number {
  if (!scan.has(start, ASCII_ALPHANUMERIC)) return 0;
  const { text, prefix } = scan;
  // Most prefixes have no hyphen after them, and each of their words begins another: the end is remembered.
  if (start >= prefix.end) {
    prefix.end = scan.runEnd(start, ASCII_ALPHANUMERIC | Trait.softHyphen | Trait.periodOrComma);
  }
  let end = prefix.end;
  while (text[end] === '-') {
    const part = end + 1;
    const acronymEnd = initialsEnd(scan, part);
    const partEnd = acronymEnd > part + 2 ? acronymEnd : scan.runEnd(part, ASCII_ALPHANUMERIC | Trait.softHyphen);
    if (partEnd === part) break;
    end = partEnd;
  }
  return end > prefix.end ? end : 0;
}

/** Two or three parts between slashes ("and/or", "he/she/it", "1/2"). */
export function matchSlashed(scan: Scan, start: number): number {
  let end = slashedPartEnd(scan, start);
  if (end === 0) return 0;
  for (let slashes = 0; slashes < 2; slashes++) {
    const slash = scan.text[end] === '\\' ? end + 1 : end;
    const partEnd = scan.text[slash] === '/' ? slashedPartEnd(scan, slash + 1) : 0;
    if (partEnd === 0) return slashes === 0 ? 0 : end;
    end = partEnd;
  }
  return end;
}

/** "1", "-5", "1,000.5", "12:30", ".5"; a soft hyphen may stand before a digit. */
export function matchNumber(scan: Scan, start: number): number {
  const { text } = scan;
  const first = text[start] === '-' || text[start] === '+' ? start + 1 : start;
  let end = text[first] === '\u00ad' ? first + 1 : first;
  end = scan.has(end, Trait.digit) ? digitsEnd(scan, end) : first;
  const whole = end;
  while (isDigitSeparator(text.charCodeAt(end)) && scan.has(end + 1, Trait.digit)) end = digitsEnd(scan, end + 1);
  return end === first && whole === first ? 0 : end;
}

/** A period before a comma, semicolon or colon stays with the word ("etc.,", "no-op.;"). */
export function matchBeforePause(scan: Scan, start: number): number {
  return (
    periodBeforePauseEnd(scan, matchWord(scan, start)) ||
    periodBeforePauseEnd(scan, matchJoined(scan, start)) ||
    periodBeforePauseEnd(scan, matchJoinedAfterPrefix(scan, start)) ||
    periodBeforePauseEnd(scan, matchJoinedCapitals(scan, start))
  );
}

/** "AT&T", "A&amp;B", "C+D". */
export function matchJoinedCapitals(scan: Scan, start: number): number {
  const { text } = scan;
  let end = scan.runEnd(start, Trait.capital);
  if (end === start) return 0;
  for (let joined = false; ; joined = true) {
    const joint = text[end] === '&' ? (text.startsWith('amp;', end + 1) ? 5 : 1) : text[end] === '+' ? 1 : 0;
    if (joint === 0 || !scan.has(end + joint, Trait.capital)) return joined ? end : 0;
    end = scan.runEnd(end + joint, Trait.capital);
  }
}

/** "US$". */
export function matchCurrencyPrefix(scan: Scan, start: number): number {
  const end = scan.runEnd(start, Trait.capital);
  return end > start && scan.text[end] === '$' ? end + 1 : 0;
}

/** Initials, each with its period ("U.S.A."); `start` if there are none. */
export function initialsEnd(scan: Scan, start: number): number {
  let end = start;
  while (scan.has(end, Trait.asciiLetter) && scan.text[end + 1] === '.') end += 2;
  scan.examined += end - start;
  return end;
}

/** A part between hyphens, perhaps after d', o' or l'. */
function joinedPartEnd(scan: Scan, start: number): number {
  const { text } = scan;
  let part = start;
  if ('dDoOlL'.includes(text[start]!)) {
    const apostrophe = apostropheLength(text, start + 1);
    const after = start + 1 + apostrophe;
    if (apostrophe > 0 && scan.has(after, LETTER_OR_DIGIT) && scan.has(after + 1, LETTER_OR_DIGIT)) part = after;
  }
  const end = scan.runEnd(part, LETTER_OR_DIGIT);
  return end === start ? 0 : end;
}

/** End of the entity of an accented letter. */
export function accentEntityEnd(text: string, start: number): number {
  if (text[start] !== '&') return 0;
  ACCENT_ENTITY.lastIndex = start;
  return ACCENT_ENTITY.test(text) ? ACCENT_ENTITY.lastIndex : 0;
}

function slashedPartEnd(scan: Scan, start: number): number {
  let end = scan.runEnd(start, ASCII_ALPHANUMERIC);
  if (end === start) return 0;
  for (let hyphens = 0; hyphens < 2 && scan.text[end] === '-'; hyphens++) {
    const partEnd = scan.runEnd(end + 1, Trait.asciiLetter);
    if (partEnd === end + 1) break;
    end = partEnd;
  }
  return end;
}

/** Digits from `start` on, single soft hyphens between them included. */
function digitsEnd(scan: Scan, start: number): number {
  let end = scan.runEnd(start, Trait.digit);
  while (scan.text[end] === '\u00ad' && scan.has(end + 1, Trait.digit)) end = scan.runEnd(end + 1, Trait.digit);
  return end;
}

function isDigitSeparator(code: number): boolean {
  return code === 0x2e || code === 0x2c || code === 0x3a || code === 0x66b || code === 0x66c;
}

function periodBeforePauseEnd(scan: Scan, wordEnd: number): number {
  if (wordEnd === 0 || scan.text[wordEnd] !== '.') return 0;
  const pause = scan.text[wordEnd + 1];
  return pause === ',' || pause === ';' || pause === ':' ? wordEnd + 1 : 0;
}
