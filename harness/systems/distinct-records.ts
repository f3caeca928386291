/**
 * Several records of a system stand for retrained seeds, and how much these differ tells how much chance there is in a score. A record that
 * is given twice, under whatever name, would make it seem to be less.
 */
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { UserError } from '../errors.js';
import type { System } from './system.js';

/** @throws UserError `score-invalid` for a path that is named twice, also through a link or as another arm's folder */
export function requireDistinctPaths(paths: readonly string[]): void {
  const known = new Map<string, string>();
  for (const path of paths) {
    const resolved = resolvedPath(path);
    const earlier = known.get(resolved);
    if (earlier !== undefined) throw repeated(`${path} is given twice${asWell(earlier, path)}`, paths);
    known.set(resolved, path);
  }
}

/** @throws UserError `score-invalid` for runs, contents or seeds of one recipe that occur twice */
export function requireDistinctRecords(parts: readonly System[], paths: readonly string[]): void {
  const runIds = parts.flatMap(({ origin }) => origin.runIds ?? []);
  const run = runIds.find((runId, index) => runIds.indexOf(runId) !== index);
  if (run !== undefined) throw repeated(`run ${run} is given twice`, paths);
  if (parts.length > 1) requireDistinctContents(parts, paths);
  requireDistinctSeeds(parts, paths);
}

/** Of runs the seeds are known to differ, and models that have learned nothing may well say the same. */
function requireDistinctContents(parts: readonly System[], paths: readonly string[]): void {
  const known = new Map<string, System>();
  for (const part of parts) {
    if (part.origin.kind === 'records') continue;
    const content = contentOf(part);
    const earlier = known.get(content);
    if (earlier !== undefined) {
      const [one, other] = [earlier, part].map(({ label, origin }) => origin.paths[0] ?? label);
      throw repeated(`${one} and ${other} hold the same texts and scores`, paths);
    }
    known.set(content, part);
  }
}

function requireDistinctSeeds(parts: readonly System[], paths: readonly string[]): void {
  const known: { readonly seed: number; readonly recipe: string | undefined; readonly label: string }[] = [];
  for (const { label, origin, metrics } of parts) {
    for (const { seed } of metrics[0]?.replicates ?? []) {
      if (seed === undefined) continue;
      const { recipe } = origin;
      const earlier = known.find(
        (one) => one.seed === seed && (one.recipe === recipe || one.recipe === undefined || recipe === undefined),
      );
      if (earlier !== undefined) throw repeated(`${earlier.label} and ${label} have the same seed, ${seed}`, paths);
      known.push({ seed, recipe, label });
    }
  }
}

function contentOf({ metrics, items }: System): string {
  const hash = createHash('sha256');
  for (const { name, signature, imageIds, replicates } of metrics) {
    hash.update(JSON.stringify([name, signature, imageIds]));
    for (const { columns } of replicates) for (const column of columns) hash.update(column);
  }
  for (const { group, imageId, questionId, texts } of items) {
    hash.update(JSON.stringify([group, imageId, questionId, texts]));
  }
  return hash.digest('hex');
}

function resolvedPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const hash = path.lastIndexOf('#');
  const folder = path.slice(0, Math.max(hash, 0));
  return hash > 0 && existsSync(folder) ? `${realpathSync(folder)}${path.slice(hash)}` : path;
}

const asWell = (earlier: string, path: string): string => (earlier === path ? '' : `, as ${earlier} too`);

function repeated(what: string, paths: readonly string[]): UserError {
  return new UserError({
    code: 'score-invalid',
    what,
    where: paths.join(', '),
    expected: 'each record once: a repeated record would hide how much seeds differ',
    fix: 'remove the repetition',
  });
}
