/**
 * Takes typed fields out of untyped records and says exactly which field of which record is wrong.
 */
import { UserError } from '../errors.js';
import type { Place } from './row.js';

export type Fields = Readonly<Record<string, unknown>>;

export function requireObject(value: unknown, where: Place): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  return refuse(`the record is ${describe(value)}`, where, 'an object with named fields');
}

export function requireList(value: unknown, where: Place, expected: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return refuse(`there is ${describe(value)} where a list should be`, where, expected);
}

/** An identifier: a string or a whole number, as text with all its digits. The first of `names` that is present counts. */
export function requireIdentifier(fields: Fields, names: readonly string[], where: Place): string {
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value === undefined) continue;
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    if (typeof value === 'bigint') return String(value);
    return refuse(`${name} is ${describe(value)}`, `${where}, ${name}`, 'a string or a whole number');
  }
  return refuse(`the record has no ${names[0]}`, where, `a field ${names.join(' or ')}`);
}

/** Text; an empty string is text. The first of `names` that is present counts. */
export function requireText(fields: Fields, names: readonly string[], where: Place): string {
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value === undefined) continue;
    if (typeof value === 'string') return value;
    return refuse(`${name} is ${describe(value)}, not text`, `${where}, ${name}`, 'a string');
  }
  return refuse(`the record has no ${names[0]}`, where, `a field ${names.join(' or ')}`);
}

export function refuse(what: string, where: Place, expected: string): never {
  throw new UserError({ code: 'data-invalid', what, where: String(where), expected, fix: 'correct the record' });
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
