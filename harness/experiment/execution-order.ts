/** The order in which a plan is executed: run by run, and shared stages right before the first run that needs them. */
import type { Plan } from '../suite/plan.js';
import type { TitledConfig } from './prepare-jobs.js';

export interface ExecutionOrder {
  readonly configs: readonly TitledConfig[];
  /** Where each run of the plan, and each of its prefixes, stands in `configs`. */
  readonly runAt: readonly number[];
  readonly prefixAt: readonly number[];
}

export function inOrderOfExecution({ runs, prefixes }: Pick<Plan, 'runs' | 'prefixes'>): ExecutionOrder {
  const configs: TitledConfig[] = [];
  const places = new Map<number, number>();
  /** Place of a prefix, behind the shorter one that it forks from. */
  const placeOf = (index: number): number => {
    const known = places.get(index);
    if (known !== undefined) return known;
    const { config, prefix } = prefixes[index]!;
    const before = prefix === undefined ? {} : { prefix: placeOf(prefix) };
    const stages = config.recipe.stages.filter(({ steps }) => steps > 0).map(({ name }) => name);
    const place = configs.push({ title: `shared stages ${range(stages)}, seed ${config.seed}`, config, ...before }) - 1;
    places.set(index, place);
    return place;
  };
  const runAt = runs.map(({ arm, seed, config, prefix }) => {
    const before = prefix === undefined ? {} : { prefix: placeOf(prefix) };
    return configs.push({ title: `${arm}, seed ${seed}`, config, ...before }) - 1;
  });
  return { configs, runAt, prefixAt: prefixes.map((_, index) => placeOf(index)) };
}

function range(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names[0]}…${names.at(-1)}`;
}
