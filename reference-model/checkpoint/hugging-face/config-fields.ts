/**
 * A `config.json` of the Hugging Face hub, read field by field. A field that is absent or null has the value that the library which wrote
 * the file gives it; a value that no model of ours can have is an error that names file, field and what is possible.
 */
import { join } from 'node:path';
import { InputError } from '../../files/input-error.js';
import { parseJsonBytes } from '../../files/read-json.js';
import { readBytes } from '../../files/regular-file.js';
import { toUtf8 } from '../../files/text-encoding.js';

/** No configuration is longer. */
const LARGEST_CONFIG = 16_000_000;

type Values = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON object of a configuration file of the hub. @throws InputError */
function readConfigFile(file: string): ConfigFields {
  const content = parseJsonBytes(toUtf8(readBytes(file, { limit: LARGEST_CONFIG }), file).bytes, file);
  if (!isRecord(content)) throw new ConfigFields(file, '', {}).error('the file is not a JSON object', 'an object');
  return new ConfigFields(file, '', content);
}

/** The `config.json` of a model's folder. @throws InputError */
export function openConfig(folder: string): ConfigFields {
  return readConfigFile(join(folder, 'config.json'));
}

export class ConfigFields {
  readonly file: string;
  /** Where in the file the object stands: `text_config`, for example; empty for all of it. */
  readonly path: string;
  readonly #values: Values;

  constructor(file: string, path: string, values: Values) {
    this.file = file;
    this.path = path;
    this.#values = values;
  }

  /** The value as it stands there; undefined for null. */
  value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  /** An integer from 1 to `most`. Sizes are bounded because memory is taken for them. */
  count(name: string, fallback: number | undefined, most: number): number {
    const value = this.#required(name, fallback);
    if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) return value as number;
    throw this.#unfit(name, `an integer from 1 to ${most}`);
  }

  integer(name: string, fallback: number): number {
    const value = this.value(name) ?? fallback;
    if (Number.isSafeInteger(value)) return value as number;
    throw this.#unfit(name, 'an integer');
  }

  /** A finite number above 0. */
  positive(name: string, fallback?: number): number {
    const value = this.#required(name, fallback);
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    throw this.#unfit(name, 'a number above 0');
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.value(name) ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.#unfit(name, 'true or false');
  }

  /** What one of the known texts stands for. */
  choice<T>(name: string, known: Readonly<Record<string, T>>, fallback?: string): T {
    const value = this.#required(name, fallback);
    if (typeof value === 'string' && Object.hasOwn(known, value)) return known[value]!;
    throw this.#unfit(name, Object.keys(known).join(', '));
  }

  /** Refuses any value but the given one, which is also that of an absent field. */
  requireValue(name: string, only: string | number | boolean): void {
    if ((this.value(name) ?? only) !== only) throw this.#unfit(name, JSON.stringify(only));
  }

  /** Refuses a field that asks for something; false and an empty object or list ask for nothing. */
  requireAbsent(name: string): void {
    const value = this.value(name);
    const isEmpty = typeof value === 'object' && Object.keys(value as object).length === 0;
    if (value !== undefined && value !== false && !isEmpty) throw this.#unfit(name, 'nothing there');
  }

  /** The object of that name; undefined where there is none. */
  child(name: string): ConfigFields | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!isRecord(value)) throw this.#unfit(name, 'an object');
    return new ConfigFields(this.file, this.#pathOf(name), value);
  }

  /** An error about the whole object, or one of its fields. */
  error(what: string, expected: string, name?: string): InputError {
    const path = name === undefined ? this.path : this.#pathOf(name);
    const where = path === '' ? this.file : `${this.file}, field ${path}`;
    const fix = 'use a checkpoint of a family that is implemented, or mend the file';
    return new InputError({ code: 'data-invalid', what, where, expected, fix });
  }

  #pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  #required(name: string, fallback: unknown): unknown {
    const value = this.value(name) ?? fallback;
    if (value === undefined) throw this.error(`${name} is missing`, 'a value', name);
    return value;
  }

  #unfit(name: string, expected: string): InputError {
    const shown = JSON.stringify(this.value(name)) ?? 'nothing';
    const value = shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
    return this.error(`${name} is ${value}, which is not implemented`, expected, name);
  }
}
