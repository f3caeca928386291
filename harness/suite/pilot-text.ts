/** A pilot as YAML: one line for each run, so that files of hundreds of scores can be read and compared. */
import { stringify } from 'yaml';
import type { Pilot } from './pilot-schema.js';

export function pilotText({ runs, ...rest }: Pilot): string {
  const lines = runs.map((run) => `  - ${stringify(run, { collectionStyle: 'flow', lineWidth: 0 }).trim()}\n`);
  return `${stringify(rest, { lineWidth: 120 })}runs:\n${lines.join('')}`;
}
