/**
 * A small validator of the part of JSON Schema (draft 7, https://json-schema.org/draft-07) that the suites' schema uses, so that it is
 * checked by other code than that which made it. A keyword that it does not know is an error, never ignored.
 */

type Schema = Readonly<Record<string, unknown>>;

const annotations = new Set(['$schema', 'title', 'description', 'examples', 'default', 'format']);

/** The paths at which a value breaks the schema; empty when it keeps it. */
export function violations(schema: Schema, value: unknown, path = ''): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (annotations.has(keyword)) return [];
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`the keyword ${keyword} at ${path} is not known to the validator`);
    return check(rule as never, value, path, schema);
  });
}

type Check = (rule: never, value: unknown, path: string, schema: Schema) => readonly string[];

const here = (broken: boolean, path: string, keyword: string) => (broken ? [`${path} ${keyword}`] : []);
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const holds = (schema: Schema, value: unknown) => violations(schema, value).length === 0;

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isMap,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

const keywords: Readonly<Record<string, Check>> = {
  type: (rule: string, value, path) => here(!types[rule]!(value), path, 'type'),
  const: (rule: unknown, value, path) => here(rule !== value, path, 'const'),
  enum: (rule: readonly unknown[], value, path) => here(!rule.includes(value), path, 'enum'),
  minimum: (rule: number, value, path) => here(typeof value === 'number' && value < rule, path, 'minimum'),
  maximum: (rule: number, value, path) => here(typeof value === 'number' && value > rule, path, 'maximum'),
  exclusiveMinimum: (rule: number, value, path) => here(typeof value === 'number' && value <= rule, path, 'above'),
  exclusiveMaximum: (rule: number, value, path) => here(typeof value === 'number' && value >= rule, path, 'below'),
  minLength: (rule: number, value, path) => here(typeof value === 'string' && value.length < rule, path, 'minLength'),
  pattern: (rule: string, value, path) =>
    here(typeof value === 'string' && !new RegExp(rule, 'u').test(value), path, 'pattern'),
  minItems: (rule: number, value, path) => here(Array.isArray(value) && value.length < rule, path, 'minItems'),
  items: (rule: Schema, value, path) =>
    Array.isArray(value) ? value.flatMap((item, index) => violations(rule, item, `${path}/${index}`)) : [],
  required: (rule: readonly string[], value, path) =>
    isMap(value) ? rule.flatMap((key) => here(!(key in value), `${path}/${key}`, 'required')) : [],
  properties: (rule: Readonly<Record<string, Schema>>, value, path) =>
    isMap(value)
      ? Object.entries(rule).flatMap(([key, schema]) =>
          key in value ? violations(schema, value[key], `${path}/${key}`) : [],
        )
      : [],
  additionalProperties: (rule: Schema | boolean, value, path, { properties = {} }) => {
    if (!isMap(value)) return [];
    const others = Object.keys(value).filter((key) => !(key in (properties as Schema)));
    return others.flatMap((key) => {
      if (typeof rule === 'boolean') return here(!rule, `${path}/${key}`, 'unknown');
      return violations(rule, value[key], `${path}/${key}`);
    });
  },
  propertyNames: (rule: Schema, value, path) =>
    isMap(value) ? Object.keys(value).flatMap((key) => violations(rule, key, `${path}/${key}`)) : [],
  anyOf: (rule: readonly Schema[], value, path) => here(!rule.some((schema) => holds(schema, value)), path, 'anyOf'),
  oneOf: (rule: readonly Schema[], value, path) =>
    here(rule.filter((schema) => holds(schema, value)).length !== 1, path, 'oneOf'),
  allOf: (rule: readonly Schema[], value, path) => rule.flatMap((schema) => violations(schema, value, path)),
  if: (rule: Schema, value, path, schema) => {
    const branch = schema[holds(rule, value) ? 'then' : 'else'] as Schema | undefined;
    return branch === undefined ? [] : violations(branch, value, path);
  },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, read by `if`.
  then: () => [],
  else: () => [],
};
