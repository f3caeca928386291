/**
 * What the data sets hold, as far as a configuration must fit it: known without generating or reading them, so that an impossible suite is
 * refused before anything is trained. The cards state it, and a test holds them against the data sets themselves.
 */
import type { DataFacts } from '../../reference-model/data/card.js';
import { EMBEDDED_DATA_SETS } from '../../reference-model/data/registry.js';

export type { DataFacts } from '../../reference-model/data/card.js';

export const dataFacts: ReadonlyMap<string, DataFacts> = new Map(
  EMBEDDED_DATA_SETS.map(({ name, embedded }) => [name, embedded.facts]),
);

/** @throws RangeError for a data set of which nothing is known before it is read */
export function factsOf(name: string): DataFacts {
  const facts = dataFacts.get(name);
  if (facts === undefined) throw new RangeError(`Nothing is known of ${name} before it is read.`);
  return facts;
}
