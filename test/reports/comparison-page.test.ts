/** The page of a comparison as text: every number of the view, a light picture of many images, equal bytes, and words for each outcome. */
import { describe, expect, test } from 'vitest';
import { type ComparisonView, renderComparison } from '../../reports/index.js';
import { crowdedComparison, plainComparison } from './comparison-views.js';

/** Squares of the scatter: one sub-path each. */
const squares = (page: string) => {
  const [scatter = ''] = /<svg id="scatter-1"[\s\S]*?<\/svg>/.exec(page) ?? [];
  const paths = [...scatter.matchAll(/<path d="(M[^"]*z)" fill=/g)].map(([, path]) => path!);
  return paths.flatMap((path) => path.split('z').filter(Boolean));
};

function withPair(change: Partial<ComparisonView['metrics'][number]['pairs'][number]>): ComparisonView {
  const view = plainComparison(100);
  const [metric] = view.metrics;
  return { ...view, metrics: [{ ...metric!, pairs: [{ ...metric!.pairs[0]!, ...change }] }] };
}

test('shows the pair with its interval, p and images', () => {
  const page = renderComparison(plainComparison(100));
  for (const text of ['+0.250', '[0.125, 0.375]', '5 / 3 / 92', '1.250', '[0.900, 1.100]'])
    expect(page).toContain(text);
  expect(page).toContain('second is better than first: second − first');
});

test('heads each column with what stands in it', () => {
  const view = plainComparison(100);
  const [metric] = view.metrics;
  const [best, worst] = metric!.ranking;
  const { interval: _, ...several } = { ...worst!, recordScores: [0.75, 1.25] };
  const heads = (ranking: ComparisonView['metrics'][number]['ranking']) => {
    const [head = ''] =
      /<thead>[\s\S]*?<\/thead>/.exec(renderComparison({ ...view, metrics: [{ ...metric!, ranking }] })) ?? [];
    return [...head.matchAll(/<th [^>]*>(.*?)<\/th>/g)].map(([, words]) => words);
  };
  const seeds = { ...several, system: best!.system };
  expect(heads(metric!.ranking)).toEqual(['System', 'Score', '95 % interval over images', 'Ties']);
  expect(heads([seeds, several])).toEqual(['System', 'Score', 'Scores of its records', 'Ties']);
  expect(heads([best!, several])).toEqual([
    'System',
    'Score',
    '95 % interval over images',
    'Scores of its records',
    'Ties',
  ]);
  const mixed = renderComparison({ ...view, metrics: [{ ...metric!, ranking: [best!, several] }] });
  expect(mixed).toContain('<td>[1.200, 1.300]</td><td class="each">–</td>');
  expect(mixed).toContain('<td>–</td><td class="each">0.750, 1.250</td>');
});

test('says how many texts are left out, one or several', () => {
  const texts = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`);
  const page = (count: number) => {
    const said = { prompt: '', references: [], before: texts(count), after: ['x'] };
    const image = {
      imageId: 'i',
      picture: '',
      before: 1,
      after: 2,
      texts: Array.from({ length: count + 2 }, () => said),
    };
    const movers = [{ system: 's2', against: 's1', gains: [image], losses: [] }];
    return renderComparison({ ...plainComparison(12), movers });
  };
  expect(page(5)).toContain('(1 further text)');
  expect(page(5)).toContain('1 further text of this image is in');
  expect(page(6)).toContain('(2 further texts)');
  expect(page(6)).toContain('2 further texts of this image are in');
});

test('keeps a number and its percent sign on one line', () => {
  const view = plainComparison(12);
  const systems = view.systems.map((system, index) => ({ ...system, label: `${index + 1}0 % alignment` }));
  const markup = renderComparison({ ...view, systems }).replace(/<style>[\s\S]*?<\/style>/, '');
  expect(markup).toContain('20\u00a0% alignment');
  expect(markup).not.toMatch(/[12]0 % alignment<\/bdi>/);
});

test('never calls systems equal that are only not told apart', () => {
  const page = renderComparison(withPair({ significant: false, p: 0.4, adjustedP: 0.4, low: -0.1 }));
  expect(page).toContain('the test does not tell second and first apart');
  expect(page).toContain('That does not show that they are equal.');
  expect(page).not.toContain('is better than');
});

describe('the scatter', () => {
  test('draws each image of a few, and joins those of many into few squares', () => {
    expect(squares(renderComparison(plainComparison(12)))).toHaveLength(12);
    const many = renderComparison(plainComparison(5_000));
    expect(squares(many).length).toBeGreaterThan(300);
    // A grid of 40 × 40 whose diagonal cells may hold three kinds.
    expect(squares(many).length).toBeLessThanOrEqual(40 * 40 + 2 * 40);
    expect(many.length).toBeLessThan(150_000);
  });

  test('names both axes in full, and no mark stands on the frame or under a word', () => {
    const view = plainComparison(100);
    const labels = ['causal mask everywhere', 'no mask among the visual tokens of one image'];
    const systems = view.systems.map((system, index) => ({ ...system, label: labels[index]! }));
    const metrics = view.metrics.map((metric) => ({ ...metric, label: 'CIDEr-D of detailed captions' }));
    const scores = [0, 1].map((system) => Array.from({ length: 100 }, (_, image) => (image * (7 + system)) % 11));
    const page = renderComparison({ ...view, systems, metrics, imageScores: { ...view.imageScores, scores } });
    const [svg = ''] = /<svg id="scatter-1"[\s\S]*?<\/svg>/.exec(page) ?? [];
    for (const label of labels) expect(svg).toContain(`>${label}</text>`);
    expect(svg.match(/>CIDEr-D of detailed captions per image<\/text>/g)).toHaveLength(2);
    const [, left, top, size] = /M([\d.]+) ([\d.]+)h([\d.]+)v[\d.]+h-[\d.]+z" stroke/.exec(svg)!.map(Number);
    const inside = (at: number, from: number, length: number) => at > from && at + length < from + size!;
    const drawn = squares(page);
    expect(drawn.length).toBeGreaterThan(9);
    for (const square of drawn) {
      const [, x, y, side] = /M([\d.]+) ([\d.]+)h([\d.]+)/.exec(square)!.map(Number);
      expect(inside(x!, left!, side!) && inside(y!, top!, side!)).toBe(true);
    }
    // Who is better stands above the frame.
    for (const [, y] of svg.matchAll(/ y="([\d.]+)"[^>]*>(?:above|below) the line/g))
      expect(Number(y)).toBeLessThan(top!);
    expect(svg.match(/the line: .*? better<\/text>/g)).toHaveLength(2);
  });

  test('one place for images that agree, its area in proportion', () => {
    const view = plainComparison(100);
    const x = Array.from({ length: 100 }, (_, image) => (image < 90 ? 0 : 1));
    const scores = [x, x.map((value) => 1 - value)];
    const drawn = squares(renderComparison({ ...view, imageScores: { ...view.imageScores, scores } }));
    expect(drawn).toHaveLength(2);
    const sides = drawn.map((square) => Number(/h([\d.]+)v/.exec(square)![1])).sort((a, b) => b - a);
    expect(sides[0]! ** 2 / sides[1]! ** 2).toBeGreaterThan(5);
  });
});

test('stays bounded with sixty systems: the best pairs as rows, all of them in the matrix', () => {
  const page = renderComparison(crowdedComparison(60));
  expect(page.match(/id="metric-1-pair-\d+"/g)).toHaveLength(100);
  expect(page).toContain(`${(60 * 59) / 2 - 100} further pairs`);
  expect(page.match(/class="differs"/g)).toHaveLength(60 * 59);
  expect(page.match(/<svg id="scatter-/g)).toHaveLength(12);
  expect(page.length).toBeLessThan(1_000_000);
});

test('equal views give equal bytes, and nothing of the page is a script or comes from elsewhere', () => {
  const site = { title: 'Results', root: '../', runPage: () => undefined };
  const page = renderComparison(plainComparison(50), { site });
  expect(page).toBe(renderComparison(plainComparison(50), { site }));
  expect(page).toContain('<a href="../index.html">vlm-bench</a>');
  expect(page).not.toMatch(/<script|style="| src="(?!data:)/);
});
