/** Views of comparisons for tests: a plain one of any size, and one in which every text attacks. */
import type { ComparisonView } from '../../reports/index.js';
import { MEGABYTE } from '../fixtures/reports/hostile-view.js';

/** Two systems on `images` images with scores of a fixed pattern. */
export function plainComparison(images: number): ComparisonView {
  const scores = [0, 1].map((system) =>
    Array.from({ length: images }, (_, image) => ((image * (7919 + 104 * system)) % 9973) / 1000),
  );
  return {
    format: 'vlm-bench comparison 1',
    systems: ['first', 'second'].map((label, index) => ({
      id: `s${index + 1}`,
      label,
      kind: 'scores',
      records: 1,
      seeds: [],
      sources: [`${label}.json`],
      runIds: [],
    })),
    metrics: [
      {
        name: 'CIDEr-D',
        signature: 'CIDEr-D|version:1',
        higherIsBetter: true,
        images,
        ranking: [
          { system: 's2', score: 1.25, interval: { low: 1.2, high: 1.3 }, recordScores: [1.25], letters: 'a' },
          { system: 's1', score: 1, interval: { low: 0.9, high: 1.1 }, recordScores: [1], letters: 'b' },
        ],
        pairs: [
          {
            first: 's2',
            second: 's1',
            difference: 0.25,
            low: 0.125,
            high: 0.375,
            p: 0.0004,
            adjustedP: 0.0004,
            significant: true,
            unit: 'images',
            wins: 5,
            ties: 3,
            losses: images - 8,
          },
        ],
        tieGroups: [['s2'], ['s1']],
        breakdowns: [],
      },
    ],
    leftOut: [],
    imageScores: { imageIds: Array.from({ length: images }, (_, image) => `${image}`), scores },
    movers: [],
    published: [],
    statistics: { alpha: 0.05, level: 0.95, resamples: 10_000, seed: 1, notes: [] },
  };
}

/** @param attacks texts that must stay texts */
export function hostileComparison(attacks: readonly string[]): ComparisonView {
  const plain = plainComparison(12);
  let turn = 0;
  const attack = () => `${attacks[turn++ % attacks.length]}`;
  const texts = () => [...attacks, MEGABYTE, ''];
  const moved = {
    imageId: '../../../etc/passwd',
    picture: 'javascript:window.attacked=1',
    before: 1,
    after: 2,
    texts: [{ prompt: MEGABYTE, references: texts(), before: texts(), after: [attack()] }],
  };
  return {
    ...plain,
    systems: plain.systems.map((system, index) => ({
      ...system,
      label: index === 0 ? attacks.join(' ') : MEGABYTE,
      sources: texts(),
      runIds: texts(),
      commit: attack(),
    })),
    metrics: [...plain.metrics, ...plain.metrics].map((metric) => ({
      ...metric,
      name: attack(),
      signature: MEGABYTE,
      breakdowns: [
        {
          by: 'question type',
          note: attack(),
          parts: [0, 1].map(() => ({
            label: attack(),
            images: 3,
            questions: 4,
            cells: [{ score: 1 }, { score: 2, difference: { value: 1, low: 0, high: 2 } }],
          })),
        },
      ],
    })),
    leftOut: [{ metric: attack(), systems: texts() }],
    imageScores: { ...plain.imageScores, imageIds: plain.imageScores.imageIds.map(attack) },
    movers: [
      {
        system: 's2',
        against: 's1',
        gains: [moved],
        losses: [
          { ...moved, imageId: attack(), picture: 'data:image/png;base64,"><script>window.attacked=1</script>' },
        ],
      },
    ],
    published: [
      {
        title: attack(),
        metric: attack(),
        columns: [attack()],
        note: MEGABYTE,
        rows: [
          {
            model: attack(),
            setting: attack(),
            values: { [attacks[0]!]: attack() },
            source: { citation: attack(), url: 'javascript:window.attacked=1' },
            caveat: attack(),
          },
        ],
      },
    ],
    statistics: { ...plain.statistics, notes: [{ name: attack(), sentence: MEGABYTE }] },
  };
}

/** `count` systems on a few images, every pair alike. */
export function crowdedComparison(count: number): ComparisonView {
  const plain = plainComparison(20);
  const [metric] = plain.metrics;
  const ids = Array.from({ length: count }, (_, index) => `s${index + 1}`);
  return {
    ...plain,
    systems: ids.map((id) => ({ ...plain.systems[0]!, id, label: `system ${id}` })),
    metrics: [
      {
        ...metric!,
        ranking: ids.map((system) => ({ ...metric!.ranking[0]!, system })),
        pairs: ids.flatMap((first, index) =>
          ids.slice(index + 1).map((second) => ({ ...metric!.pairs[0]!, first, second })),
        ),
        tieGroups: ids.map((id) => [id]),
      },
    ],
    imageScores: { ...plain.imageScores, scores: ids.map(() => plain.imageScores.scores[0]!) },
  };
}
