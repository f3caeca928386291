/**
 * The arguments of `vlm-bench compare`: systems with scores on images, read one by one and given labels that tell them apart, and rows of
 * published tables, which are only shown.
 */
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import { existsAnew } from '../files/seen-anew.js';
import { readReproduction } from '../records/reproduction.js';
import { type PublishedTable, readPublishedTables } from '../suite/published.js';
import { onCommonImages } from '../systems/common-images.js';
import type { Scoring } from '../systems/from-predictions.js';
import { armLabel } from '../systems/from-records.js';
import { parseSystemSource, readSystem, type SystemSource } from '../systems/read-system.js';
import type { System } from '../systems/system.js';

export interface CompareInputs {
  readonly systems: readonly System[];
  readonly published: readonly PublishedTable[];
}

const PUBLISHED = 'published:';

export interface CompareInputOptions {
  /** Scores only the images (or questions) that all files of predictions name. */
  readonly common?: boolean;
}

/** @throws UserError for anything that is missing, damaged, or named twice */
export async function readCompareInputs(
  args: readonly string[],
  scoring?: Scoring,
  { common = false }: CompareInputOptions = {},
): Promise<CompareInputs> {
  const published = publishedRows(
    args.filter((arg) => arg.startsWith(PUBLISHED)).map((arg) => arg.slice(PUBLISHED.length)),
  );
  const sources = args.filter((arg) => !arg.startsWith(PUBLISHED)).flatMap(systemSources);
  if (sources.length === 0 || sources.length + published.length < 2) {
    throw new UserError(
      {
        code: 'usage',
        what: 'there are fewer than two things to compare',
        expected: 'two systems, or one system and a published row; published rows have no scores of images to compare',
        fix: 'name another record, predictions or scores file',
      },
      { exitCode: 2 },
    );
  }
  const named = armsOfOneReproduction(sources);
  const chosen = common
    ? await onCommonImages(
        named.flatMap(({ paths }) => paths),
        scoring,
      )
    : scoring;
  const systems: System[] = [];
  for (const source of named) systems.push(await readSystem(source, chosen));
  return { systems: distinctlyLabelled(systems, sources), published };
}

/** Arms of one reproduction are called as on its own page; beside anything else its suite stands before them. */
function armsOfOneReproduction(sources: readonly SystemSource[]): readonly SystemSource[] {
  const arms = sources.map(({ label, paths: [path = '', ...others] }) => {
    const hash = path.lastIndexOf('#');
    const isArm = label === undefined && others.length === 0 && hash > 0 && !existsAnew(path);
    return isArm ? { folder: resolve(path.slice(0, hash)), arm: path.slice(hash + 1) } : undefined;
  });
  const folder = arms[0]?.folder;
  if (folder === undefined || arms.some((arm) => arm?.folder !== folder)) return sources;
  if (!existsAnew(join(folder, 'reproduction.json'))) return sources;
  const reproduction = readReproduction(folder);
  return sources.map((source, index) => ({ ...source, label: armLabel(reproduction, arms[index]!.arm) }));
}

/** A reproduction without an arm stands for all its arms. */
function systemSources(text: string): readonly SystemSource[] {
  const source = parseSystemSource(text);
  const [path] = source.paths;
  if (source.label !== undefined || source.paths.length !== 1 || path === undefined) return [source];
  if (!existsAnew(join(path, 'reproduction.json'))) return [source];
  const arms = [...new Set(readReproduction(path).runs.map(({ arm }) => arm))];
  return arms.map((arm) => ({ paths: [`${path}#${arm}`] }));
}

/** Systems that are named alike after their files are told apart by their paths. */
function distinctlyLabelled(systems: readonly System[], sources: readonly SystemSource[]): readonly System[] {
  const labels = systems.map(({ label }) => label);
  const renamed = systems.map((system, index) =>
    labels.indexOf(system.label) !== labels.lastIndexOf(system.label) && sources[index]!.label === undefined
      ? { ...system, label: system.origin.paths.join(', ') }
      : system,
  );
  const seen = new Set<string>();
  for (const { label } of renamed) {
    if (seen.has(label)) {
      throw new UserError({
        code: 'usage',
        what: `two systems are called ${JSON.stringify(label)}`,
        expected: 'each system once, under a name of its own',
        fix: 'name one of them as LABEL=PATH, or remove it',
      });
    }
    seen.add(label);
  }
  return renamed;
}

/** `TABLE/MODEL` takes the rows of a model, `TABLE` the whole table; rows of one table stay together. */
function publishedRows(names: readonly string[]): readonly PublishedTable[] {
  const chosen = new Map<string, PublishedTable>();
  for (const name of names) {
    const slash = name.indexOf('/');
    const [id, model] = slash < 0 ? [name, undefined] : [name.slice(0, slash), name.slice(slash + 1)];
    const [table] = readPublishedTables([id]);
    const rows = table!.rows.filter((row) => model === undefined || row.model === model);
    if (rows.length === 0) throw unknownModel(id, model!, [...new Set(table!.rows.map((row) => row.model))]);
    const known = chosen.get(id)?.rows ?? [];
    chosen.set(id, { ...table!, rows: table!.rows.filter((row) => rows.includes(row) || hasRow(known, row)) });
  }
  return [...chosen.values()];
}

type PublishedRow = PublishedTable['rows'][number];

/** Tables are read anew for each name, so rows are known by what they say. */
function hasRow(rows: readonly PublishedRow[], { model, setting }: PublishedRow): boolean {
  return rows.some((row) => row.model === model && row.setting === setting);
}

function unknownModel(table: string, model: string, models: readonly string[]): UserError {
  const closest = closestName(model, models);
  return new UserError({
    code: 'usage',
    what: `the published table ${table} has no model ${JSON.stringify(model)}`,
    where: `${PUBLISHED}${table}/${model}`,
    expected: `one of ${models.join(', ')}`,
    fix:
      closest === undefined
        ? 'name one of these'
        : `did you mean ${JSON.stringify(`${PUBLISHED}${table}/${closest}`)}?`,
  });
}

/** The last name of a path; where it lay is nobody's concern who reads the page. */
export function shownSource(path: string): string {
  return basename(path);
}
