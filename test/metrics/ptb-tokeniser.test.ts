/**
 * The tokeniser against tokens observed of CoreNLP 3.4.1. To observe them again, see test/oracle/README.md.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ptbTokeniser, tokenisePennTreebank } from '../../metrics/index.js';
import { lex } from '../../metrics/tokenise/ptb/lexer.js';
import { BOUNDED_EXPRESSIONS } from '../../metrics/tokenise/ptb/rules.js';

interface Observed {
  readonly lines: readonly (readonly [string, string])[];
  readonly knownDifferences: readonly (readonly [string, string])[];
}

const observed = JSON.parse(
  readFileSync(new URL('../fixtures/ptb/observed-tokens.json', import.meta.url), 'utf8'),
) as Observed;

describe('tokenisePennTreebank', () => {
  it('equals the observed tokens on every line', () => {
    const different = observed.lines.filter(([line, tokens]) => tokenisePennTreebank(line).join(' ') !== tokens);
    expect(different).toEqual([]);
    expect(observed.lines.length).toBeGreaterThan(3700);
  });

  it('differs only where it is known to', () => {
    for (const [line, tokens] of observed.knownDifferences) {
      expect(tokenisePennTreebank(line).join(' ')).not.toBe(tokens);
    }
  });

  it('takes plain words the quick way to the same tokens as the slow way', () => {
    // Only blanks and tabs open the quick way; a no-break space separates words just as well and leaves them to the slow way.
    const word = fc.oneof(
      fc.stringMatching(/^[A-Za-z]{1,8}(-[A-Za-z]{1,6})?$/),
      fc.stringMatching(/^[0-9A-Za-z]{1,4}$/).filter((text) => /[A-Za-z]/.test(text)),
      fc.constantFrom('cannot', 'Gonna', 'etc', 'No', 'Mr', 'the', 'a', 'ab', 'ol', 'd', 'don', 'can', 'zz-', 'x-y'),
    );
    const ending = fc.constantFrom('', '', ',', '!', '?', ';', ':', '.', "'s", "'t", "n't", "'d", "'m", "'", '...');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, ending), { minLength: 1, maxLength: 6 }), (pairs) => {
        const words = pairs.map(([text, end]) => text + end);
        expect(tokenisePennTreebank(`${words.join(' ')} z`)).toEqual(
          tokenisePennTreebank(`${words.join('\u00a0')}\u00a0z`),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the work of the lexer', () => {
  const pieces = fc.constantFrom(
    ...[
      '&amp',
      '&amp;',
      '&apos;',
      '&eacute;',
      '&#1',
      'http://a.b',
      'http://',
      'www.',
      'a.com/',
      '.txt',
      '.',
      '...',
      '-',
      "'",
      'a.',
    ],
    ...[
      '1',
      '1,0',
      '1/',
      ',',
      '<',
      '<a ',
      '<!',
      '="',
      '>',
      '@',
      '(',
      '😀',
      '\u00ad',
      '“',
      '’',
      '"',
      '$',
      '#',
      '+',
      '\\*',
      '?',
      ' ',
    ],
    ...['a', 'AB', "o'", 'é', '\u0301', '\u2010', '_', 'etc.', '\u3000', ';'],
  );

  it('grows no faster than the text', () => {
    const examined = (unit: string, length: number): number => {
      let characters = Number.NaN;
      const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
      lex(text, true, (count) => {
        characters = count;
      });
      return characters;
    };
    const isLinear = (unit: string): void => {
      const once = examined(unit, 2048);
      const twice = examined(unit, 4096);
      // Plain words are not counted; a text of little else may hold a few odd characters at its end.
      expect(twice, JSON.stringify(unit)).toBeLessThanOrEqual(2.3 * once + 200);
      expect(twice, JSON.stringify(unit)).toBeLessThanOrEqual(60 * 4096);
    };
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 6 }), (unit) => isLinear(unit.join(''))),
      {
        numRuns: 200,
        examples: [
          [['&amp']],
          [['a', '@']],
          [['a', '.', '1', '.']],
          [['<a ', '="']],
          [['<!']],
          [['a', "'"]],
          [['a', '-', '1', '/']],
        ],
      },
    );
  });

  it('is bounded where it is not counted: expressions without repetition of any length', () => {
    for (const { source } of BOUNDED_EXPRESSIONS) {
      const withoutClasses = source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
      expect(withoutClasses, source).not.toMatch(/[*+]|\{\d*,\}/);
    }
    expect(BOUNDED_EXPRESSIONS.length).toBeGreaterThan(5);
  });
});

describe('ptbTokeniser', () => {
  it('drops the punctuation that the COCO evaluation drops, and nothing else', () => {
    expect(ptbTokeniser.tokenise('A "dog" (left) -- it\'s 5.5 ft. tall!! Is it? Yes; or: no...')).toEqual([
      'a',
      'dog',
      '-lrb-',
      'left',
      '-rrb-',
      'it',
      "'s",
      '5.5',
      'ft.',
      'tall',
      '!!',
      'is',
      'it',
      'yes',
      'or',
      'no',
    ]);
  });

  it('counts no soft hyphen and no blank as a word', () => {
    expect(ptbTokeniser.tokenise('a kite flies \u00ad over the pier')).toEqual(
      ptbTokeniser.tokenise('a kite flies over the pier'),
    );
    const blank = fc.constantFrom(
      ...'\u00ad\u200b\ufeff\u2060\u200d\u0000\u001c\u007f\u0085\u00a0\u1680\u2003\u2028\u202f\u3000\u2010😀 ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(blank, fc.constantFrom('a', '1', '.', '-', "'"))), (characters) => {
        for (const token of ptbTokeniser.tokenise(characters.join(''))) expect(token.trim()).not.toBe('');
      }),
    );
  });

  it('refuses a caption of more than 1 MiB and takes one of exactly that', () => {
    const limit = 2 ** 20;
    expect(ptbTokeniser.tokenise('&amp'.repeat(limit / 4))).toHaveLength(limit / 2);
    expect(ptbTokeniser.tokenise('é'.repeat(limit / 2))).toHaveLength(1);
    for (const text of ['x'.repeat(limit + 1), `x${'é'.repeat(limit / 2)}`, `x${'😀'.repeat(limit / 4)}`]) {
      for (const tokenise of [ptbTokeniser.tokenise, tokenisePennTreebank]) {
        expect(() => tokenise(text)).toThrow(
          expect.objectContaining({ code: 'caption-too-long', message: 'the caption is 1048577 bytes long in UTF-8' }),
        );
      }
    }
  });

  it('keeps a caption in one piece whatever it holds', () => {
    expect(ptbTokeniser.tokenise('a\r\nb\u2028c\u0085d\u000be\u000cf')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('takes any text: emoji, lone surrogates, control characters and very long captions', () => {
    expect(ptbTokeniser.tokenise('a 😀 b \ud800 c \u0000 d')).toEqual(['a', 'b', 'c', 'd']);
    expect(ptbTokeniser.tokenise('word '.repeat(200_000))).toHaveLength(200_000);
    expect(ptbTokeniser.tokenise('x'.repeat(1_000_000))).toHaveLength(1);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const token of ptbTokeniser.tokenise(text)) expect(token).not.toMatch(/[ \t\n\r]/);
      }),
    );
  });
});
