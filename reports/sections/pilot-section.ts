/** The pilot: recipes that were tried, the scores of the arms at other learning rates, and what they had learnt. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import type { PilotView } from '../finding-report-view.js';
import { decimalsFor, formatChosen, formatFixed } from '../numbers.js';

export function pilotSection(pilot: PilotView | undefined, styles: ReadonlyMap<string, ArmStyle>) {
  if (pilot === undefined) return undefined;
  const label = (arm: string) => styleOf(styles, arm).label;
  return {
    ran: pilot.ran,
    code: pilot.code,
    split: pilot.split,
    seeds: pilot.seeds,
    choice: pilot.choice,
    recipes: pilot.recipes,
    scaled: pilot.scaled.join(', '),
    rates: pilot.rates.map((table) => {
      const decimals = decimalsFor(table.arms.flatMap(({ cells }) => cells.flatMap(({ mean }) => mean ?? [])));
      return {
        title: table.metric,
        note: `${table.axis}, ${table.higherIsBetter ? 'higher' : 'lower'} is better`,
        columns: table.multiples.map((multiple) => `${multipleText(multiple)} ×`),
        rows: table.arms.map(({ arm, cells }) => ({
          name: label(arm),
          cells: cells.map(({ mean = Number.NaN, standardDeviation }) => ({
            value: formatFixed(mean, decimals),
            note: standardDeviation === undefined ? '' : `± ${formatFixed(standardDeviation, decimals)}`,
          })),
        })),
      };
    }),
    learnt: {
      columns: pilot.learnt[0]?.arms.map(({ arm }) => label(arm)) ?? [],
      rows: pilot.learnt.map(({ name, arms }) => ({
        name: name.replaceAll('-', ' '),
        cells: arms.map(({ mean }) => formatFixed(mean, 3)),
      })),
    },
  };
}

function multipleText(multiple: number): string {
  return multiple === 0.5 ? '½' : formatChosen(multiple);
}
