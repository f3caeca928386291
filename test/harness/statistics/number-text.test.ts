import { describe, expect, test } from 'vitest';
import { decideClaims } from '../../../harness/statistics/claims.js';
import { number, percent, pText, signedAlike } from '../../../harness/statistics/number-text.js';
import { decimalsFor, formatChosen, formatInterval, formatP, formatSigned } from '../../../reports/numbers.js';

describe('numbers in the sentences of a verdict', () => {
  test('group thousands and keep the digits of what was chosen', () => {
    expect(number(6000)).toBe('6,000');
    expect(number(1234)).toBe('1,234');
    expect(number(0.0125)).toBe('0.0125');
    expect(number(0.05 / 3)).toBe('0.0167');
    expect(signedAlike([-4102.5, -14379.1, 6174.2])).toEqual(['−4,103', '−14,379', '+6,174']);
    expect(percent(1 - 0.05 / 3)).toBe('98.3 %');
    expect(pText(1)).toBe('p = 1');
  });

  test.each([
    [6000, [-9100, 3600, -12000, 1500, -8000, -620]],
    [0.02, [0.0212, -0.0131, 0.0181, 0.0122, -0.0044, 0.0093]],
    [0.1, [2.6, 1.1, 3.9, 1.2, 2.2, 2.0]],
  ])('are those that the tables below print, at a margin of %s', (margin, effects) => {
    const rule = {
      id: 'claim',
      metric: 'm',
      direction: 'greater',
      alpha: 0.05,
      comparison: 'c',
      test: 'paired',
    } as const;
    const decided = decideClaims([{ ...rule, margin, effects }]);
    const { mean, confidence, tTest } = decided.claims[0]!.statistics;
    const decimals = decimalsFor([mean, confidence.low, confidence.high]);
    const [low, high] = formatInterval(confidence, decimals).slice(1, -1).split(', ');
    const unsigned = decided.sentence.replaceAll('+', '');
    expect(decided.sentence).toContain(` is ${formatSigned(mean, decimals)} (`);
    expect(unsigned).toContain(`CI ${low} to ${high}`);
    expect(unsigned).toContain(formatP(tTest.p!));
    expect(decided.reasons.join(' ')).toContain(`margin of ${formatChosen(margin)}`);
  });
});
