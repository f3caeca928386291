/** The view of a comparison against numbers that follow from the scores by hand, and against the statistics of two systems alone. */
import { describe, expect, test } from 'vitest';
import { buildComparisonView } from '../../../harness/compare/build-comparison-view.js';
import { readCompareInputs } from '../../../harness/compare/compare-inputs.js';
import { pairedImageDifference } from '../../../harness/statistics/paired-images.js';
import { newFolder, writeIn } from '../systems/system-files.js';
import { type MadeSystem, scoreOf, writeSystem } from './systems.js';

const folder = newFolder();
const RESAMPLES = 1_000;

async function viewOf(systems: readonly MadeSystem[], extra: readonly string[] = []) {
  const inputs = await readCompareInputs([...systems.map((system) => writeSystem(folder, system)), ...extra]);
  return buildComparisonView(inputs, { resamples: RESAMPLES });
}

const scoresOf = (system: MadeSystem) => Float64Array.from({ length: 80 }, (_, image) => scoreOf(image, system));
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe('two systems', () => {
  const [a, b] = [{ label: 'first' }, { label: 'second', shift: 0.3 }];

  test('ranking, difference, interval and p are those of the paired statistics', async () => {
    const view = await viewOf([a, b]);
    const [metric] = view.metrics;
    const [one, other] = [scoresOf(a), scoresOf(b)];
    expect(metric!.ranking.map(({ system }) => system)).toEqual(['s2', 's1']);
    expect(metric!.ranking[0]!.score).toBeCloseTo(mean(other), 12);
    expect(metric!.ranking[1]!.score).toBeCloseTo(mean(one), 12);
    const [pair] = metric!.pairs;
    const expected = pairedImageDifference(other, one, { resamples: RESAMPLES });
    expect(pair).toMatchObject({ first: 's2', second: 's1', low: expected.low, high: expected.high, p: expected.p });
    expect(pair!.difference).toBeCloseTo(mean(other) - mean(one), 12);
    expect(pair!.significant).toBe(true);
    expect(metric!.ranking.map(({ letters }) => letters)).toEqual(['a', 'b']);
  });

  test('every image is won, equal or lost, counted by hand', async () => {
    const view = await viewOf([a, b]);
    const [one, other] = [scoresOf(a), scoresOf(b)];
    const images = [...one.keys()];
    expect(view.metrics[0]!.pairs[0]).toMatchObject({
      wins: images.filter((image) => other[image]! > one[image]!).length,
      ties: images.filter((image) => other[image] === one[image]).length,
      losses: images.filter((image) => other[image]! < one[image]!).length,
    });
    expect(view.imageScores.scores).toEqual([Array.from(one), Array.from(other)]);
  });

  test('movers are the extremes of the differences, with the texts of both', async () => {
    const [movers] = (await viewOf([a, b])).movers;
    const [one, other] = [scoresOf(a), scoresOf(b)];
    const gains = [...one.keys()].sort((i, j) => other[j]! - one[j]! - (other[i]! - one[i]!));
    const id = (image: number) => `image-${String(image).padStart(4, '0')}`;
    expect(movers!.gains.map(({ imageId }) => imageId)).toEqual(gains.slice(0, 8).map(id));
    const lost = gains.filter((image) => other[image]! < one[image]!);
    expect(movers!.losses.map(({ imageId }) => imageId)).toEqual(lost.reverse().slice(0, 8).map(id));
    const [top] = movers!.gains;
    expect(top!.texts).toEqual([
      {
        prompt: '',
        references: [expect.stringContaining('word0')],
        before: [`first says ${gains[0]} with seed 0`],
        after: [`second says ${gains[0]} with seed 0`],
      },
    ]);
  });

  test('a lower score ranks first where lower is better, and wins are counted so', async () => {
    const lower = { higherIsBetter: false, metric: 'Loss' };
    const view = await viewOf([
      { ...a, ...lower },
      { ...b, ...lower },
    ]);
    const [metric] = view.metrics;
    expect(metric!.ranking.map(({ system }) => system)).toEqual(['s1', 's2']);
    const { wins, losses, difference } = metric!.pairs[0]!;
    expect(difference).toBeLessThan(0);
    expect(wins).toBeGreaterThan(losses);
  });

  test('parts by length hold every image once and their scores make up the whole', async () => {
    const view = await viewOf([a, b]);
    const [breakdown] = view.metrics[0]!.breakdowns;
    expect(breakdown!.by).toBe('caption length');
    // References are 3 to 10 words, ten images of each.
    expect(breakdown!.parts.map(({ label, images }) => [label, images])).toEqual([
      ['up to 4 words', 20],
      ['over 4, up to 6 words', 20],
      ['over 6, up to 8 words', 20],
      ['over 8 words', 20],
    ]);
    const second = breakdown!.parts.map(({ cells, images }) => cells[1]!.score * images);
    expect(second.reduce((sum, value) => sum + value, 0) / 80).toBeCloseTo(mean(scoresOf(b)), 12);
    for (const { cells } of breakdown!.parts) {
      const { value, low, high } = cells[1]!.difference!;
      expect(value).toBeCloseTo(cells[1]!.score - cells[0]!.score, 12);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  test('speak of quarters only where the lengths allow them', async () => {
    const noteOf = async (lengthOf: (image: number) => number) => {
      const reference = (image: number) => Array.from({ length: lengthOf(image) }, () => 'word').join(' ');
      const named = [a, b].map((system) => ({ ...system, label: `${system.label} of ${lengthOf(0)}`, reference }));
      return (await viewOf(named)).metrics[0]!.breakdowns[0]!;
    };
    expect((await viewOf([a, b])).metrics[0]!.breakdowns[0]!.note).toMatch(/cut into quarters\.$/);
    const halves = await noteOf((image) => (image % 4 === 0 ? 9 : 6));
    expect(halves.parts.map(({ images }) => images)).toEqual([60, 20]);
    expect(halves.note).toContain('cut into 2 parts, not into quarters');
    const uneven = await noteOf(
      (image) => 3 + (image % 16 === 0 ? 1 : image % 16 === 1 ? 2 : image % 16 === 2 ? 3 : 0),
    );
    expect(uneven.note).not.toMatch(/cut into quarters/);
  });

  test('equal bytes for equal input', async () => {
    expect(JSON.stringify(await viewOf([a, b]))).toBe(JSON.stringify(await viewOf([a, b])));
  });
});

describe('several systems', () => {
  const systems = [{ label: 'u' }, { label: 'v' }, { label: 'w', shift: 1.5 }, { label: 'x', shift: -1.5 }];

  test('Holm over the pairs: the far ones differ, the near ones tie', async () => {
    const view = await viewOf(systems);
    const [metric] = view.metrics;
    expect(metric!.pairs).toHaveLength(6);
    expect(metric!.ranking[0]!.system).toBe('s3');
    expect(metric!.ranking[3]!.system).toBe('s4');
    const near = metric!.pairs.find(({ first, second }) => [first, second].every((id) => id === 's1' || id === 's2'));
    expect(near!.significant).toBe(false);
    for (const pair of metric!.pairs) {
      expect(pair.adjustedP).toBeGreaterThanOrEqual(pair.p);
      expect(pair.wins + pair.ties + pair.losses).toBe(80);
      if (pair !== near) expect(pair.significant).toBe(true);
    }
    expect(metric!.tieGroups.map((group) => [...group].sort())).toEqual([['s3'], ['s1', 's2'], ['s4']]);
    expect(view.movers.map(({ system, against }) => [system, against])).toEqual([
      ['s2', 's1'],
      ['s3', 's1'],
      ['s4', 's1'],
    ]);
  });

  test('retrained seeds are paired by seed, and their scores are shown one by one', async () => {
    const view = await viewOf([
      { label: 'old', seeds: [1, 2, 3] },
      { label: 'new', shift: 1, seeds: [1, 2, 3] },
    ]);
    const [metric] = view.metrics;
    expect(metric!.pairs[0]!.unit).toBe('images and paired seeds');
    expect(metric!.ranking[0]).not.toHaveProperty('interval');
    expect(metric!.ranking[0]!.recordScores).toHaveLength(3);
    expect(view.systems[0]).toMatchObject({ records: 3, seeds: [1, 2, 3] });
    expect(metric!.breakdowns.map(({ by, parts }) => [by, parts.length])).toEqual([['caption length', 4]]);
    expect(view.movers[0]!.gains[0]!.texts[0]!.after).toHaveLength(3);
  });
});

describe('questions', () => {
  const answers = (label: string, right: (question: number) => boolean) =>
    writeIn(folder, `${label}.json`, {
      format: 'vlm-bench scores 1',
      label,
      metrics: { accuracy: { signature: 'Accuracy|v:1', aggregation: 'ratio', group: 'answers' } },
      images: Array.from({ length: 30 }, (_, image) => {
        const items = [0, 1].map((place) => {
          const question = 2 * image + place;
          return {
            group: 'answers',
            questionId: `q${question}`,
            prompt: 'what?',
            kind: place === 0 ? 'yes/no' : 'open',
            questionType: question % 3 === 0 ? 'colour' : 'shape',
            references: ['blue'],
            texts: [right(question) ? 'blue' : 'red'],
            scores: [right(question) ? 1 : 0],
          };
        });
        const sum = items.reduce((total, { scores }) => total + scores[0]!, 0);
        return { id: `i${image}`, scores: { accuracy: [[sum, 2]] }, items };
      }),
    });

  test('accuracy by kind and by type of question, counted by hand', async () => {
    const files = [
      answers('most', (question) => question % 2 === 0),
      answers('colours', (question) => question % 3 === 0),
    ];
    const view = await buildComparisonView(await readCompareInputs(files), { resamples: RESAMPLES });
    const [kinds, types] = view.metrics[0]!.breakdowns;
    expect(kinds!.by).toBe('question kind');
    const scores = Object.fromEntries(kinds!.parts.map(({ label, cells }) => [label, cells.map(({ score }) => score)]));
    expect(scores['yes/no']![0]).toBe(1);
    expect(scores.open![0]).toBe(0);
    expect(types!.by).toBe('question type');
    expect(types!.parts.map(({ label, questions }) => [label, questions])).toEqual([
      ['shape', 40],
      ['colour', 20],
    ]);
    expect(types!.parts.map(({ cells }) => cells[1]!.score)).toEqual([0, 1]);
    expect(types!.parts[1]!.cells[0]!.score).toBe(0.5);
  });
});

describe('published rows', () => {
  test('are shown apart and take part in no test', async () => {
    const alone = await viewOf([{ label: 'first' }, { label: 'second' }]);
    const beside = await viewOf(
      [{ label: 'first' }, { label: 'second' }],
      ['published:caption-cider/VILA-7B', 'published:caption-cider/CogVLM', 'published:pathvqa'],
    );
    expect({ ...beside, published: [] }).toEqual(alone);
    const [captions, pathology] = beside.published;
    expect(captions!.rows.map(({ model }) => model)).toEqual(['CogVLM', 'VILA-7B', 'VILA-7B']);
    expect(pathology!.rows.length).toBeGreaterThan(3);
  });
});
