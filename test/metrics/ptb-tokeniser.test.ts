/**
 * The tokeniser against tokens observed of CoreNLP 3.4.1. To observe them again, see test/oracle/README.md.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ptbTokeniser, tokenisePennTreebank } from '../../metrics/index.js';

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
    expect(observed.lines.length).toBeGreaterThan(2000);
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
