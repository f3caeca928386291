/** When a plan with looks ends, and with which word: one row for each look and word, one column for each spread and true effect. */
import { WORD_STYLES } from '../charts/power-chart.js';
import type { PowerCurveView, PowerLooksView, PowerView } from '../finding-report-view.js';
import { formatFixed } from '../numbers.js';
import { VERDICT_WORDS } from './verdict-words.js';

const words = WORD_STYLES.flatMap(({ word }) => (word === 'inconclusive' ? [] : [word]));

/** @returns undefined where all seeds run before anything is decided */
export function powerLooks(
  { curves, looks }: PowerView,
  nameOf: (spread: PowerCurveView['spread']) => string,
):
  | { readonly columns: readonly string[]; readonly rows: readonly { name: string; cells: readonly string[] }[] }
  | undefined {
  const columns = curves.flatMap(({ spread, withoutEffect, atBenefit }) =>
    withoutEffect === undefined || atBenefit === undefined
      ? []
      : [
          { name: `no effect, ${nameOf(spread)}`, chances: withoutEffect },
          { name: `1.5 margins, ${nameOf(spread)}`, chances: atBenefit },
        ],
  );
  if (columns.length === 0) return undefined;
  const row = (name: string, cell: (chances: PowerLooksView) => string) => ({
    name,
    cells: columns.map(({ chances }) => cell(chances)),
  });
  return {
    columns: columns.map(({ name }) => name),
    rows: [
      ...looks.flatMap((seeds, look) =>
        words.map((word) =>
          row(`${VERDICT_WORDS[word].word} after ${seeds} seeds`, (chances) =>
            formatFixed(chances.looks[look]![word], 3),
          ),
        ),
      ),
      row(VERDICT_WORDS.inconclusive.word, (chances) => formatFixed(1 - decided(chances), 3)),
      row('Seeds on average', ({ expectedSeeds }) => formatFixed(expectedSeeds, 1)),
    ],
  };
}

function decided({ looks }: PowerLooksView): number {
  return looks.reduce((sum, look) => words.reduce((all, word) => all + look[word], sum), 0);
}

/** How likely it ends before the last look, and the seeds that it takes; empty where there is one look. */
export function earlyEndInWords(
  { withoutEffect, atBenefit }: PowerCurveView,
  { seeds }: Pick<PowerView, 'seeds'>,
  percent: (chance: number) => string,
): string {
  if (withoutEffect === undefined || atBenefit === undefined) return '';
  const early = ({ looks }: PowerLooksView) => percent(decided({ looks: looks.slice(0, -1), expectedSeeds: 0 }));
  const average = ({ expectedSeeds }: PowerLooksView) => formatFixed(expectedSeeds, 1);
  return (
    `It ends before all ${seeds} seeds with a probability of ${early(withoutEffect)} in the first case and ${early(atBenefit)} in the second, ` +
    `and takes ${average(withoutEffect)} and ${average(atBenefit)} seeds on average.`
  );
}
