import { describe, expect, test } from 'vitest';
import { formatError, problemsOf, UserError } from '../../harness/errors.js';
import { MetricError } from '../../metrics/errors.js';
import { DataError } from '../../reference-model/data/data-error.js';

describe('an error is printed', () => {
  test('in one shape: what, where, expected, mend', () => {
    const error = new UserError({ code: 'usage', what: 'w', where: 'file:1:2', expected: 'e', mend: 'm' });
    expect(formatError(error)).toBe('error: w\n  where:    file:1:2\n  expected: e\n  mend:     m');
  });

  test('with its stack trace only when asked for', () => {
    const bug = new TypeError('x is not a function');
    expect(formatError(bug)).toBe(
      'error: x is not a function\n  mend:     run the command again with --debug for the stack trace, and report it if it persists',
    );
    expect(formatError(bug, { debug: true })).toContain('errors.test.ts');
  });

  test('in the same shape when a stand-alone folder throws it', () => {
    const metric = new MetricError({ code: 'no-images', what: 'w', where: 'here', mend: 'm' });
    expect(formatError(metric)).toBe('error: w\n  where:    here\n  mend:     m');
    const data = new DataError({ code: 'missing-root', name: 'easy-vqa' });
    expect(formatError(data)).toMatch(/^error: The data set easy-vqa is read from disk.*\n {2}mend: /);
    expect(problemsOf(new Error('a bug'))).toBeUndefined();
  });
});
