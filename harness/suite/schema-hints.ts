/** Reads a zod schema for what it allows at a path, so that complaints can say which keys and values were expected. */
import { z } from 'zod';

/** The keys that an object or enum-keyed record allows at `path`. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const target = schemaAt(schema, path);
  if (target instanceof z.ZodObject) return Object.keys(target.shape);
  if (target instanceof z.ZodRecord && target.keyType instanceof z.ZodEnum) return target.keyType.options.map(String);
  return [];
}

/** A phrase for what zod expected where `issue` arose. */
export function expectedAt(schema: z.ZodType, issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'above' : 'at least', String(issue.minimum));
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'below' : 'at most', String(issue.maximum));
    case 'invalid_format':
      return issue.format === 'url' ? 'a URL' : 'a lower-case word (letters, digits and hyphens)';
    default: {
      const keys = keysAt(schema, issue.path);
      return keys.length > 0 ? `a map of ${keys.join(', ')}` : issue.message;
    }
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a finite number',
  int: 'a whole number',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function bound(origin: string, comparison: string, limit: string): string {
  if (origin === 'array') return `a list of ${comparison} ${limit}`;
  if (origin === 'string') return 'text that is not empty';
  return `${origin === 'int' ? 'a whole number' : 'a number'}, ${comparison} ${limit}`;
}

function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType {
  let current = unwrapped(schema);
  for (const key of path) {
    if (current instanceof z.ZodObject) current = unwrapped((current.shape[String(key)] ?? z.never()) as z.ZodType);
    else if (current instanceof z.ZodRecord) current = unwrapped(current.valueType as z.ZodType);
    else if (current instanceof z.ZodArray) current = unwrapped(current.element as z.ZodType);
  }
  return current;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}
