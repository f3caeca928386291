import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { styleArms } from '../../reports/arm-style.js';
import { lossLines } from '../../reports/charts/loss-lines.js';
import type { LossCurveView } from '../../reports/index.js';
import { buildFindingView } from '../fixtures/reports/finding-view.js';

const styles = styleArms(buildFindingView().arms);
const stages = [
  { name: 'align', from: 1, to: 150 },
  { name: 'joint', from: 151, to: 600 },
];

function curve(seed: number, points: LossCurveView['points']): LossCurveView {
  return { arm: 'causal', seed, kind: 'training', points, stages };
}

describe('lossLines', () => {
  it('draws the mean of the seeds where all of them have a point', () => {
    const curves = [
      curve(1, [
        { step: 10, loss: 3 },
        { step: 20, loss: 2 },
      ]),
      curve(2, [{ step: 10, loss: 5 }]),
    ];
    const { arms, window } = lossLines({ curves, styles, stages });
    expect(window).toBe(0);
    expect(arms).toHaveLength(1);
    expect(arms[0]?.seeds).toEqual([
      [
        [10, 3],
        [20, 2],
      ],
      [[10, 5]],
    ]);
    expect(arms[0]?.mean).toEqual([[10, 4]]);
  });

  it('keeps the average of a long curve and never mixes stages', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 600, maxLength: 600 }),
        (losses) => {
          const points = losses.map((loss, index) => ({ step: index + 1, loss }));
          const { arms, window } = lossLines({ curves: [curve(1, points)], styles, stages });
          const line = arms[0]?.seeds[0] ?? [];
          expect(line.length).toBeLessThanOrEqual(125);
          expect(window).toBe(5);
          // 150 and 450 are multiples of 5: all windows are full, so the mean of the windows is the mean of the curve.
          const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
          expect(mean(line.map(([, loss]) => loss))).toBeCloseTo(mean(losses), 9);
          const first = line.filter(([step]) => step <= 150).map(([, loss]) => loss);
          expect(mean(first)).toBeCloseTo(mean(losses.slice(0, 150)), 9);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('gives a step between, before or after the stages to the stage that follows, or to the last', () => {
    const points = [0, 150.5, 900].map((step) => ({ step, loss: step }));
    const inStage = (only: number) => lossLines({ curves: [curve(1, points)], styles, stages, only }).arms[0]?.seeds[0];
    expect(inStage(0)).toEqual([[0, 0]]);
    expect(inStage(1)).toEqual([
      [150.5, 150.5],
      [900, 900],
    ]);
  });

  it('draws nothing from nothing', () => {
    expect(lossLines({ curves: [], styles, stages })).toEqual({ arms: [], window: 0 });
    expect(lossLines({ curves: [curve(1, [])], styles, stages }).arms).toEqual([]);
  });
});
