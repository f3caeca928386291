/**
 * Loss curves from a run's events. Training losses are averaged over runs of consecutive steps that never cross a stage, so that a
 * curve has at most about a hundred points; validation losses are shown as measured. Nothing is smoothed beyond these means.
 */
import type { LossCurveView } from '../../reports/index.js';
import type { RecordedEvent } from '../records/events.js';

const maximumPoints = 100;

type StepEvent = Extract<RecordedEvent, { type: 'step' }>;

export function lossCurves(
  events: readonly RecordedEvent[],
  { arm, seed }: { readonly arm: string; readonly seed: number },
): readonly LossCurveView[] {
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
  const sources = new Set(events.flatMap((event) => (event.type === 'validation' ? Object.keys(event.loss) : [])));
  const validation = [...sources].sort().map(
    (source): LossCurveView => ({
      arm,
      seed,
      kind: 'validation',
      source,
      points: events.flatMap((event) => {
        if (event.type !== 'validation') return [];
        const loss = Object.entries(event.loss).find(([name]) => name === source)?.[1];
        return loss === undefined ? [] : [{ step: event.step, loss }];
      }),
      stages,
    }),
  );
  return [training, ...validation];
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
