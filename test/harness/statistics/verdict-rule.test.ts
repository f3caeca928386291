import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, decideClaims } from '../../../harness/statistics/claims.js';
import {
  combinedVerdict,
  type KnownOfClaim,
  type Verdict,
  verdictOfRow,
  verdictRow,
  verdicts,
} from '../../../harness/statistics/verdict-rule.js';

/** The rule once more, as the README states it: each row with its own condition, so that exactly one must hold. */
const table: Readonly<Record<string, { readonly word: Verdict; readonly holds: (known: KnownOfClaim) => boolean }>> = {
  undecidable: { word: 'inconclusive', holds: (k) => k.undecidable },
  reproduced: { word: 'reproduced', holds: (k) => !k.undecidable && k.benefit && k.reachesMargin },
  opposite: {
    word: 'contradicted',
    holds: (k) =>
      !k.undecidable && k.opposite && k.marginExcluded && !k.harmExcluded && !(k.benefit && k.reachesMargin),
  },
  'opposite-but-small': {
    word: 'contradicted',
    holds: (k) => !k.undecidable && k.opposite && k.marginExcluded && k.harmExcluded && !(k.benefit && k.reachesMargin),
  },
  'real-but-small': {
    word: 'ruled-out',
    holds: (k) => !k.undecidable && k.marginExcluded && !k.opposite && k.benefit && !k.reachesMargin,
  },
  equivalent: {
    word: 'ruled-out',
    holds: (k) => !k.undecidable && k.marginExcluded && !k.opposite && !k.benefit && k.harmExcluded,
  },
  'no-benefit': {
    word: 'ruled-out',
    holds: (k) => !k.undecidable && k.marginExcluded && !k.opposite && !k.benefit && !k.harmExcluded,
  },
  open: {
    word: 'inconclusive',
    holds: (k) => !k.undecidable && !k.marginExcluded && !(k.benefit && k.reachesMargin),
  },
};

const all: readonly KnownOfClaim[] = Array.from({ length: 64 }, (_, bits) => ({
  undecidable: (bits & 1) > 0,
  benefit: (bits & 2) > 0,
  reachesMargin: (bits & 4) > 0,
  opposite: (bits & 8) > 0,
  marginExcluded: (bits & 16) > 0,
  harmExcluded: (bits & 32) > 0,
}));

describe('the rule of the verdict', () => {
  test('has exactly one row for everything that can be known, and reaches every row', () => {
    const reached = new Set<string>();
    for (const known of all) {
      const matching = Object.keys(table).filter((row) => table[row]!.holds(known));
      expect(matching).toEqual([verdictRow(known)]);
      expect(verdictOfRow(verdictRow(known))).toBe(table[matching[0]!]!.word);
      reached.add(matching[0]!);
    }
    expect([...reached].sort()).toEqual(Object.keys(table).sort());
  });

  test('makes of several words the one of the finding', () => {
    expect(combinedVerdict(['reproduced', 'reproduced'])).toBe('reproduced');
    expect(combinedVerdict(['reproduced', 'ruled-out', 'contradicted', 'inconclusive'])).toBe('contradicted');
    expect(combinedVerdict(['reproduced', 'ruled-out', 'inconclusive'])).toBe('ruled-out');
    expect(combinedVerdict(['reproduced', 'inconclusive'])).toBe('inconclusive');
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...verdicts), { minLength: 1, maxLength: 5 }), (words) => {
        const word = combinedVerdict(words);
        expect(words).toContain(word);
        expect(combinedVerdict([...words].reverse())).toBe(word);
        expect(word === 'reproduced').toBe(words.every((one) => one === 'reproduced'));
      }),
    );
  });
});

describe('on effects', () => {
  const claim = (effects: readonly number[], margin: number, id = 'a'): Claim => ({
    id,
    metric: 'CIDEr-D',
    comparison: 'a minus b',
    test: 'paired',
    direction: 'greater',
    margin,
    alpha: 0.05,
    effects,
  });

  test.each([
    ['reproduced', [0.57, 0.42, 0.78, 0.36, 0.53, 0.46], 0.1],
    ['opposite', [-0.57, -0.42, -0.78, -0.36, -0.53, -0.46], 0.1],
    ['opposite-but-small', [-0.05, -0.04, -0.06, -0.05, -0.03, -0.05], 0.1],
    ['real-but-small', [0.05, 0.04, 0.06, 0.05, 0.03, 0.05], 0.1],
    ['equivalent', [0.02, -0.03, 0.01, -0.02, 0.03, -0.01], 0.1],
    ['no-benefit', [-0.2, 0.05, -0.1, 0.02, -0.15, -0.05], 0.1],
    ['open', [0.6, -0.4, 0.5, -0.3, 0.4, 0.1], 0.1],
    ['undecidable', [0.3, 0.3, 0.3, 0.3], 0.1],
  ])('reaches the row %s', (row, effects, margin) => {
    const [decision] = decideClaims([claim(effects, margin)]).claims;
    expect(decision!.row).toBe(row);
    expect(decision!.verdict).toBe(table[row]!.word);
  });

  const effects = fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 2, maxLength: 8 });
  const several = fc.array(effects, { minLength: 1, maxLength: 4 });

  test('what is excluded with a smaller effect is excluded: the facts behind the rule are monotone', () => {
    fc.assert(
      fc.property(several, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 30 }), (all, margin, shift) => {
        const decide = (by: number) =>
          decideClaims(
            all.map((values, index) =>
              claim(
                values.map((value) => (value + by) / 100),
                margin / 100,
                `${index}`,
              ),
            ),
          ).claims;
        const order = { contradicted: 0, 'ruled-out': 1, inconclusive: 2, reproduced: 3 } as const;
        const [before, after] = [decide(0), decide(shift)];
        before.forEach(({ verdict, row, equivalence }, index) => {
          // With every effect larger by as much, no claim gets a word that says less of a benefit.
          if (row !== 'undecidable') expect(order[after[index]!.verdict]).toBeGreaterThanOrEqual(order[verdict]);
          // Equivalence excludes a benefit of the margin, so it leaves no claim open.
          if (equivalence.equivalent) expect(['open', 'no-benefit', 'opposite', 'reproduced']).not.toContain(row);
        });
      }),
    );
  });

  test('a smaller margin never turns a benefit down, and a larger one never grants it', () => {
    fc.assert(
      fc.property(several, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), (all, one, other) => {
        const [smaller, larger] = [Math.min(one, other), Math.max(one, other)].map((margin) =>
          decideClaims(
            all.map((values, index) =>
              claim(
                values.map((value) => value / 100),
                margin / 100,
                `${index}`,
              ),
            ),
          ).claims.map(({ verdict }) => verdict),
        );
        larger!.forEach((word, index) => {
          if (word === 'reproduced') expect(smaller![index]).toBe('reproduced');
          if (smaller![index] === 'ruled-out') expect(word).toBe('ruled-out');
          if (smaller![index] === 'contradicted') expect(word).toBe('contradicted');
          if (word === 'contradicted') expect(smaller![index]).toBe('contradicted');
        });
      }),
    );
  });

  test('margins in the other direction are mirrored', () => {
    fc.assert(
      fc.property(effects, fc.integer({ min: 0, max: 30 }), (values, margin) => {
        const upwards = claim(
          values.map((value) => value / 100),
          margin / 100,
        );
        const downwards: Claim = {
          ...upwards,
          direction: 'less',
          effects: upwards.effects.map((value) => -value),
        };
        expect(decideClaims([downwards]).claims[0]!.row).toBe(decideClaims([upwards]).claims[0]!.row);
      }),
    );
  });
});
