import { describe, expect, it } from 'vitest';
import { commandFor } from '../../../harness/commands/options.js';

describe('the command that repeats a suite', () => {
  it.each([
    ['vlm-bench reproduce --finding all', 'vlm-bench reproduce --finding 3'],
    ['vlm-bench reproduce --finding=all --smoke', 'vlm-bench reproduce --finding=3 --smoke'],
    ['vlm-bench reproduce --finding all --full --out all', 'vlm-bench reproduce --finding 3 --full --out all'],
    ['vlm-bench reproduce --finding 3 --out all', 'vlm-bench reproduce --finding 3 --out all'],
  ])('of %s is %s', (typed, expected) => {
    expect(commandFor('finding-3', typed)).toBe(expected);
    expect(commandFor('finding-3-fixed-budget', typed)).toBe(expected);
  });

  it('is the typed one for a suite that is no finding of the package', () => {
    expect(commandFor('my-suite', 'vlm-bench run all.yaml')).toBe('vlm-bench run all.yaml');
  });
});
