/** The pilot of a suite as the page shows it: what was tried, what the arms do at other learning rates, and what they had learnt. */
import type { PilotView } from '../../reports/index.js';
import type { Reproduction } from '../records/reproduction.js';
import { meanOfEffects } from '../statistics/effect-statistics.js';
import type { Pilot } from '../suite/pilot-schema.js';
import { measureView } from './measure-views.js';

export function pilotView({ pilot, hypotheses, arms }: Reproduction): PilotView | undefined {
  if (pilot === undefined) return undefined;
  const { ran, code, split, choice, recipes, scaled, runs } = pilot;
  const ids = arms.map(({ id }) => id).filter((id) => runs.some(({ arm }) => arm === id));
  const rates = distinct(runs.map(({ rate }) => rate)).sort((left, right) => left - right);
  const metrics = distinct(hypotheses.map(({ metric }) => metric));
  return {
    ran,
    code,
    split,
    seeds: distinct(runs.map(({ seed }) => seed)).length,
    choice,
    recipes,
    scaled,
    rates: metrics.map((metric) => ({
      ...measureView(metric),
      multiples: rates,
      arms: ids.map((arm) => {
        const seeds = commonSeeds(runs, arm);
        return {
          arm,
          cells: rates.map((rate) =>
            cell(
              runsOf(runs, arm, rate)
                .filter(({ seed }) => seeds.includes(seed))
                .flatMap(({ scores }) => scores[metric] ?? []),
            ),
          ),
        };
      }),
    })),
    learnt: learntRows(runs, ids),
  };
}

function cell(values: readonly number[]): PilotView['rates'][number]['arms'][number]['cells'][number] {
  const [only] = values;
  if (only === undefined) return { seeds: 0 };
  if (values.length === 1) return { seeds: 1, mean: only };
  const { mean, standardDeviation } = meanOfEffects(values);
  return { seeds: values.length, mean, standardDeviation };
}

/** Seeds that an arm was run with at each of its rates: means over other seeds could not be compared. */
function commonSeeds(runs: Pilot['runs'], arm: string): readonly number[] {
  const own = runs.filter((run) => run.arm === arm);
  const rates = distinct(own.map(({ rate }) => rate));
  const seeds = distinct(own.map(({ seed }) => seed));
  return seeds.filter((seed) => rates.every((rate) => own.some((run) => run.rate === rate && run.seed === seed)));
}

/** At the rates that were chosen. */
function learntRows(runs: Pilot['runs'], arms: readonly string[]): PilotView['learnt'] {
  const chosen = runs.filter(({ rate }) => rate === 1);
  const names = distinct(chosen.flatMap(({ learnt }) => Object.keys(learnt)));
  return names.map((name) => ({
    name,
    arms: arms.flatMap((arm) => {
      const shares = runsOf(chosen, arm, 1).flatMap(({ learnt }) => learnt[name] ?? []);
      return shares.length === 0 ? [] : [{ arm, mean: shares.reduce((sum, share) => sum + share, 0) / shares.length }];
    }),
  }));
}

function runsOf(runs: Pilot['runs'], arm: string, rate: number): Pilot['runs'] {
  return runs.filter((run) => run.arm === arm && run.rate === rate);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
