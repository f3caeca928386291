/**
 * Resolves `extends`: a suite that changes another states only what differs. Maps are merged key by key, lists and values are replaced,
 * and a key whose value is null is removed. A suite that is extended may extend a further one.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import { sameFile, shownPath } from '../files/shown-path.js';
import { shippedSuiteFile, shippedSuiteIds } from './shipped-suites.js';
import { locate, type Path, readYamlSource, type YamlSource } from './yaml-source.js';

export interface ExtendedSuite {
  /** What the suite and all it extends state together; not yet checked. */
  readonly value: unknown;
  /** The suite's own text, then that which it extends, and so on. */
  readonly sources: readonly YamlSource[];
  /** Absolute paths of these. */
  readonly files: readonly string[];
}

/** @throws UserError `file-unreadable`, `suite-syntax`, or `suite-invalid` for an `extends` that leads nowhere or in a circle */
export function readExtendedSuite(file: string): ExtendedSuite {
  const chain = [readYamlSource(shownPath(file))];
  const files = [resolve(file)];
  for (let base = baseOf(chain.at(-1)!, files.at(-1)!); base !== undefined; base = baseOf(chain.at(-1)!, base)) {
    if (files.some((known) => sameFile(known, base!))) {
      const names = [...files, base].map(shownPath).join(' → ');
      throw refused(chain.at(-1)!, ['extends'], `leads in a circle: ${names}`, 'break the circle');
    }
    files.push(base);
    chain.push(readYamlSource(shownPath(base)));
  }
  const values = chain.map(({ value }) => withoutExtends(value));
  for (let index = chain.length - 2; index >= 0; index--) {
    requireOwnId(chain[index]!, values[index], values.slice(index + 1));
    values[index] = merged(values[index + 1], values[index], (path) => {
      throw refused(chain[index]!, path, 'is null, but the suite that is extended has no such key', 'remove the line');
    });
  }
  return { value: values[0], sources: chain, files };
}

/** Absolute path of the file that a suite extends. */
function baseOf(source: YamlSource, file: string): string | undefined {
  const name = Object(source.value).extends;
  if (typeof name !== 'string') return undefined;
  if (/^[a-z][a-z0-9-]*(?:@\d+)?$/.test(name)) {
    const known = shippedSuiteIds();
    if (known.includes(name)) return shippedSuiteFile(name);
    const closest = closestName(name, known);
    const fix = closest === undefined ? 'name one of these, or a file' : `did you mean "${closest}"?`;
    throw refused(source, ['extends'], `names no suite of the package: ${name}`, fix, `one of ${known.join(', ')}`);
  }
  const base = resolve(dirname(file), name);
  if (!existsSync(base)) {
    throw refused(source, ['extends'], `names a file that does not exist: ${shownPath(base)}`, 'correct the path');
  }
  if (statSync(base).isFile()) return base;
  throw refused(source, ['extends'], `names a folder: ${base}`, 'name a file in it', 'a YAML file');
}

/** Two suites of one id would share a results folder. */
function requireOwnId(source: YamlSource, value: unknown, bases: readonly unknown[]): void {
  const { id } = Object(value);
  if (id === undefined)
    throw refused(source, ['id'], 'is missing: a suite that extends another needs its own', 'add id');
  if (bases.some((base) => id === Object(base).id))
    throw refused(source, ['id'], 'repeats the id of a suite that is extended', 'rename it');
}

function refused(source: YamlSource, path: Path, what: string, fix: string, expected?: string): UserError {
  return new UserError({
    code: 'suite-invalid',
    what: `${path.map(String).join('.')} ${what}`,
    where: locate([source], path, 'value'),
    ...(expected === undefined ? {} : { expected }),
    fix,
  });
}

function withoutExtends(value: unknown): unknown {
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key, entry]) => key !== 'extends' || typeof entry !== 'string'),
  );
}

/** Keys keep the order of the base; new ones follow. */
function merged(base: unknown, value: unknown, onNothingToRemove: (path: Path) => void, path: Path = []): unknown {
  if (!isMap(base) || !isMap(value)) return value;
  const entries = new Map(Object.entries(base));
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== null)
      entries.set(key, entries.has(key) ? merged(entries.get(key), entry, onNothingToRemove, [...path, key]) : entry);
    else if (!entries.delete(key)) onNothingToRemove([...path, key]);
  }
  return Object.fromEntries(entries);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
