/** A comparison as text for a terminal: the ranking of each metric, and its pairs with their intervals. */
import type { ComparedMetricView, ComparisonView, PairView } from '../../reports/comparison/comparison-view.js';
import { decimalsFor, formatFixed, formatInterval, formatLevel, formatP, formatSigned } from '../../reports/numbers.js';
import { logLines, logText } from '../log-text.js';

/** @returns lines with a final line feed */
export function comparisonText({ systems, metrics, leftOut, published, statistics }: ComparisonView): string {
  const labels = new Map(systems.map(({ id, label }) => [id, logText(label, 40)]));
  const nameOf = (id: string) => labels.get(id) ?? id;
  const width = Math.max(...[...labels.values()].map(({ length }) => length));
  const lines = metrics.flatMap((metric) => metricLines(metric, nameOf, width));
  return logLines([
    ...lines,
    ...leftOut.map(
      ({ metric, systems: some }) => `not compared: ${logText(metric)}, found only in ${logText(some.join(', '))}`,
    ),
    ...(published.length === 0 ? [] : ['published rows are on the page only: they have no scores of images to test']),
    `intervals at ${formatLevel(statistics.level)} %; p after Holm over the pairs of a metric`,
    '',
  ]);
}

function metricLines(metric: ComparedMetricView, nameOf: (id: string) => string, width: number): readonly string[] {
  const { name, images, ranking, pairs, higherIsBetter } = metric;
  const decimals = decimalsFor(ranking.map(({ score }) => score)) + 1;
  const better = higherIsBetter ? 'higher is better' : 'lower is better';
  return [
    `${logText(name)} (${images} images, ${better})`,
    ...ranking.map(
      ({ system, score, letters }) =>
        `  ${nameOf(system).padEnd(width)}  ${formatFixed(score, decimals)}${ranking.length > 2 ? `  ${letters}` : ''}`,
    ),
    ...pairs.map((pair) => `  ${pairLine(pair, nameOf, decimals)}`),
    '',
  ];
}

function pairLine(pair: PairView, nameOf: (id: string) => string, decimals: number): string {
  const { first, second, difference, adjustedP, significant, wins, ties, losses } = pair;
  const sign = significant ? 'differs' : 'not told apart';
  const counts = `${wins} won, ${ties} equal, ${losses} lost`;
  return (
    `${nameOf(first)} − ${nameOf(second)}: ${formatSigned(difference, decimals)} ` +
    `${formatInterval(pair, decimals)}, ${formatP(adjustedP)}, ${sign}; ${counts}`
  );
}
