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
