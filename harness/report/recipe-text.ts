/** The recipe of a reproduction as YAML: what its factors change, its seeds, and the configuration of one arm as it was resolved. */
import { stringify } from 'yaml';
import type { Reproduction } from '../records/reproduction.js';
import type { PlacedRun } from '../verdict/placed-runs.js';

/** The arm shown whole is the control of the first claim, or else the first. */
export function recipeText({ suite, hypotheses: [first], arms }: Reproduction, runs: readonly PlacedRun[]): string {
  const shown = first?.test === 'paired' ? first.control : arms[0]!.id;
  const { seed: _, ...config } = runs.find(({ arm }) => arm === shown)!.identity.config;
  const factors = Object.entries(suite.factors).map(([id, { levels }]) => {
    const overlays = Object.entries(levels).map(([level, { overlay }]) => [level, overlay]);
    return [id, Object.fromEntries(overlays)];
  });
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const head = stringify({ factors: Object.fromEntries(factors), seeds }, { flowCollectionPadding: false });
  return `${head}# As resolved for the arm ${shown}; the others differ by what their levels change.\n${stringify(config)}`;
}
