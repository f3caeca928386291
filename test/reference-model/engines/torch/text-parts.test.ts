/** Long texts as several values: whatever the characters, they come back as they were. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { getText, setText, textParts } from '../../../../reference-model/engines/torch/text-parts.js';

const texts = fc.string({ unit: 'binary', maxLength: 40 });

test('parts are whole characters, none too long', () => {
  const parted = fc.property(texts, fc.integer({ min: 2, max: 9 }), (text, most) => {
    const parts = textParts(text, most);
    expect(Buffer.concat(parts.map((part) => Buffer.from(part))).toString()).toBe(text);
    expect(parts.every((part) => part.length <= most)).toBe(true);
  });
  fc.assert(parted);
});

test('a text of several parts comes back', () => {
  const stored = new Map<string, string>();
  for (const text of ['', '3\n', 'é😀\n'.repeat(900_000)]) {
    setText('key', text, (key, value) => stored.set(key, value));
    expect(getText('key', (key) => stored.get(key)!) === text).toBe(true);
  }
});
