/** Images of every kind, changed at random: each is decoded whole, or refused with one error that names it. More with FUZZ_RUNS=10000. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeImage } from '../../../../reference-model/data/pixels/decode.js';
import { InputError } from '../../../../reference-model/files/input-error.js';

const runs = Number(process.env.FUZZ_RUNS ?? 500);
const FOLDER = 'test/fixtures/pixels/images';

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const edits = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 });

test.each(readdirSync(FOLDER))('%s, changed at random', { timeout: 600_000 }, async (name) => {
  const whole = readFileSync(join(FOLDER, name));
  await fc.assert(
    fc.asyncProperty(edits, fc.option(place), async (changes, end) => {
      const bytes = Buffer.from(whole.subarray(0, end === null ? whole.length : Math.floor(end * whole.length)));
      // Headers are small; half of the changes hit them.
      for (const [at, value] of changes) bytes[Math.floor((value % 2 === 0 ? at : at * 0.1) * bytes.length)] = value;
      try {
        const { width, height, rgb } = await decodeImage(bytes, { where: name, mostPixels: 1_000_000 });
        expect(rgb).toHaveLength(width * height * 3);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect((error as InputError).problem.where).toBe(name);
      }
    }),
    { numRuns: runs },
  );
});
