/**
 * The identity of the code that decides a run's bits: the compiled model, metrics and run assembly, the kernels, the shipped
 * weights and tokenizer, and the exact versions of the dependencies. A change anywhere there makes it another run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';

const decisive: readonly { readonly folder: string; readonly suffixes: readonly string[] }[] = [
  { folder: 'dist/reference-model', suffixes: ['.js', '.wasm'] },
  { folder: 'dist/metrics', suffixes: ['.js'] },
  { folder: 'dist/harness/run', suffixes: ['.js'] },
  { folder: 'dist/harness/score', suffixes: ['.js'] },
  { folder: 'dist/harness/measures', suffixes: ['.js'] },
  { folder: 'reference-model', suffixes: ['.safetensors', '.json'] },
];

/** @throws UserError `not-built` when the package has not been compiled */
export function codeVersion(root: string = packageRoot()): string {
  const hashes: Record<string, string> = {};
  for (const { folder, suffixes } of decisive) {
    const files = filesBelow(join(root, folder)).filter((file) => suffixes.some((suffix) => file.endsWith(suffix)));
    for (const file of files) hashes[`${folder}/${file}`] = sha256(readFileSync(join(root, folder, file)));
  }
  if (!Object.keys(hashes).some((file) => file.startsWith('dist/reference-model/'))) {
    throw new UserError({
      code: 'not-built',
      what: 'the compiled package is missing',
      expected: 'dist/reference-model',
      fix: 'run `npm run build`',
    });
  }
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: unknown };
  return sha256(canonicalJson({ hashes, dependencies }));
}

export function packageRoot(): string {
  return dirname(createRequire(import.meta.url).resolve('#package/package.json'));
}

/** Paths of all files below a folder, with `/`, sorted; none if the folder is missing. */
function filesBelow(folder: string, prefix = ''): readonly string[] {
  let entries: readonly { name: string; isDirectory(): boolean }[];
  try {
    entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .flatMap((entry) => {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(folder, path) : [path];
    })
    .sort();
}
