/**
 * Checks what YAML files state against a zod schema. Every complaint carries the file, line and column of the offending key or value,
 * what was expected there and how to fix it; unknown keys are errors.
 */
import type { z } from 'zod';
import { type Problem, UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import type { Complaint } from './complaint.js';
import { expectedAt, keysAt } from './schema-hints.js';
import { locate, ownerOf, type Path, readYamlSource, type YamlSource } from './yaml-source.js';

type ContentCode = 'suite-invalid' | 'config-invalid';

/** @throws UserError `file-unreadable`, `suite-syntax` or `suite-invalid` */
export function readYamlFile<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  const source = readYamlSource(file);
  return checkYaml(source.value, { sources: [source], schema, code: 'suite-invalid' });
}

/**
 * @param value what the sources state together
 * @param sources the texts it was written in, the one on top first; only for the positions in complaints
 * @param code the problem code under which complaints about content are filed
 * @throws UserError `code`
 */
export function checkYaml<S extends z.ZodType>(
  value: unknown,
  { sources, schema, code }: { sources: readonly YamlSource[]; schema: S; code: ContentCode },
): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(parsed.error.issues.flatMap((issue) => describeIssue(issue, { code, schema, value, sources })));
}

/** @throws UserError `code` for what rules beyond the schema say, where there are any */
export function refuseComplaints(complaints: readonly Complaint[], context: ComplaintContext): void {
  if (complaints.length === 0) return;
  throw new UserError(complaints.map((complaint) => complaintProblem(complaint, context)));
}

interface ComplaintContext {
  readonly code: ContentCode;
  readonly value: unknown;
  readonly sources: readonly YamlSource[];
}

interface IssueContext extends ComplaintContext {
  readonly schema: z.ZodType;
}

function complaintProblem(
  { path, message, expected, known = [], named, fix, involves = [] }: Complaint,
  { code, value, sources }: ComplaintContext,
): Problem {
  const name = pathText(path);
  const { where, owner, inherited } = blamedPlace(sources, path, involves);
  const meant = didYouMean(named ?? String(valueAt(value, path)), known);
  const correct =
    inherited === undefined
      ? overridable(fix ?? meant ?? 'correct the value', owner, sources)
      : `${fix ?? 'change this'}; ${name} is inherited from ${inherited} and can be overridden`;
  return { code, what: `${name} ${message}`, where, ...(expected === undefined ? {} : { expected }), fix: correct };
}

/** What is wrong in a file that is extended can be fixed in the one on top as well. */
function overridable(fix: string, owner: number, [top]: readonly YamlSource[]): string {
  return owner > 0 ? `${fix}, or override it in ${top!.file}` : fix;
}

function describeIssue(issue: z.core.$ZodIssue, { code, schema, value, sources }: IssueContext): readonly Problem[] {
  const name = pathText(issue.path);
  const where = locate(sources, issue.path, 'value');
  const found = valueAt(value, issue.path);
  const correct = (known: readonly string[]) => didYouMean(String(found), known) ?? 'correct the value';
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, issue.path, value);
      return issue.keys.map((key) => ({
        code,
        what: `unknown key "${key}"${name === '' ? '' : ` in ${name}`}`,
        where: locate(sources, [...issue.path, key], 'key'),
        expected: `one of ${known.join(', ')}`,
        fix: didYouMean(key, known) ?? 'remove it',
      }));
    }
    case 'invalid_key': {
      const expected = 'a lower-case word (letters, digits and hyphens)';
      return [{ code, what: `${name} is not a valid name`, where, expected, fix: 'rename the key' }];
    }
    case 'custom': {
      const complaint = { path: issue.path, message: issue.message, ...issue.params } as Complaint;
      return [complaintProblem(complaint, { code, value, sources })];
    }
    default: {
      const expected = expectedAt(schema, issue, value);
      if (name === '' && (found === undefined || found === null)) {
        return [{ code, what: 'the file is empty', where, expected, fix: 'fill it' }];
      }
      if (found === undefined) return [{ code, what: `${name} is missing`, where, expected, fix: `add ${name}` }];
      const fix = overridable(correct(choicesOf(issue)), ownerOf(sources, issue.path), sources);
      return [{ code, what: `${name || 'the file'} is ${valueText(found)}`, where, expected, fix }];
    }
  }
}

function choicesOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && 'options' in issue) return (issue.options ?? []).map(String);
  return [];
}

/**
 * Of the fields that have a part in a complaint, one that the topmost source states: whoever extends a suite fixes their own file.
 * @returns the place and the index of its source; also where the field that is complained about stands, if that is in another file
 */
function blamedPlace(
  sources: readonly YamlSource[],
  path: Path,
  involves: readonly Path[],
): { readonly where: string; readonly owner: number; readonly inherited?: string } {
  const own = locate(sources, path, 'value');
  const stated = [...(involves.some((other) => isSamePath(other, path)) ? [] : [path]), ...involves]
    .map((candidate) => ({ candidate, owner: ownerOf(sources, candidate) }))
    .filter(({ owner }) => owner >= 0);
  const topmost = Math.min(...stated.map(({ owner }) => owner));
  const blamed = stated.find(({ owner }) => owner === topmost);
  if (blamed === undefined) return { where: own, owner: 0 };
  const where = locate(sources, blamed.candidate, 'value');
  return { where, owner: topmost, ...(ownerOf(sources, path) > topmost ? { inherited: own } : {}) };
}

function isSamePath(left: Path, right: Path): boolean {
  return left.length === right.length && left.every((key, index) => key === right[index]);
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const closest = closestName(name, known);
  return closest === undefined ? undefined : `did you mean "${closest}"?`;
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return found;
}

function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function valueText(value: unknown): string {
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
  if (typeof value === 'number' && Number.isNaN(value)) return 'not a number (.nan)';
  if (value === null) return 'empty';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a map';
  return String(value);
}
