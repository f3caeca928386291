/** When a prediction is an answer: whole words only, and never both yes and no. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANSWER_MATCHES, isRightAnswer, normaliseAnswer } from '../../metrics/index.js';

describe('isRightAnswer', () => {
  it.each<[string, string, readonly boolean[]]>([
    // answer, prediction, [exact, leading-word, contains-word]
    ['yes', 'Yes.', [true, true, true]],
    ['yes', 'Yes, there is', [false, true, true]],
    ['yes', 'I think yes', [false, false, true]],
    ['no', 'normal', [false, false, false]],
    ['no', 'It is normal', [false, false, false]],
    ['yes', 'yes or no', [false, true, false]],
    ['no', 'Yes, there is no doubt', [false, false, false]],
    ['yes', 'Yes, there is no doubt', [false, true, false]],
    ['left lung', 'the left lung, I believe', [false, true, true]],
    ['left lung', 'left upper lung', [false, false, false]],
    ['', '', [true, true, true]],
    ['', 'anything', [false, false, false]],
  ])('%j in %j', (answer, prediction, expected) => {
    expect(ANSWER_MATCHES.map((match) => isRightAnswer(answer, prediction, match))).toEqual(expected);
  });

  it('is right by a stricter rule only where it is right by the looser ones, but for yes and no together', () => {
    const words = fc
      .array(fc.constantFrom('left', 'lung', 'the', 'two', 'heart', 'is'), { maxLength: 5 })
      .map((list) => list.join(' '));
    fc.assert(
      fc.property(words, words, (answer, prediction) => {
        const [exact, leading, contains] = ANSWER_MATCHES.map((match) => isRightAnswer(answer, prediction, match));
        expect(!exact || leading).toBe(true);
        expect(!leading || contains).toBe(true);
        expect(exact).toBe(normaliseAnswer(answer) === normaliseAnswer(prediction));
      }),
    );
  });
});
