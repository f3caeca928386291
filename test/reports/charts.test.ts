/** What the words of the charts say, read from the SVG: no label is cut or dropped, and marks do not hide each other. */
import { describe, expect, it } from 'vitest';
import { labelledRange, textWidth } from '../../reports/charts/axis-ticks.js';
import { renderEffectsChart } from '../../reports/charts/effects-chart.js';
import { renderResponseChart } from '../../reports/charts/response-chart.js';
import { balancedLines } from '../../reports/charts/text-lines.js';
import { renderFindingReport } from '../../reports/index.js';
import { formatFixed } from '../../reports/numbers.js';
import { buildConvergenceView, buildEverythingView, buildTrendView } from '../fixtures/reports/rich-views.js';
import { sectionOf, textOf } from './page-text.js';

/** The words of a chart in their order, without its title and description. */
function wordsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([\s\S]*?)<\/text>/g)].map(([, words = '']) => textOf(words).trim());
}

function chartOf(html: string, id: string): string {
  const start = html.indexOf(`<svg id="${id}"`);
  expect(start, id).toBeGreaterThan(0);
  return html.slice(start, html.indexOf('</svg>', start));
}

const style = { label: '', color: 'red', dash: [], marker: 'disc', hollow: false } as const;

function responseWords(labels: readonly string[], { places, named = false }: { places: number[]; named?: boolean }) {
  const svg = renderResponseChart({
    id: 'response',
    title: 'Response',
    response: {
      metric: 'accuracy',
      axis: 'accuracy (0–1)',
      higherIsBetter: true,
      xLabel: 'share',
      xScale: 'linear',
      series: [
        {
          label: 'a model with a long name that was trained in stages',
          points: labels.map((xText, index) => ({ x: places[index]!, xText, mean: 0.4 + index / 10, seeds: [] })),
        },
      ],
      references: [{ label: 'the question without the image', points: [{ x: 0, value: 0.1 }] }],
    },
    styles: [style],
    named,
    width: named ? 860 : 400,
    height: 320,
  });
  return wordsOf(svg).join(' ');
}

describe('labels of a response chart', () => {
  it('are written in full, on several lines where one is too short', () => {
    const labels = ['5 % of the training images', '20 % of the training images', 'all training images'];
    for (const named of [true, false]) {
      const words = responseWords(labels, { places: [-1.3, -0.7, 0], named });
      expect(words).not.toContain('…');
      for (const label of labels) expect(words).toContain(label);
    }
    const wide = responseWords(labels, { places: [-1.3, -0.7, 0], named: true });
    expect(wide).toContain('the question without the image');
    expect(wide).toContain('a model with a long name that was trained in stages');
  });

  it('drop the word that all share from quantities only', () => {
    const words = responseWords(['no alignment', '10 % alignment', '50 % alignment'], { places: [0, 0.1, 0.5] });
    expect(words).toContain('no alignment');
    expect(words.match(/alignment/g)).toHaveLength(1);
    expect(words).toMatch(/10 % +50 %/);
  });
});

describe('balancedLines', () => {
  const upTo = (letters: number) => (line: string) => line.length <= letters;

  it('uses as few lines as fit, about equally long', () => {
    expect(balancedLines('5 % of the training images', upTo(30))).toEqual(['5 % of the training images']);
    expect(balancedLines('5 % of the training images', upTo(20))).toEqual(['5 % of the', 'training images']);
    expect(balancedLines('a bb ccc', upTo(4))).toEqual(['a bb', 'ccc']);
  });

  it('leaves a word that does not fit on a line of its own', () => {
    expect(balancedLines('an extraordinarily long word', upTo(6))).toEqual(['an', 'extraordinarily', 'long', 'word']);
    expect(balancedLines('', upTo(6))).toEqual(['']);
  });
});

describe('ticks with labels', () => {
  it('are few enough to stand side by side, and every one is labelled', () => {
    const svg = renderEffectsChart({
      id: 'effects',
      title: 'Difference',
      axis: 'Difference in tokens',
      rows: [-4800, -5100, -15_092, 13_700, -3100, -10_500].map((effect, index) => ({
        label: `seed ${index}`,
        effect,
      })),
      mean: -4103,
      confidence: { level: 0.95, low: -14_379, high: 6174 },
      margin: 6000,
      color: 'red',
    });
    const ticks = wordsOf(svg).filter((words) => /^−?[\d,]+$/.test(words));
    expect(ticks).toEqual(['−20,000', '−10,000', '0', '10,000', '20,000']);
    // What is drawn later lies above: no line strikes through the numbers of the interval.
    expect(svg.lastIndexOf('−4,103 [')).toBeGreaterThan(svg.lastIndexOf('stroke-dasharray'));
  });

  it('leave room between the widest labels whatever the values', () => {
    for (const scale of [0.001, 1, 1000, 1e6]) {
      for (const span of [3, 7, 13, 28, 71]) {
        const values = [-0.4 * span * scale, 0.6 * span * scale];
        const range = labelledRange(values, { ticks: 5, length: 298, size: 12.5, format: formatFixed });
        const steps = Math.round((range.max - range.min) / range.interval);
        const widths = [range.min, range.max].map((value) => textWidth(formatFixed(value, range.decimals), 12.5));
        expect(Math.max(...widths)).toBeLessThan(298 / steps);
        expect(range.min).toBeLessThanOrEqual(values[0]!);
        expect(range.max).toBeGreaterThanOrEqual(values[1]!);
      }
    }
  });
});

describe('convergence', () => {
  it('has the crossings of each arm in a row of its own, above the plot', () => {
    const view = buildConvergenceView();
    const svg = chartOf(renderFindingReport(view), 'convergence-tokens');
    const marks = [
      ...[...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)" r="4\.5" fill="([^"]+)"/g)].map(([, y, color]) => [
        color,
        y,
      ]),
      ...[...svg.matchAll(/<path d="M[\d.]+ ([\d.]+)l9 0l0 9l-9 0Z" fill="[^"]+" stroke="([^"]+)"/g)].map(
        ([, y, color]) => [color, String(Number(y) + 4.5)],
      ),
    ];
    expect(marks).toHaveLength(view.convergence.length);
    const rows = new Set(marks.map((mark) => mark.join(' at ')));
    const heights = new Set(marks.map(([, y]) => Number(y)));
    // One height per colour, and no two arms share one.
    expect(rows.size).toBe(view.arms.length);
    expect(heights.size).toBe(view.arms.length);
    const plot = topOf(svg);
    for (const height of heights) expect(height).toBeLessThan(plot);
  });
});

/** Where the tick of 100 % stands. */
function topOf(svg: string): number {
  const [, y] = /<text[^>]*transform="[^"]*?([\d.]+)\)"[^>]*>100 %/.exec(svg) ?? [];
  return Number(y);
}

describe('loss curves of arms with stages of their own', () => {
  const view = buildEverythingView();
  const [short] = view.arms;
  const shortened = view.curves.map((curve) =>
    curve.arm === short!.id
      ? {
          ...curve,
          stages: [{ name: 'joint', from: 1, to: 200 }],
          points: curve.points.filter(({ step }) => step <= 200),
        }
      : curve,
  );
  const html = sectionOf(renderFindingReport({ ...view, curves: shortened }), 'curves');

  it('reach over the same steps, so that a short training looks short', () => {
    const lastTicks = view.arms.map((_, index) => {
      const ticks = wordsOf(chartOf(html, `training-arm-${index + 1}`)).filter((words) => /^\d{2,}$/.test(words));
      return Math.max(...ticks.map(Number));
    });
    const most = Math.max(...view.curves.flatMap(({ stages }) => stages.map(({ to }) => to)));
    for (const tick of lastTicks) expect(tick).toBeGreaterThanOrEqual(most);
    expect(new Set(lastTicks).size).toBe(1);
    expect(textOf(html)).toContain('All panels have the same axes');
  });

  it('speak of lines that start a stage only where there are any', () => {
    const [training = '', validation = ''] = html.split('Validation loss</h3>');
    expect(textOf(training)).toContain('Dotted vertical lines start a stage.');
    expect(textOf(validation)).not.toContain('Dotted vertical lines');
    const together = textOf(sectionOf(renderFindingReport(buildTrendView()), 'curves'));
    expect(together).toContain('Dotted vertical lines start a stage: 1 align, 2 align-vision, 3 joint.');
  });

  it('name lines that coincide once, by what their arms have in common', () => {
    const [factor] = view.factors.filter(({ levels }) => levels.every(({ value }) => value !== undefined));
    // Every arm as its setting at the least quantity: what arms have in common whose last stage alone differs.
    const leader = (id: string) => {
      const { levels } = view.arms.find((arm) => arm.id === id)!;
      return view.arms.find((arm) =>
        Object.entries(levels).every(
          ([key, level]) => arm.levels[key] === (key === factor!.id ? factor!.levels[0]!.id : level),
        ),
      )!.id;
    };
    const equal = shortened.map((curve) =>
      curve.kind === 'training'
        ? curve
        : {
            ...curve,
            points: view.curves.find(
              ({ arm, seed, kind, source }) =>
                arm === leader(curve.arm) && seed === curve.seed && kind === curve.kind && source === curve.source,
            )!.points,
          },
    );
    const [, validation = ''] = sectionOf(renderFindingReport({ ...view, curves: equal }), 'curves').split(
      'Validation loss</h3>',
    );
    const [firstKey = ''] = validation.match(/<ul class="key">[\s\S]*?<\/ul>/) ?? [];
    expect(firstKey.match(/<li>/g)).toHaveLength(3);
    expect(textOf(firstKey).trim()).toBe(
      'staged model (3 arms) without alignment stages (3 arms) from scratch (3 arms)',
    );
    expect(textOf(validation)).toContain('within 1 % of the axis');
    expect(textOf(html)).not.toContain('(3 arms)');
  });
});
