/** Reads a zod schema for what it allows at a path, so that complaints can say which keys and values were expected. */
import { z } from 'zod';

/**
 * The keys that an object or enum-keyed record allows at `path`.
 * @param value what was checked; it decides between the alternatives of a union
 */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): readonly string[] {
  const target = schemaAt(schema, path, value);
  if (target instanceof z.ZodObject) return Object.keys(target.shape);
  if (target instanceof z.ZodRecord && target.keyType instanceof z.ZodEnum) return target.keyType.options.map(String);
  return [];
}

/** A phrase for what zod expected where `issue` arose. */
export function expectedAt(schema: z.ZodType, issue: z.core.$ZodIssue, value: unknown): string {
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
    case 'invalid_union': {
      if ('options' in issue && issue.options !== undefined) return `one of ${issue.options.map(String).join(', ')}`;
      return issue.message;
    }
    default: {
      const keys = keysAt(schema, issue.path, value);
      return keys.length > 0 ? `a map of ${keys.join(', ')}` : issue.message;
    }
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function bound(origin: string, comparison: string, limit: string): string {
  if (origin === 'array') return `a list of ${comparison} ${limit}`;
  if (origin === 'string') return 'text that is not empty';
  return `${origin === 'int' ? 'a whole number' : 'a number'}, ${comparison} ${limit}`;
}

function schemaAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): z.ZodType {
  let current = unwrapped(schema, value);
  let inside = value;
  for (const key of path) {
    inside = Object(inside)[key];
    if (current instanceof z.ZodObject)
      current = unwrapped((current.shape[String(key)] ?? z.never()) as z.ZodType, inside);
    else if (current instanceof z.ZodRecord) current = unwrapped(current.valueType as z.ZodType, inside);
    else if (current instanceof z.ZodArray) current = unwrapped(current.element as z.ZodType, inside);
  }
  return current;
}

function unwrapped(schema: z.ZodType, value: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodDefault) {
    return unwrapped(schema.unwrap() as z.ZodType, value);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator, options } = schema.def;
    const chosen = options.find((option) => {
      const literal = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
      return literal instanceof z.ZodLiteral && literal.values.has(Object(value)[discriminator]);
    });
    return (chosen ?? schema) as z.ZodType;
  }
  return schema;
}
