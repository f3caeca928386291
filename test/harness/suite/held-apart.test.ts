/** What decides is held apart from what was looked at before: seeds of runs, splits, and the contents of generated splits. */
import { describe, expect, test } from 'vitest';
import { planPilot } from '../../../harness/experiment/pilot-plan.js';
import { leastPilotSeed } from '../../../harness/suite/pilot-schema.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { shippedSuiteFile, shippedSuiteIds } from '../../../harness/suite/shipped-suites.js';
import { readStatedSuite } from '../../../harness/suite/stated-suite.js';
import { generateTinyPathology } from '../../../reference-model/data/tiny-pathology/generate.js';
import { contentKey as tissueKey } from '../../../reference-model/data/tiny-pathology/tissue.js';
import { generateTinyScenes } from '../../../reference-model/data/tiny-scenes/generate.js';
import { contentKey as sceneKey } from '../../../reference-model/data/tiny-scenes/scene.js';
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
    expect(splitsOf(planPilot(suite, { seeds: 2, rates: [0.5, 1, 2] }).runs)).toEqual(new Set(['validation']));
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
