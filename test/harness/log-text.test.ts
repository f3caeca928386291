/** Text for terminals and logs: nothing in it is obeyed, and nothing of it is lost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logJson, logLine, logLines, logText } from '../../harness/log-text.js';
import { commandsIn, hostileText } from './hostile-text.js';

const runs = { numRuns: 300, examples: [[hostileText], ['###vso[x'], [':::error::'], ['']] as [string][] };
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  // Made of what commands are made of.
  fc.string({ unit: fc.constantFrom('#', ':', '[', '\n', '\r', '\u001b', ' ', 'v', '\u2028', '\u202e', '\\') }),
);

describe('a line of the log', () => {
  test('holds no command, whatever stands in it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const line of [logLine(text), logText(text), logLines([text])]) {
          expect(commandsIn(line)).toEqual([]);
          expect(line).not.toContain('\n');
        }
      }),
      runs,
    );
  });

  test('stays as it is when it was made harmless before', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(logLine(logLine(text))).toBe(logLine(text));
      }),
      { numRuns: 300, examples: [['x', hostileText]] },
    );
  });

  test('spells out what it cannot show, and leaves the rest', () => {
    expect(logLine('a\nb\r\u001b[31m\u0000\u2028\u202e\u009b')).toBe('a\\nb\\r\\u001b[31m\\u0000\\u2028\\u202e\\u009b');
    expect(logLine('##vso[x] ###[y] a::b :::c')).toBe('# #vso[x] # # #[y] a: :b : : :c');
    for (const harmless of ['a cat', 'Füße, 猫 🐈', '#1: 10 % of C:\\dir', 'a\tb', '👨‍👩‍👧']) {
      expect(logLine(harmless)).toBe(harmless);
    }
  });

  test('is cut as a value, and not in the middle of a character', () => {
    expect(logText('🐈🐈🐈', 2)).toBe('🐈🐈…');
    expect(logText('  a  ')).toBe('a');
  });
});

test('JSON parses to the same document, and no line of it is a command', () => {
  fc.assert(
    fc.property(fc.jsonValue(), anyText, (value, text) => {
      const document = { [text]: [text, value] };
      const json = logJson(document);
      expect(commandsIn(json)).toEqual([]);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(document)));
    }),
    { numRuns: 300 },
  );
});
