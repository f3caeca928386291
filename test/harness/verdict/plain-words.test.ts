import { expect, test } from 'vitest';
import { plainVerdict } from '../../../harness/verdict/plain-words.js';

test('every word has a plain sentence of its own, which quotes the claim once and ends once', () => {
  const words = ['reproduced', 'contradicted', 'ruled-out', 'inconclusive'] as const;
  const sentences = words.map((word) => plainVerdict(word, 'Masks do not help.'));
  expect(new Set(sentences).size).toBe(words.length);
  for (const sentence of sentences) {
    expect(sentence.split('“Masks do not help”')).toHaveLength(2);
    expect(sentence).toMatch(/[^.]\.$/);
    expect(sentence).not.toMatch(/interval|margin|p =|ruled-out/);
  }
});
