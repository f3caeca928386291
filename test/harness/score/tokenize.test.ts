/** `vlm-bench tokenize`: as many lines out as in, whatever they hold. */
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokeniseStream } from '../../../harness/score/tokenise-stream.js';

async function tokenise(chunks: readonly string[], keepPunctuation = false): Promise<string> {
  const output = new PassThrough();
  const [result] = await Promise.all([
    text(output),
    tokeniseStream(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), output, { keepPunctuation }).then(() =>
      output.end(),
    ),
  ]);
  return result;
}

describe('tokeniseStream', () => {
  it('tokenises line by line, with or without punctuation', async () => {
    expect(await tokenise(["A man's dog.\n\nTwo, three!\n"])).toBe("a man 's dog\n\ntwo three\n");
    expect(await tokenise(["A man's dog.\n\nTwo, three!\n"], true)).toBe("a man 's dog .\n\ntwo , three !\n");
  });

  it('ends lines at line feeds only, and leaves a last line without one', async () => {
    expect(await tokenise(['a\r\nb\u2028c\u0085d\ne'])).toBe('a\nb c d\ne');
  });

  it('names the line that is too long for a caption', async () => {
    const lines = ['a dog', 'x'.repeat(2 ** 20 + 1), 'a cat'].join('\n');
    const output = new PassThrough();
    await expect(
      tokeniseStream(Readable.from([Buffer.from(lines)]), output, { keepPunctuation: false }),
    ).rejects.toThrow('standard input:2: the caption is 1048577 bytes long in UTF-8');
  });

  it('gives the same for any division into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 6 }), async (parts) => {
        const whole = await tokenise([parts.join('\n')]);
        const bytes = Buffer.from(parts.join('\n'));
        const chunked = new PassThrough();
        const [result] = await Promise.all([
          text(chunked),
          tokeniseStream(Readable.from([...bytes].map((byte) => Buffer.of(byte))), chunked, {
            keepPunctuation: false,
          }).then(() => chunked.end()),
        ]);
        expect(result).toBe(whole);
        expect(whole.split('\n')).toHaveLength(Math.max(1, parts.join('\n').split('\n').length));
      }),
      { numRuns: 30 },
    );
  });
});
