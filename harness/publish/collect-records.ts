/**
 * What the arguments of `vlm-bench publish` mean: stores, reproductions, single runs, comparisons and evaluations, found by looking at
 * folders and small files only. The same record named twice, or by two paths, is one; the order of the arguments does not matter.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { existsAnew } from '../files/seen-anew.js';
import { evaluationPaths, isEvaluation } from '../records/evaluation-record.js';
import { requireSealed } from '../records/record-digests.js';
import { type Reproduction, readReproduction } from '../records/reproduction.js';
import { readResult } from '../records/result.js';
import { runPathsIn } from '../records/run-paths.js';

export interface RunSource {
  readonly runId: string;
  readonly folder: string;
  /** Hash of the small files and of the sizes of the large ones, whose own hashes the result holds. */
  readonly stamp: string;
}

export interface ReproductionSource {
  readonly folder: string;
  readonly reproduction: Reproduction;
  readonly stamp: string;
}

/** What `vlm-bench compare` wrote. */
export interface ComparisonSource {
  readonly file: string;
  readonly stamp: string;
}

/** What `vlm-bench evaluate` wrote. */
export interface EvaluationSource {
  readonly folder: string;
  readonly stamp: string;
}

export interface CollectedRecords {
  readonly runs: readonly RunSource[];
  readonly reproductions: readonly ReproductionSource[];
  readonly comparisons: readonly ComparisonSource[];
  readonly evaluations: readonly EvaluationSource[];
  /** Folders that may hold the images of the evaluated splits. */
  readonly stores: readonly string[];
  /** Folders in a store that hold no finished run and are therefore left out. */
  readonly unfinished: readonly string[];
}

const REPRODUCTION = 'reproduction.json';
const COMPARISON = 'comparison.json';

/** @throws UserError `record-missing` for a path without records, `record-corrupt` for runs that share an id and differ */
export function collectRecords(paths: readonly string[]): CollectedRecords {
  const runs = new Map<string, RunSource>();
  const reproductions = new Map<string, ReproductionSource>();
  const comparisons = new Map<string, ComparisonSource>();
  const evaluations = new Map<string, EvaluationSource>();
  const stores = new Set<string>();
  const unfinished = new Set<string>();

  const addRun = (folder: string) => {
    const found = runSource(folder);
    stores.add(dirname(dirname(folder)));
    const known = runs.get(found.runId);
    if (known !== undefined && known.stamp !== found.stamp) throw twoRecords(known, found);
    if (known === undefined || found.folder < known.folder) runs.set(found.runId, found);
  };
  const addReproduction = (folder: string) => {
    const reproduction = readReproduction(folder);
    const stamp = sha256(readFileSync(join(folder, REPRODUCTION)));
    const known = reproductions.get(stamp);
    if (known === undefined || folder < known.folder) reproductions.set(stamp, { folder, reproduction, stamp });
    for (const { runId } of reproduction.runs) addRun(join(dirname(folder), 'runs', runId));
  };
  const addComparison = (folder: string) => {
    const file = join(folder, COMPARISON);
    const stamp = sha256(readFileSync(file));
    const known = comparisons.get(stamp);
    if (known === undefined || file < known.file) comparisons.set(stamp, { file, stamp });
  };
  const addEvaluation = (folder: string) => {
    const { record, pageView, scores } = evaluationPaths(folder);
    const files = [record, pageView, scores].map((file) => (existsAnew(file) ? sha256(readFileSync(file)) : ''));
    const stamp = sha256(files.join('\n'));
    const known = evaluations.get(stamp);
    if (known === undefined || folder < known.folder) evaluations.set(stamp, { folder, stamp });
  };
  const addStore = (store: string): boolean => {
    const names = readdirSync(store).sort();
    const inside = names.map((name) => join(store, name));
    const found = inside.filter((folder) => existsAnew(join(folder, REPRODUCTION)));
    for (const folder of found) addReproduction(folder);
    const compared = [store, ...inside].filter(isComparison);
    for (const folder of compared) addComparison(folder);
    const evaluated = evaluationsIn(store);
    for (const folder of evaluated) addEvaluation(folder);
    const folders = names.includes('runs') ? readdirSync(join(store, 'runs')).sort() : [];
    const shared = new Set(found.flatMap((folder) => sharedRuns(reproductionAt(reproductions, folder))));
    for (const runId of folders) {
      const folder = join(store, 'runs', runId);
      if (runs.get(runId)?.folder === folder || shared.has(runId)) continue;
      if (existsAnew(runPathsIn(folder).result)) addRun(folder);
      else unfinished.add(folder);
    }
    return found.length + compared.length + evaluated.length + folders.length > 0;
  };

  for (const path of paths.map((given) => resolve(given))) {
    if (existsAnew(join(path, REPRODUCTION))) addReproduction(path);
    else if (isEvaluation(path)) addEvaluation(path);
    else if (existsAnew(runPathsIn(path).result)) addRun(path);
    else if (!existsAnew(path) || !statSync(path).isDirectory() || !addStore(path)) throw noRecords(path);
  }
  return {
    runs: [...runs.values()].sort((left, right) => (left.runId < right.runId ? -1 : 1)),
    reproductions: byStamp(reproductions.values()),
    comparisons: byStamp(comparisons.values()),
    evaluations: byStamp(evaluations.values()),
    stores: [...stores].sort(),
    unfinished: [...unfinished].sort(),
  };
}

function reproductionAt(all: ReadonlyMap<string, ReproductionSource>, folder: string): Reproduction {
  const known = [...all.values()].find((source) => source.folder === folder);
  return known?.reproduction ?? readReproduction(folder);
}

/** Runs that only lay the ground for others: nothing was evaluated, so they are no results. */
function sharedRuns(reproduction: Reproduction): readonly string[] {
  return reproduction.prefixes.map(({ runId }) => runId);
}

function runSource(folder: string): RunSource {
  const paths = runPathsIn(folder);
  let result: Buffer;
  try {
    result = readFileSync(paths.result);
  } catch (cause) {
    throw new UserError(
      {
        code: 'record-missing',
        what: 'there is no finished run here',
        where: folder,
        expected: 'the folder of a run with result.json in it',
        fix: 'finish the run by the command that trains it, or leave the reproduction out',
      },
      { cause },
    );
  }
  const parsed = readResult(paths.result);
  // A site holds no weights. Everything else is held against its digest although it may be published already.
  if (parsed !== undefined) requireSealed(paths, parsed, { weights: false });
  const small = [paths.config, paths.provenance, paths.digests].map((file) =>
    existsAnew(file) ? readFileSync(file) : '',
  );
  const large = [paths.events, paths.predictions, paths.examples].map(
    (file) => statSync(file, { throwIfNoEntry: false })?.size ?? -1,
  );
  const stamp = sha256(JSON.stringify([sha256(result), ...small.map(sha256), ...large]));
  return { runId: runIdIn(result, paths.result), folder, stamp };
}

function runIdIn(result: Buffer, file: string): string {
  const runId = /"runId": "([0-9a-f]{20})"/.exec(result.toString('latin1'))?.[1];
  if (runId !== undefined) return runId;
  throw new UserError({
    code: 'record-corrupt',
    what: 'the result names no run',
    where: file,
    expected: 'a result.json that vlm-bench wrote',
    fix: 'delete the folder of this run and run again; it will be trained anew',
  });
}

function twoRecords(known: RunSource, found: RunSource): UserError {
  return new UserError({
    code: 'record-corrupt',
    what: `two records of run ${known.runId} differ`,
    where: `${known.folder} and ${found.folder}`,
    expected: 'one record, or equal copies of it',
    fix: 'publish one of them; an engine that is not bit-identical gives another result each time',
  });
}

function isComparison(folder: string): boolean {
  const file = join(folder, COMPARISON);
  return existsAnew(file) && statSync(file).isFile();
}

/** `<store>/evaluations/<benchmark>/<model>`, sorted. */
function evaluationsIn(store: string): readonly string[] {
  const below = (folder: string): readonly string[] =>
    existsAnew(folder) && statSync(folder).isDirectory()
      ? readdirSync(folder)
          .sort()
          .map((name) => join(folder, name))
      : [];
  return below(join(store, 'evaluations')).flatMap(below).filter(isEvaluation);
}

function byStamp<Source extends { readonly stamp: string }>(sources: Iterable<Source>): readonly Source[] {
  return [...sources].sort((left, right) => (left.stamp < right.stamp ? -1 : 1));
}

function noRecords(path: string): UserError {
  return new UserError({
    code: 'record-missing',
    what: existsAnew(path) ? 'there are no records here' : 'there is no such folder',
    where: path,
    expected: `a results folder, a folder with ${REPRODUCTION} or ${COMPARISON}, the folder of a finished run, or one of an evaluation`,
    fix: `name the --out folder of an earlier run; ${basename(path)} holds nothing to publish`,
  });
}
