/**
 * Loss curves from a run's events. Training losses are averaged over runs of consecutive steps that never cross a stage, so that a
 * curve has at most about a hundred points; validation losses are shown as measured. Nothing is smoothed beyond these means.
 */
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import type { LossCurveView } from '../../reports/index.js';
import type { RecordedEvent } from '../records/events.js';
import type { PlacedRun } from '../verdict/placed-runs.js';

const maximumPoints = 100;

type StepEvent = Extract<RecordedEvent, { type: 'step' }>;

/** Where stages are on different data sets, each data set has its own validation curves. */
export function lossCurves({ arm, seed, events, identity: { config } }: PlacedRun): readonly LossCurveView[] {
  const steps = events.filter((event) => event.type === 'step');
  const stages = stageRanges(steps);
  const width = stepsPerPoint(steps.length);
  const training: LossCurveView = {
    arm,
    seed,
    kind: 'training',
    points: stages.flatMap(({ from, to }) =>
      averaged(
        steps.filter(({ step }) => step >= from && step <= to),
        width,
      ),
    ),
    stages,
  };
  const validation = validationPoints(events, config).map(
    ([source, points]): LossCurveView => ({ arm, seed, kind: 'validation', source, points, stages }),
  );
  return [training, ...validation];
}

/** Validation losses by source, the sources in alphabetical order. */
function validationPoints(
  events: readonly RecordedEvent[],
  { recipe, data }: RunConfig,
): readonly (readonly [source: string, points: LossCurveView['points']])[] {
  const dataSets = new Map(recipe.stages.map((stage) => [stage.name, stage.data ?? data.name]));
  const several = new Set(dataSets.values()).size > 1;
  const curves = new Map<string, { step: number; loss: number }[]>();
  for (const event of events) {
    if (event.type !== 'validation') continue;
    for (const [source, loss] of Object.entries(event.loss)) {
      const name = several ? `${source} of ${dataSets.get(event.stage) ?? data.name}` : source;
      const points = curves.get(name) ?? [];
      curves.set(name, points);
      points.push({ step: event.step, loss });
    }
  }
  return [...curves].sort(([left], [right]) => (left < right ? -1 : 1));
}

/** How many steps one point of a training curve stands for. */
export function stepsPerPoint(steps: number): number {
  return Math.max(1, Math.ceil(steps / maximumPoints));
}

function stageRanges(steps: readonly StepEvent[]): LossCurveView['stages'] {
  const ranges: { name: string; from: number; to: number }[] = [];
  for (const { stage, step } of steps) {
    const last = ranges.at(-1);
    if (last?.name === stage) last.to = step;
    else ranges.push({ name: stage, from: step, to: step });
  }
  return ranges;
}

/** Each point is the mean of `width` steps (fewer at the end), drawn at the middle of them. */
function averaged(steps: readonly StepEvent[], width: number): LossCurveView['points'] {
  const points: { step: number; loss: number }[] = [];
  for (let start = 0; start < steps.length; start += width) {
    const group = steps.slice(start, start + width);
    const loss = group.reduce((sum, event) => sum + event.loss, 0) / group.length;
    points.push({ step: (group[0]!.step + group.at(-1)!.step) / 2, loss });
  }
  return points;
}
