import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConvergenceCurve, convergenceCurve, convergenceMeasures } from '../../../harness/measures/convergence.js';
import { nonIncreasing } from '../../../harness/measures/isotonic.js';
import type { RecordedEvent } from '../../../harness/records/events.js';
import { planSuite } from '../../../harness/suite/plan.js';
import type { RunConfig, Stage, TextStage } from '../../../reference-model/recipe/recipe.js';
import { firstVersion } from '../../fixtures/first-version.js';
import { textStage } from '../../reference-model/recipe/text-stage.js';

const planned = planSuite(firstVersion('finding-1')).runs[0]!.config;
const stageOf = (name: string, steps: number, changes: Partial<TextStage> = {}): TextStage => ({
  ...textStage(planned.recipe.stages.at(-1)),
  name,
  steps,
  mixture: { 'ai-captions': 1 },
  ...changes,
});

const align = stageOf('align', 10, { trainable: ['connector'] });

function recipeOf(stages: readonly Stage[]): Pick<RunConfig, 'recipe' | 'data'> {
  return { data: planned.data, recipe: { ...planned.recipe, stages } };
}

interface Measured {
  readonly step: number;
  readonly loss: number;
}

/** A run whose joint stage starts after ten steps and whose step n costs `tokensOf(n)` tokens. */
function eventsOf(
  measured: readonly Measured[],
  tokensOf: (step: number) => number = () => 1,
): readonly RecordedEvent[] {
  const losses = new Map(measured.map(({ step, loss }) => [step, loss]));
  const end = Math.max(...losses.keys());
  const events: RecordedEvent[] = [];
  for (let step = 1; step <= 10 + end; step++) {
    const stage = step <= 10 ? 'align' : 'joint';
    const tokens = step <= 10 ? 1000 : tokensOf(step - 10);
    const event = {
      type: 'step',
      stage,
      step,
      totalSteps: 10 + end,
      loss: 1,
      learningRate: {},
      gradientNorm: 1,
    } as const;
    events.push({ ...event, tokens: 100 * tokens, answerTokens: tokens, time: 0 });
    const loss = losses.get(step - 10);
    if (loss !== undefined) events.push({ type: 'validation', stage, step, loss: { 'ai-captions': loss }, time: 0 });
  }
  return events;
}

function curveOf(measured: readonly Measured[], tokensOf?: (step: number) => number): ConvergenceCurve {
  const joint = stageOf('joint', Math.max(...measured.map(({ step }) => step)));
  return convergenceCurve(eventsOf(measured, tokensOf), recipeOf([align, joint]))!;
}

const stepwise = (losses: readonly number[], every = 1): readonly Measured[] =>
  losses.map((loss, index) => ({ step: index * every, loss }));

const losses = fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 2, maxLength: 20 });

describe('isotonic regression', () => {
  test('is the min-max formula of Barlow et al., which needs no pooling', () => {
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    fc.assert(
      fc.property(losses, (values) => {
        const smoothed = nonIncreasing(values);
        values.forEach((_, i) => {
          const best = Math.min(
            ...values
              .slice(0, i + 1)
              .map((_, from) => Math.max(...values.slice(i).map((_, more) => mean(values.slice(from, i + more + 1))))),
          );
          expect(smoothed[i]).toBeCloseTo(best, 9);
        });
      }),
    );
  });

  test('keeps a sequence that never rises', () => {
    expect(nonIncreasing([3, 2, 2, 1])).toEqual([3, 2, 2, 1]);
  });
});

describe('the convergence of an exponential decay', () => {
  const [scale, length] = [50, 300];
  const decay = (step: number) => 1.3 + 2.1 * Math.exp(-step / scale);
  const measured = Array.from({ length: length + 1 }, (_, step) => ({ step, loss: decay(step) }));
  const whole = 1 - Math.exp(-length / scale);
  const steps = -scale * Math.log(1 - 0.9 * whole);

  test('crosses 90 % where the closed form does', () => {
    const curve = curveOf(measured, () => 7);
    expect(curve.stepsToThreshold).toBeCloseTo(steps, 2);
    expect(curve.tokensToThreshold).toBeCloseTo(7 * steps, 1);
  });

  test('leaves the area of the closed form', () => {
    // Mean over t of (e^(−t/τ) − e^(−T/τ)) / (1 − e^(−T/τ)).
    const area = ((scale * whole) / length - Math.exp(-length / scale)) / whole;
    expect(curveOf(measured).area).toBeCloseTo(area, 4);
  });

  test('is stated by three scores of one definition', () => {
    const config = recipeOf([align, stageOf('joint', length)]);
    const scores = convergenceMeasures(eventsOf(measured), config);
    expect(Object.keys(scores)).toEqual(['convergence/steps-to-90', 'convergence/tokens-to-90', 'convergence/area']);
    expect(scores['convergence/steps-to-90']!.value).toBeCloseTo(steps, 2);
    const other = { ...config, recipe: { ...config.recipe, validateEverySteps: config.recipe.validateEverySteps + 1 } };
    const signatures = (of: Pick<RunConfig, 'recipe' | 'data'>) =>
      Object.values(convergenceMeasures(eventsOf(measured), of)).map(({ signature }) => signature);
    expect(new Set([...signatures(config), ...signatures(other)]).size).toBe(6);
  });

  test('has one signature whatever the texts are, so that arms of different texts can be compared', () => {
    const human = stageOf('joint', length, { mixture: { 'human-captions': 1 } });
    const events = eventsOf(measured).map((event) =>
      event.type === 'validation' ? { ...event, loss: { 'human-captions': event.loss['ai-captions']! } } : event,
    );
    expect(convergenceMeasures(events, recipeOf([align, human]))).toEqual(
      convergenceMeasures(eventsOf(measured), recipeOf([align, stageOf('joint', length)])),
    );
  });
});

describe('a convergence curve', () => {
  test('of a straight line crosses at nine tenths and leaves half the area', () => {
    const curve = curveOf(stepwise([5, 4, 3, 2, 1], 10));
    expect(curve.stepsToThreshold).toBeCloseTo(36, 12);
    expect(curve.area).toBeCloseTo(0.5, 12);
    expect(curve.points.map(({ step, reached }) => [step, reached])).toEqual([
      [0, 0],
      [10, 0.25],
      [20, 0.5],
      [30, 0.75],
      [40, 1],
    ]);
  });

  test('rises from 0 to 1 and leaves an area between 0 and 1', () => {
    fc.assert(
      fc.property(losses, (values) => {
        const { points, area, stepsToThreshold } = curveOf(stepwise(values));
        points.forEach(({ reached }, index) => {
          expect(reached).toBeGreaterThanOrEqual(index === 0 ? 0 : points[index - 1]!.reached);
        });
        expect([points[0]!.reached, points.at(-1)!.reached]).toEqual([0, 1]);
        expect(area).toBeGreaterThanOrEqual(0);
        expect(area).toBeLessThanOrEqual(1);
        expect(stepsToThreshold).toBeGreaterThan(0);
        expect(stepsToThreshold).toBeLessThanOrEqual(values.length - 1);
      }),
    );
  });

  test('does not depend on the level and the unit of the loss', () => {
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 64 }), (values, unit, level) => {
        // Quarters are exact in binary, so that moving them loses no digit.
        const exact = values.map((value) => Math.round(value * 4) / 4);
        const moved = curveOf(stepwise(exact.map((value) => value * unit + level)));
        const curve = curveOf(stepwise(exact));
        expect(moved.area).toBeCloseTo(curve.area, 9);
        expect(moved.stepsToThreshold).toBeCloseTo(curve.stepsToThreshold, 6);
      }),
      // A level at just the threshold, which rounding moves to either side of it.
      { examples: [[[0.01, 0.01, 2.625, 0.125, 0.875, 0.01, 0.125, 0.01, 1.375, 0.01, 1.375, 0.375], 49, 0]] },
    );
  });

  test('stretches with its steps and tokens, and its area does not', () => {
    fc.assert(
      fc.property(losses, fc.integer({ min: 2, max: 9 }), (values, every) => {
        const curve = curveOf(stepwise(values));
        const stretched = curveOf(stepwise(values, every), () => 3);
        expect(stretched.stepsToThreshold).toBeCloseTo(every * curve.stepsToThreshold, 8);
        expect(stretched.tokensToThreshold).toBeCloseTo(3 * every * curve.tokensToThreshold, 8);
        expect(stretched.area).toBeCloseTo(curve.area, 9);
      }),
    );
  });

  test('crosses between the same two validations when the tokens of its steps change', () => {
    const tokens = (step: number) => 1 + (step % 7) * 5;
    const total = (steps: number) => Array.from({ length: steps }, (_, i) => tokens(i + 1)).reduce((a, b) => a + b, 0);
    fc.assert(
      fc.property(losses, (values) => {
        const { stepsToThreshold, tokensToThreshold } = curveOf(stepwise(values, 10), tokens);
        expect(tokensToThreshold).toBeGreaterThanOrEqual(total(10 * Math.floor(stepsToThreshold / 10 + 1e-9)) - 1e-6);
        expect(tokensToThreshold).toBeLessThanOrEqual(total(10 * Math.ceil(stepsToThreshold / 10 - 1e-9)) + 1e-6);
      }),
    );
  });

  test('that never falls needs the whole stage', () => {
    expect(curveOf(stepwise([2, 3, 4], 5), () => 8)).toMatchObject({
      stepsToThreshold: 10,
      tokensToThreshold: 80,
      area: 1,
    });
  });

  test('weights the sources of the own mixture by their shares and leaves out the others', () => {
    const joint = stageOf('joint', 20, { mixture: { 'ai-captions': 3, questions: 1 } });
    const losses = { 'ai-captions': [4, 3, 0], questions: [0, 7, 0], 'human-captions': [1, 9, 5] };
    const events = eventsOf(stepwise([0, 0, 0], 10)).map((event) => {
      if (event.type !== 'validation') return event;
      const at = event.step / 10 - 1;
      return {
        ...event,
        loss: Object.fromEntries(Object.entries(losses).map(([source, values]) => [source, values[at]!])),
      };
    });
    // Means 3, 4, 0: the first two are pooled to 3.5.
    const { points } = convergenceCurve(events, recipeOf([align, joint]))!;
    expect(points.map(({ reached }) => reached)).toEqual([0, 0, 1]);
  });

  test('takes a repeated validation of a resumed run once', () => {
    const events = eventsOf(stepwise([4, 2, 1], 10));
    const repeated = events.flatMap((event) =>
      Array.from({ length: event.type === 'validation' ? 2 : 1 }, () => event),
    );
    const config = recipeOf([align, stageOf('joint', 20)]);
    expect(convergenceCurve(repeated, config)).toEqual(convergenceCurve(events, config));
  });
});

describe('no convergence is stated', () => {
  const joint = stageOf('joint', 20);
  const events = eventsOf(stepwise([4, 2, 1], 10));

  test('when no stage trains the language model', () => {
    expect(convergenceMeasures(events, recipeOf([align]))).toEqual({});
  });

  test('when nothing was validated before the first step', () => {
    const late = events.filter((event) => event.type !== 'validation' || event.step > 10);
    expect(convergenceCurve(late, recipeOf([align, joint]))).toBeUndefined();
  });

  test('when the stage before was validated under another mask, unless the stage validates before its first step', () => {
    const masked = recipeOf([
      { ...align, attentionMask: 'prefix-bidirectional' },
      { ...joint, attentionMask: 'causal' },
    ]);
    expect(convergenceCurve(events, masked)).toBeUndefined();
    const own = { type: 'validation', stage: 'joint', step: 10, loss: { 'ai-captions': 8 }, time: 0 } as const;
    const at = events.findIndex((event) => event.type === 'validation');
    const { points } = convergenceCurve(events.toSpliced(at + 1, 0, own), masked)!;
    expect(points.map(({ reached }) => reached)).toEqual([0, 6 / 7, 1]);
  });

  test('when the stage before was validated on other data', () => {
    expect(convergenceCurve(events, recipeOf([{ ...align, data: 'easy-vqa' }, joint]))).toBeUndefined();
    expect(convergenceCurve(events, recipeOf([{ ...align, data: planned.data.name }, joint]))).toBeDefined();
  });

  test('when a source of the mixture was not validated', () => {
    const mixed = { ...joint, mixture: { 'ai-captions': 1, questions: 1 } };
    expect(convergenceCurve(events, recipeOf([align, mixed]))).toBeUndefined();
  });
});
