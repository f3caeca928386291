/** The identity of the code and templates that make a site: pages of another version are rendered anew, even from the same records. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../reference-model/files/hashing.js';
import { packageRoot } from '../records/code-version.js';

/** Hash over the harness and the reports as they run, sources or compiled, and over the templates and style sheets. */
export function rendererVersion(): string {
  const running = fileURLToPath(new URL('../..', import.meta.url));
  const hashes = [
    ...['harness', 'reports'].flatMap((folder) => hashesBelow(join(running, folder), /\.[jt]s$/)),
    ...hashesBelow(join(packageRoot(), 'reports'), /\.(?:hbs|css|js)$/),
  ];
  return sha256(hashes.join('\n'));
}

function hashesBelow(folder: string, names: RegExp): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && names.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => sha256(readFileSync(join(entry.parentPath, entry.name))))
    .sort();
}
