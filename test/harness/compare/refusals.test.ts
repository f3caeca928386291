/** What a comparison refuses, each with its reason; nothing is cut down to what both sides have. */
import { describe, expect, test } from 'vitest';
import { buildComparisonView } from '../../../harness/compare/build-comparison-view.js';
import { readCompareInputs } from '../../../harness/compare/compare-inputs.js';
import { UserError } from '../../../harness/errors.js';
import { newFolder } from '../systems/system-files.js';
import { type MadeSystem, writeSystem } from './systems.js';

const folder = newFolder();

async function refusal(systems: readonly MadeSystem[], extra: readonly string[] = [], metrics?: readonly string[]) {
  try {
    const inputs = await readCompareInputs([...systems.map((system) => writeSystem(folder, system)), ...extra]);
    await buildComparisonView(inputs, { resamples: 200, ...(metrics === undefined ? {} : { metrics }) });
  } catch (error) {
    if (error instanceof UserError) return { text: error.message, exitCode: error.exitCode };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('incomparable systems', () => {
  test.each<readonly [string, Partial<MadeSystem>, RegExp]>([
    ['other images', { images: 79 }, /two lacks 1 image \(image-0079\)/],
    ['another signature', { signature: 'Made|version:2' }, /computed differently: version:2 instead of version:1/],
    ['other references', { signature: 'Made|version:1|references:5@x' }, /references:5@x instead of nothing/],
    [
      'other texts as references',
      { reference: (image) => (image === 3 ? 'else' : `${image}`) },
      /scored against other references/,
    ],
    ['the opposite direction', { higherIsBetter: false }, /the opposite direction is better/],
    ['no metric in common', { metric: 'Else' }, /no metric in common[\s\S]*one: Made; two: Else/],
  ])('%s', async (_, changes, reason) => {
    const { text, exitCode } = await refusal([
      { label: 'one', reference: String },
      { label: 'two', reference: String, ...changes },
    ]);
    expect(text).toMatch(reason);
    expect(text).toMatch(/fix: {6}\S/);
    expect(exitCode).toBe(1);
  });

  test('a metric that one system lacks, and one image', async () => {
    const wanted = await refusal([{ label: 'one' }, { label: 'two' }], [], ['SPICE']);
    expect(wanted.text).toContain('there are no scores of SPICE');
    const single = await refusal([
      { label: 'one', images: 1 },
      { label: 'two', images: 1 },
    ]);
    expect(single.text).toContain('there is one image only');
  });
});

describe('arguments', () => {
  test('one system, or published rows alone, cannot be compared', async () => {
    expect(await refusal([{ label: 'one' }])).toMatchObject({ exitCode: 2 });
    expect(await refusal([], ['published:pathvqa', 'published:caption-cider'])).toMatchObject({ exitCode: 2 });
  });

  test('a table and a model that nobody published', async () => {
    const table = await refusal([{ label: 'one' }], ['published:pathvqaa/MMQ']);
    expect(table.text).toContain('did you mean "pathvqa"?');
    const model = await refusal([{ label: 'one' }], ['published:pathvqa/MMO']);
    expect(model.text).toContain('did you mean "published:pathvqa/MMQ"?');
  });

  test('more pairs than the resamples can tell apart', async () => {
    const many = Array.from({ length: 5 }, (_, index) => ({ label: `system ${index}`, images: 4 }));
    // The least p of 199 exchanges is 1 ÷ 200, which times ten pairs is .05.
    const inputs = await readCompareInputs(many.map((system) => writeSystem(folder, system)));
    await expect(buildComparisonView(inputs, { resamples: 198 })).rejects.toThrow('add --resamples 199');
    expect((await buildComparisonView(inputs, { resamples: 199 })).metrics[0]!.pairs).toHaveLength(10);
  });

  test('the same system twice', async () => {
    const twice = await refusal([{ label: 'one' }, { label: 'one' }]);
    expect(twice.text).toContain('two systems are called');
  });
});
