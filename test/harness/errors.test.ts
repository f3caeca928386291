import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatError, problemsOf, UserError } from '../../harness/errors.js';
import { MetricError } from '../../metrics/errors.js';
import { DataError } from '../../reference-model/data/data-error.js';

describe('an error is printed', () => {
  test('in one shape: what, where, expected, fix', () => {
    const error = new UserError({ code: 'usage', what: 'w', where: 'file:1:2', expected: 'e', fix: 'm' });
    expect(formatError(error)).toBe('error: w\n  where:    file:1:2\n  expected: e\n  fix:      m');
  });

  test('with its stack trace only when asked for', () => {
    const bug = new TypeError('x is not a function');
    expect(formatError(bug)).toBe(
      'error: x is not a function\n  fix:      run the command again with --debug for the stack trace, and report it if it persists',
    );
    expect(formatError(bug, { debug: true })).toContain('errors.test.ts');
  });

  test('in the same shape when a stand-alone folder throws it', () => {
    const metric = new MetricError({ code: 'no-images', what: 'w', where: 'here', fix: 'm' });
    expect(formatError(metric)).toBe('error: w\n  where:    here\n  fix:      m');
    const data = new DataError({ code: 'missing-root', name: 'easy-vqa' });
    expect(formatError(data)).toMatch(/^error: The data set easy-vqa is read from disk.*\n {2}fix: /);
    expect(problemsOf(new Error('a bug'))).toBeUndefined();
  });

  test('when the operating system refuses, with the path and what to do', () => {
    const refusal = (work: () => void) => {
      try {
        work();
      } catch (error) {
        return formatError(error);
      }
      return 'it was allowed';
    };
    const file = fileURLToPath(import.meta.url);
    expect(refusal(() => mkdirSync(`${file}/folder`, { recursive: true }))).toBe(
      [
        'error: the operating system refuses to mkdir: not a directory',
        `  where:    ${file}/folder`,
        '  fix:      check the path and its permissions, then run the same command again',
      ].join('\n'),
    );
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(formatError(full)).toBe(
      [
        'error: the operating system refuses to write: no space left on device',
        '  fix:      free some space, then run the same command again',
      ].join('\n'),
    );
  });

  test('when a file of the package is missing', () => {
    const missing = () => createRequire(import.meta.url).resolve('#package/reference-model/no-such.safetensors');
    expect(missing).toThrow();
    try {
      missing();
    } catch (error) {
      expect(formatError(error)).toMatch(
        /^error: Cannot find module '.*no-such\.safetensors'\n {2}fix: {6}install the package again: a file of it is missing$/,
      );
    }
  });
});
