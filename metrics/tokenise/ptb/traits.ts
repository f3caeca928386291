/**
 * What a single character can be part of, as one bit each: the runs of characters that shapes of tokens are made of.
 * Every trait of every character below U+10000 lies in one table, so that a run is found by looking at each character once.
 */
import { CHARACTER_CLASSES, CharacterClass, SOFT_HYPHEN, WORD_HYPHENS } from './characters.js';

export const Trait = {
  /** A letter; neither a mark nor the soft hyphen. */
  letter: 1,
  mark: 1 << 1,
  digit: 1 << 2,
  softHyphen: 1 << 3,
  asciiLetter: 1 << 4,
  asciiDigit: 1 << 5,
  capital: 1 << 6,
  /** A period or comma, as acronyms and numbers before a hyphen hold them. */
  periodOrComma: 1 << 7,
  /** Joins letters and digits into one token: "-", "_" and the Unicode hyphens. */
  joiner: 1 << 8,
  blank: 1 << 9,
  urlPart: 1 << 10,
  /** A part of a URL that cannot be its last character. */
  urlPause: 1 << 11,
  mailPart: 1 << 12,
  /** A part of a host after "www.", between periods. */
  looseHostPart: 1 << 13,
  /** A part of a host without "www.", between periods. */
  strictHostPart: 1 << 14,
  /** A part of the name of an element or an attribute. */
  markupName: 1 << 15,
  period: 1 << 16,
  /** Stays together with the same character, or with another of its kind. */
  exclamation: 1 << 17,
  /** A raised or lowered digit. */
  superscript: 1 << 18,
  lowQuote: 1 << 19,
  underscore: 1 << 20,
} as const;

export const WORD_START: number = Trait.letter | Trait.mark | Trait.softHyphen;
export const WORD_PART: number = WORD_START | Trait.digit;
export const LETTER_OR_DIGIT: number = Trait.letter | Trait.digit;
export const ASCII_ALPHANUMERIC: number = Trait.asciiLetter | Trait.asciiDigit;

/** Traits of each character below U+10000. */
export const TRAITS: Int32Array = /* @__PURE__ */ buildTraits();

function buildTraits(): Int32Array {
  const traits = new Int32Array(0x10000);
  const { letter, mark, digit, space } = CharacterClass;
  for (let code = 0; code < traits.length; code++) {
    const characterClass = CHARACTER_CLASSES[code];
    if (characterClass === letter) traits[code] = Trait.letter;
    else if (characterClass === mark) traits[code] = Trait.mark;
    else if (characterClass === digit) traits[code] = Trait.digit;
    else if (characterClass === space) traits[code] = Trait.blank;
  }
  const add = (trait: number, first: number, last = first): void => {
    for (let code = first; code <= last; code++) traits[code]! |= trait;
  };
  const addEach = (trait: number, characters: string): void => {
    for (const character of characters) add(trait, character.charCodeAt(0));
  };
  traits[SOFT_HYPHEN] = Trait.softHyphen;
  add(Trait.asciiLetter | Trait.capital | Trait.markupName, 0x41, 0x5a);
  add(Trait.asciiLetter | Trait.markupName, 0x61, 0x7a);
  add(Trait.asciiDigit | Trait.markupName, 0x30, 0x39);
  addEach(Trait.markupName, '_:.-');
  addEach(Trait.periodOrComma, '.,');
  addEach(Trait.period, '.');
  addEach(Trait.underscore, '_');
  addEach(Trait.joiner, `-_${WORD_HYPHENS}`);
  addEach(Trait.exclamation, '!?');
  addEach(Trait.superscript, '\u00b2\u00b3\u00b9\u2070');
  add(Trait.superscript, 0x2074, 0x2079);
  add(Trait.superscript, 0x2080, 0x2089);
  addEach(Trait.lowQuote, '\u201a\u201e');

  const addressParts = Trait.urlPart | Trait.mailPart | Trait.looseHostPart | Trait.strictHostPart;
  add(addressParts, 0, 0xffff);
  const removeEach = (trait: number, characters: string): void => {
    for (const character of characters) traits[character.charCodeAt(0)]! &= ~trait;
  };
  // Only ASCII's white space ends an address; the no-break space, a mail address as well.
  removeEach(addressParts, ' \t\n\v\f\r"<>|(){}');
  removeEach(Trait.mailPart, '\u00a0');
  addEach(Trait.urlPause, '.!?,-');
  removeEach(Trait.looseHostPart, '.!?,');
  removeEach(Trait.strictHostPart, ".!?,-_:;/'@$=`0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^");
  return traits;
}
