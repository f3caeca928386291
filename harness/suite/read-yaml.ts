/**
 * Reads a YAML file against a zod schema. Every complaint carries the file, line and column of the offending key or value,
 * what was expected there and how to mend it; duplicate and unknown keys are errors.
 */
import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Problem, UserError } from '../errors.js';
import { closestName } from './closest-name.js';
import { expectedAt, keysAt } from './schema-hints.js';

type Path = readonly PropertyKey[];

/**
 * @param code the problem code under which complaints about content are filed
 * @throws UserError `file-unreadable`, `suite-syntax` or `code`
 */
export function readYamlFile<S extends z.ZodType>(
  file: string,
  schema: S,
  code: 'suite-invalid' | 'config-invalid' = 'suite-invalid',
): z.infer<S> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const problem = {
      code: 'file-unreadable',
      what: 'the file cannot be read',
      where: file,
      mend: 'check the path',
    } as const;
    throw new UserError(problem, { cause });
  }
  return parseYaml(text, { file, schema, code });
}

/** As `readYamlFile`, for text that is already in memory; `file` only names it in complaints. */
export function parseYaml<S extends z.ZodType>(
  text: string,
  { file, schema, code }: { file: string; schema: S; code: 'suite-invalid' | 'config-invalid' },
): z.infer<S> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) throw new UserError(syntaxProblems(document, { text, at }));
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw new UserError(
    parsed.error.issues.flatMap((issue) => describeIssue(issue, { code, document, schema, at, file })),
  );
}

/** Every duplicate key, or else the first break of the syntax: those after it mostly follow from it. */
function syntaxProblems(
  { errors }: Document,
  { text, at }: { readonly text: string; readonly at: (offset: number) => string },
): readonly Problem[] {
  const duplicates = errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  if (duplicates.length === 0) {
    const { message, pos } = errors[0]!;
    const what = `the YAML is malformed: ${message}`;
    return [{ code: 'suite-syntax', what, where: at(pos[0]), mend: 'correct the syntax there' }];
  }
  return duplicates.map(({ pos }) => ({
    code: 'suite-syntax',
    what: `duplicate key "${/^[\w-]+/.exec(text.slice(pos[0]))?.[0] ?? ''}"`,
    where: at(pos[0]),
    expected: 'each key once',
    mend: 'remove or rename one of the two',
  }));
}

interface IssueContext {
  readonly code: 'suite-invalid' | 'config-invalid';
  readonly document: Document;
  readonly schema: z.ZodType;
  readonly file: string;
  at(offset: number): string;
}

function describeIssue(
  issue: z.core.$ZodIssue,
  { code, document, schema, at, file }: IssueContext,
): readonly Problem[] {
  const name = pathText(issue.path);
  const whereOf = (path: Path, point: 'key' | 'value'): string => {
    const offset = offsetOf(document, path, point);
    return offset === undefined ? file : at(offset);
  };
  const where = whereOf(issue.path, 'value');
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const closest = closestName(key, known);
      return {
        code,
        what: `unknown key "${key}"${name === '' ? '' : ` in ${name}`}`,
        where: whereOf([...issue.path, key], 'key'),
        expected: `one of ${known.join(', ')}`,
        mend: closest === undefined ? 'remove it' : `did you mean "${closest}"?`,
      };
    });
  }
  if (issue.code === 'invalid_key') {
    const expected = 'a lower-case word (letters, digits and hyphens)';
    return [{ code, what: `${name} is not a valid name`, where, expected, mend: 'rename the key' }];
  }
  if (issue.code === 'custom') return [{ code, what: `${name} ${issue.message}`, where, mend: 'correct the value' }];
  const expected = expectedAt(schema, issue);
  const value = document.getIn(issue.path as unknown[]);
  if (value === undefined && !document.hasIn(issue.path as unknown[])) {
    return [{ code, what: `${name} is missing`, where, expected, mend: `add ${name}` }];
  }
  return [{ code, what: `${name} is ${valueText(value)}`, where, expected, mend: 'correct the value' }];
}

/** Offset of a map entry's value or key, else of the list item, else of the closest parent that exists. */
function offsetOf(document: Document, path: Path, point: 'key' | 'value'): number | undefined {
  const last = path.at(-1);
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1) as unknown[], true) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
    const value = pair?.value;
    // A scalar value is pointed at itself; nothing, and a whole block, are pointed at by their key.
    if (point === 'value' && isScalar(value) && value.value !== null && value.range) return value.range[0];
    if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length) as unknown[], true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
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
  if (typeof value === 'object') return isMap(value) ? 'a map' : 'a list';
  return String(value);
}
