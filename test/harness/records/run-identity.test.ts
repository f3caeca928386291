import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../harness/files/canonical-json.js';
import { runIdOf } from '../../../harness/records/run-identity.js';
import { textStage } from '../../reference-model/recipe/text-stage.js';
import { fakePlan } from '../fake/fake-runs.js';

function shuffledKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffledKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, entry]) => [key, shuffledKeys(entry)] as const);
  return Object.fromEntries(entries.toReversed());
}

describe('canonical JSON', () => {
  test('means the same value and ignores the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        // JSON has no −0, so both sides go through JSON.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(shuffledKeys(value))).toBe(text);
      }),
    );
  });

  test('refuses what JSON would silently change', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 0, Symbol('x')]) {
      expect(() => canonicalJson({ value })).toThrow(TypeError);
    }
  });
});

describe('the id of a run', () => {
  const identity = {
    config: fakePlan().runs[0]!.config,
    dataFingerprint: 'd',
    codeVersion: 'c',
    engineNumerics: 'e',
  };

  test('does not depend on the order of keys', () => {
    expect(runIdOf(shuffledKeys(identity) as typeof identity)).toBe(runIdOf(identity));
    expect(runIdOf(identity)).toMatch(/^[0-9a-f]{20}$/);
  });

  test('changes with every ingredient', () => {
    const { config } = identity;
    const stages = config.recipe.stages.with(3, {
      ...textStage(config.recipe.stages[3]),
      attentionMask: 'prefix-bidirectional',
    });
    const variants = [
      identity,
      { ...identity, dataFingerprint: 'other' },
      { ...identity, codeVersion: 'other' },
      { ...identity, engineNumerics: 'other' },
      { ...identity, config: { ...config, seed: config.seed + 1 } },
      { ...identity, config: { ...config, recipe: { ...config.recipe, stages } } },
      { ...identity, config: { ...config, evaluation: { ...config.evaluation, questions: 29 } } },
    ];
    expect(new Set(variants.map(runIdOf)).size).toBe(variants.length);
  });
});
