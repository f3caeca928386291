/**
 * What the data sets hold, as far as a configuration must fit it: known without generating or reading them, so that an impossible suite is
 * refused before anything is trained. The cards state it, and a test holds them against the data sets themselves.
 */
import type { DataFacts } from '../../reference-model/data/card.js';
import { EMBEDDED_DATA_SETS, type EmbeddedDataSetName } from '../../reference-model/data/registry.js';

export type { DataFacts } from '../../reference-model/data/card.js';

export const dataFacts = Object.fromEntries(
  EMBEDDED_DATA_SETS.map(({ name, embedded }) => [name, embedded.facts]),
) as Readonly<Record<EmbeddedDataSetName, DataFacts>>;
