/** Takes typed fields out of untyped records and says exactly which field of which record is wrong. */
import { InputError } from '../../files/input-error.js';
import type { Place } from './content.js';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

export function requireObject(value: unknown, where: Place): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw refusal(`the record is ${describe(value)}`, where, 'an object with named fields');
}

export function requireList(value: unknown, where: Place, expected: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refusal(`there is ${describe(value)} where a list should be`, where, expected);
}

/** An identifier as text with all its digits; undefined for what is absent or empty. The first of `names` that is present counts. */
export function optionalIdentifier(fields: Fields, names: readonly string[], where: Place): string | undefined {
  for (const name of names) {
    const value = fieldOf(fields, name);
    if (value !== undefined) return identifier(value, name, where);
  }
  return undefined;
}

/** As `optionalIdentifier`. @throws InputError where none of `names` is present, quoting the fields that are */
export function requireIdentifier(fields: Fields, names: readonly string[], where: Place): string {
  return optionalIdentifier(fields, names, where) ?? lacking(fields, names, where);
}

export function identifier(value: unknown, name: string, where: Place): string {
  if (typeof value === 'string' && value !== '') return value;
  if ((typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'bigint') return String(value);
  throw refusal(`${name} is ${describe(value)}`, `${where}, ${name}`, 'a string or a whole number');
}

/** Text; an empty string is text. The first of `names` that is present counts. */
export function requireText(fields: Fields, names: readonly string[], where: Place): string {
  for (const name of names) {
    const value = fieldOf(fields, name);
    if (value !== undefined) return text(value, name, where);
  }
  return lacking(fields, names, where);
}

export function text(value: unknown, name: string, where: Place): string {
  if (typeof value === 'string') return value;
  throw refusal(`${name} is ${describe(value)}, not text`, `${where}, ${name}`, 'a string');
}

export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fieldOf(fields, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The error of a record without any of `names`; it quotes the fields that the record has. */
export function lacking(fields: Fields, names: readonly string[], where: Place): never {
  throw refusal(`the record has no ${names[0]}`, where, `a field ${names.join(' or ')}; it has ${quoted(fields)}`);
}

/** The first names of fields, in quotes, for a message. */
export function quoted(fields: Fields): string {
  const names = Object.keys(fields);
  if (names.length === 0) return 'no field';
  const shown = names.slice(0, 12).map((name) => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name));
  return `${shown.join(', ')}${names.length > 12 ? ' …' : ''}`;
}

export function refusal(what: string, where: Place, expected: string, fix = 'correct the record'): InputError {
  return new InputError({ code: 'data-invalid', what, where: String(where), expected, fix });
}

export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
