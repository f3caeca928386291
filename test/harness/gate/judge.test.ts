/** The gate on systems built in memory: one record a side, retrained seeds, other directions, and calibrated margins. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { calibrateGate } from '../../../harness/gate/calibrate.js';
import { judge } from '../../../harness/gate/judge.js';
import type { Baseline } from '../../../harness/systems/baseline.js';
import { type System, systemMetric } from '../../../harness/systems/system.js';

interface Side {
  readonly label?: string;
  readonly higherIsBetter?: boolean;
  /** Score of each image, per record. */
  readonly records: readonly (readonly number[])[];
  readonly seeds?: readonly number[];
}

function system({ label = 'candidate', higherIsBetter = true, records, seeds }: Side): System {
  const imageIds = records[0]!.map((_, image) => `image-${String(image).padStart(4, '0')}`);
  const metric = systemMetric({
    name: 'quality',
    signature: 'quality 1',
    higherIsBetter,
    aggregation: 'mean',
    group: 'captions',
    imageIds,
    replicates: records.map((values, record) => ({ seed: seeds?.[record], columns: [values] })),
  });
  const items = imageIds.map((imageId, image) => ({
    group: 'captions',
    imageId,
    references: ['a reference'],
    texts: records.map((values) => `text worth ${values[image]}`),
  }));
  return { label, origin: { kind: 'scores', paths: [label] }, records: records.length, metrics: [metric], items };
}

function baselineOf(side: Side, margin: number): Baseline {
  const acceptance = {
    by: 'Ann',
    at: '2026-01-02T03:04:05Z',
    reason: 'x',
    candidate: 'x',
    metric: 'quality',
    score: 0,
  };
  return {
    system: system({ label: 'baseline', ...side }),
    metric: 'quality',
    margin: { value: margin, origin: 'x' },
    accepted: [acceptance],
  };
}

const ask = (before: Side, after: Side, margin: number) =>
  judge({ baseline: baselineOf(before, margin), file: 'base.json', candidate: system(after), resamples: 200 });

/** Scores without ties, by a congruential generator. */
function scores(images: number, seed: number, shift = 0): readonly number[] {
  let state = seed;
  return Array.from({ length: images }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 + shift;
  });
}

describe('the verdict', () => {
  const score = fc.double({ min: -5, max: 5, noNaN: true });
  const pairOfSides = fc.integer({ min: 2, max: 40 }).chain((images) => {
    const record = fc.array(score, { minLength: images, maxLength: images });
    return fc.tuple(record, record);
  });

  test('is one of three, by the rule of the interval and the margin', () => {
    fc.assert(
      fc.property(
        pairOfSides,
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.boolean(),
        ([one, two], margin, higherIsBetter) => {
          const result = ask({ records: [one], higherIsBetter }, { records: [two], higherIsBetter }, margin);
          const { difference, low, high } = result.metrics[0]!;
          const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
          expect(difference).toBeCloseTo(mean(two) - mean(one), 9);
          expect(low).toBeLessThanOrEqual(difference);
          expect(high).toBeGreaterThanOrEqual(difference);
          // Of a score that should fall, a rise is the loss.
          const worst = higherIsBetter ? low : -high;
          const best = higherIsBetter ? high : -low;
          const gain = higherIsBetter ? difference : -difference;
          const holds = { pass: worst > -margin, regression: best < 0 && gain <= -margin };
          expect(holds.pass && holds.regression).toBe(false);
          expect(result.verdict).toBe(holds.pass ? 'pass' : holds.regression ? 'regression' : 'inconclusive');
        },
      ),
      { numRuns: 200 },
    );
  });

  test('comes to an end where squares of the differences underflow', () => {
    const tiny = [1e-150, 0, 3e-150, 0, 0];
    expect(ask({ records: [[0, 0, 0, 0, 0]] }, { records: [tiny] }, 1e-9).verdict).toBe('pass');
  });

  test('of a baseline against itself is a pass with a difference of 0', () => {
    fc.assert(
      fc.property(pairOfSides, fc.double({ min: 1e-6, max: 3, noNaN: true }), ([one], margin) => {
        const result = ask({ records: [one] }, { records: [one] }, margin);
        expect(result.verdict).toBe('pass');
        expect(result.metrics[0]).toMatchObject({ difference: 0, low: 0, high: 0 });
        expect(result.regressed).toEqual([]);
      }),
    );
  });

  test('turns round with the direction of the metric', () => {
    const [low, high] = [scores(100, 1), scores(100, 1, 0.5)];
    expect(ask({ records: [high] }, { records: [low] }, 0.1).verdict).toBe('regression');
    expect(
      ask({ records: [high], higherIsBetter: false }, { records: [low], higherIsBetter: false }, 0.1).verdict,
    ).toBe('pass');
    const worse = ask({ records: [low], higherIsBetter: false }, { records: [high], higherIsBetter: false }, 0.1);
    expect(worse.verdict).toBe('regression');
    expect(worse.regressed).toHaveLength(10);
    expect(worse.metrics[0]!.difference).toBeCloseTo(0.5, 12);
  });
});

describe('an inconclusive verdict', () => {
  const noisy = (images: number) => ({ records: [scores(images, 5)] });
  // Other scores of the same mean: what one image gains another loses.
  const shuffled = (images: number) => ({ records: [[...noisy(images).records[0]!].reverse()] });

  test('says when no candidate could pass, and what would let it decide', () => {
    const { verdict, sentence, metrics } = ask(noisy(100), shuffled(100), 0.02);
    const { difference, low } = metrics[0]!;
    const reach = difference - low;
    expect(verdict).toBe('inconclusive');
    const [, margin, images] = /takes a margin above ([\d.]+), or about (\d+) images\.$/.exec(sentence)!;
    expect(Number(margin)).toBeCloseTo(reach, 4);
    expect(Number(images) / (100 * (reach / 0.02) ** 2)).toBeCloseTo(1, 1);
    // With that many (and more, as 200 resamples of 100 images tell the width only roughly), and with that margin, it does.
    const enough = Number(images) * 2;
    expect(ask(noisy(enough), shuffled(enough), 0.02).verdict).toBe('pass');
    expect(ask(noisy(100), shuffled(100), Number(margin) * 1.001).verdict).toBe('pass');
    expect(ask(noisy(100), shuffled(100), 0).sentence).toMatch(/takes a margin above [\d.]+\.$/);
  });

  test('says nothing of the kind where a candidate that loses nothing could pass', () => {
    const { verdict, sentence } = ask({ records: [scores(400, 5)] }, { records: [scores(400, 6, -0.05)] }, 0.06);
    expect(verdict).toBe('inconclusive');
    expect(sentence).toMatch(/does not decide at the margin of 0\.06\.$/);
  });
});

test('images that differ by rounding alone count as tied', () => {
  const thirds = [[0.1], [0.2], [0.3]].map((values) => [...values, 1, 1]);
  const mean = (0.1 + 0.2 + 0.3) / 3;
  const { images, regressed } = ask({ records: [[0.2 + 1e-12, 1, 1]] }, { records: thirds }, 0.5);
  expect(mean).not.toBe(0.2 + 1e-12);
  expect(images).toEqual({ total: 3, lost: 0, won: 0, tied: 3 });
  expect(regressed).toEqual([]);
});

describe('retrained models', () => {
  const seeds = [1, 2, 3];
  // The candidate loses 0.05 on average, but as much more or less with each seed.
  const before = seeds.map((seed) => scores(500, seed));
  const after = seeds.map((seed, index) => scores(500, seed, [-0.15, -0.05, 0.05][index]!));

  test('have a wider interval than their images alone', () => {
    const single = ask({ records: [before[1]!], seeds: [2] }, { records: [after[1]!], seeds: [2] }, 0.02);
    expect(single.verdict).toBe('regression');
    const several = ask({ records: before, seeds }, { records: after, seeds }, 0.02);
    expect(several.metrics[0]!.difference).toBeCloseTo(-0.05, 12);
    expect(several.verdict).toBe('inconclusive');
    expect(several.method).toContain('3 records a side with the same seeds');
    expect(several.metrics[0]!.baselineRecords).toHaveLength(3);
    // Paired t over three seeds: the images' scores cancel, so seeds are all that varies. 4.302653 is t(.975, 2).
    const half = (4.302653 * 0.1) / Math.sqrt(3);
    expect(several.metrics[0]!.low).toBeCloseTo(-0.05 - half, 5);
    expect(several.metrics[0]!.high).toBeCloseTo(-0.05 + half, 5);
  });

  test('with other seeds are compared without pairs', () => {
    const other = ask({ records: before, seeds }, { records: after.slice(0, 2), seeds: [7, 8] }, 0.02);
    expect(other.method).toContain('2 against 3 records');
    expect(other.candidate.records).toBe(2);
  });
});

test('the most regressed images come with their texts, the most regressed first', () => {
  const after = scores(50, 3).map((value, image) => value - (image % 2) * image);
  const { regressed, images } = ask({ records: [scores(50, 3)] }, { records: [after] }, 0.5);
  expect(images).toEqual({ total: 50, lost: 25, won: 0, tied: 25 });
  expect(regressed.map(({ imageId }) => imageId)).toEqual(
    [49, 47, 45, 43, 41, 39, 37, 35, 33, 31].map((image) => `image-00${image}`),
  );
  const [first] = regressed;
  expect(first!.difference).toBeCloseTo(-49, 12);
  expect(first!.texts).toEqual([
    { references: ['a reference'], before: `text worth ${scores(50, 3)[49]}`, after: `text worth ${after[49]}` },
  ]);
});

describe('a calibrated margin', () => {
  const single = (mean: number, label: string) => system({ label, records: [[mean - 0.1, mean + 0.1]] });

  test('is the tolerance limit of the spread of A/A runs', () => {
    // One difference of 0.1: z(.975) × √(1 ÷ χ²(.1, 1)) × 0.1, with χ²(.1, 1) = 0.01579077.
    const pair = calibrateGate([single(1, 'a'), single(1.1, 'b')]);
    expect(pair.margin).toBeCloseTo((1.959964 * 0.1) / Math.sqrt(0.01579077), 5);
    expect(pair).toMatchObject({ metric: 'quality', pairs: 1 });
    // Four scores with variance s² hold three independent differences, each with variance 2 s².
    const values = [1, 1.1, 0.95, 1.02];
    const several = calibrateGate(values.map((value, index) => single(value, `run ${index}`)));
    const mean = values.reduce((sum, value) => sum + value, 0) / 4;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3;
    expect(several.pairs).toBe(3);
    expect(several.standardDeviation).toBeCloseTo(Math.sqrt(2 * variance), 12);
    expect(several.margin).toBeLessThan(pair.margin);
  });

  test('needs two systems that differ and can be compared', () => {
    expect(() => calibrateGate([single(1, 'a')])).toThrow('calibration needs at least two systems');
    expect(() => calibrateGate([single(1, 'a'), single(1, 'b')])).toThrow('do not differ at all');
    expect(() => calibrateGate([single(1, 'a'), system({ records: [[1, 2, 3]] })])).toThrow('has 1 image more');
    expect(() => calibrateGate([single(1, 'a'), single(2, 'b')], { metric: 'x' })).toThrow(UserError);
  });
});
