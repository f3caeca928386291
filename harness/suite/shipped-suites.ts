/** Where the suites of the package lie. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Ids of everything that can be extended, sorted. */
export function shippedSuiteIds(): readonly string[] {
  return readdirSync(suitesFolder())
    .filter((name) => name.endsWith('.yaml') && name !== publishedName)
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

export function shippedSuiteFile(id: string): string {
  return join(suitesFolder(), `${id}.yaml`);
}

const publishedName = 'published.yaml';

/** The file of published reference numbers. */
export function publishedFile(): string {
  return join(suitesFolder(), publishedName);
}

function suitesFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('#package/package.json')), 'suites');
}
