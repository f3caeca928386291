/** What decides is held apart from what was looked at before: seeds of runs, splits, and the contents of generated splits. */
import { describe, expect, test } from 'vitest';
import { planPilot } from '../../../harness/experiment/pilot-plan.js';
import { leastPilotSeed } from '../../../harness/suite/pilot-schema.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { shippedSuiteFile, shippedSuiteIds } from '../../../harness/suite/shipped-suites.js';
import { readStatedSuite } from '../../../harness/suite/stated-suite.js';
import { generateTinyPathology } from '../../../reference-model/data/tiny-pathology/generate.js';
import { contentKey as tissueKey } from '../../../reference-model/data/tiny-pathology/tissue.js';
import { generateTinyPathology2 } from '../../../reference-model/data/tiny-pathology-2/generate.js';
import { generateTinyScenes } from '../../../reference-model/data/tiny-scenes/generate.js';
import { contentKey as sceneKey } from '../../../reference-model/data/tiny-scenes/scene.js';
import { generateTinyScenes2 } from '../../../reference-model/data/tiny-scenes-2/generate.js';
import { sha256 } from '../../../reference-model/files/hashing.js';

const shipped = shippedSuiteIds().filter((id) => id !== 'base');

describe.each(shipped)('the suite %s', (id) => {
  const { suite, origin } = readStatedSuite(shippedSuiteFile(id));
  const deciding = [...suite.seeds, ...suite.reserveSeeds];

  test('has seeds that no pilot uses', () => {
    expect(Math.max(...deciding)).toBeLessThan(900_000);
    const ofPilot = origin.pilot?.content.runs.map(({ seed }) => seed) ?? [];
    for (const seed of ofPilot) expect(seed).toBeGreaterThanOrEqual(leastPilotSeed);
    expect(ofPilot.filter((seed) => deciding.includes(seed))).toEqual([]);
    if (suite.hypotheses.length === 0) return;
    for (const { seed } of planPilot(suite, { seeds: 20, rates: [1] }).runs) {
      expect(seed).toBeGreaterThanOrEqual(leastPilotSeed);
    }
  });

  test('decides on a split that its pilot does not look at', () => {
    const splitsOf = (runs: ReturnType<typeof planSuite>['runs']) =>
      new Set(runs.map(({ config }) => config.evaluation.split));
    expect(splitsOf(planSuite(suite).runs)).not.toContain('validation');
    if (suite.hypotheses.length === 0) return;
    const piloted = planPilot(suite, { seeds: 2, rates: [0.5, 1, 2] }).runs;
    expect(splitsOf(piloted)).toEqual(new Set(['validation']));
    expect(new Set(piloted.map(({ config }) => config.recipe.validationSplit ?? 'validation'))).toEqual(
      new Set(['validation']),
    );
  });
});

interface Known {
  readonly imageId: string;
  readonly content: string;
  readonly pixels: string;
}

const digestOf = ({ image }: { readonly image: { readonly pixels: Uint8Array } }) => sha256(Buffer.from(image.pixels));

/** Every split that the generators make, whatever their names. */
const generated: Readonly<Record<string, () => Readonly<Record<string, readonly Known[]>>>> = {
  'tiny-scenes': () =>
    mapped(generateTinyScenes(), (sample) => ({
      ...sample,
      content: sceneKey(sample.scene),
      pixels: digestOf(sample),
    })),
  'tiny-pathology': () =>
    mapped(generateTinyPathology(), (sample) => ({
      ...sample,
      content: tissueKey(sample.tissue),
      pixels: digestOf(sample),
    })),
  'tiny-scenes-2': () =>
    mapped(generateTinyScenes2(), (sample) => ({
      ...sample,
      content: sceneKey(sample.scene),
      pixels: digestOf(sample),
    })),
  'tiny-pathology-2': () =>
    mapped(generateTinyPathology2(), (sample) => ({
      ...sample,
      content: tissueKey(sample.tissue),
      pixels: digestOf(sample),
    })),
};

function mapped<Sample>(
  splits: Readonly<Record<string, readonly Sample[]>>,
  known: (sample: Sample) => Known,
): Readonly<Record<string, readonly Known[]>> {
  return Object.fromEntries(Object.entries(splits).map(([split, samples]) => [split, samples.map(known)]));
}

describe.each(Object.keys(generated))('the splits of %s', (name) => {
  const splits = Object.entries(generated[name]!());
  const pairs = splits.flatMap(([left], index) => splits.slice(index + 1).map(([right]) => [left, right] as const));

  test('are those for training, looking and deciding, none of them empty', () => {
    expect(splits.map(([split]) => split)).toEqual(expect.arrayContaining(['train', 'validation', 'test']));
    for (const [, samples] of splits) expect(samples.length).toBeGreaterThan(0);
  });

  test.each(pairs)('%s and %s share no image, no content and no name', (left, right) => {
    const [one, other] = [left, right].map((wanted) => splits.find(([split]) => split === wanted)![1]);
    for (const field of ['imageId', 'content', 'pixels'] as const) {
      const known = new Set(one!.map((sample) => sample[field]));
      expect(
        other!.filter((sample) => known.has(sample[field])),
        field,
      ).toEqual([]);
    }
  });
});

describe.each(['tiny-scenes', 'tiny-pathology'] as const)('the test split of %s-2', (name) => {
  test('shows no image of the first version’s, and no content of its test but scenes of one object', () => {
    const first = generated[name]!();
    const second = generated[`${name}-2`]!();
    const tested = new Set(first.test!.map(({ content }) => content));
    const again = [...second.test!, ...second.probe!].filter(({ content }) => tested.has(content));
    expect(again.filter(({ content }) => name === 'tiny-pathology' || content.includes('|'))).toEqual([]);
    const pixels = new Set(Object.values(first).flatMap((samples) => samples.map((sample) => sample.pixels)));
    expect(second.test!.filter((sample) => pixels.has(sample.pixels))).toEqual([]);
  });
});
