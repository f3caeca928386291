/**
 * The JSON Schemas of suites, pilots and benchmarks, for editors: completion, descriptions and errors while one writes. It is made from the schema that suites
 * are read with; rules between fields are left to the reading.
 */
import { z } from 'zod';
import { benchmarkFields } from './benchmark/benchmark-schema.js';
import { pilotSchema } from './pilot-schema.js';
import { suiteSchema } from './schema.js';

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A suite that extends another may leave out what the other states, and set to null what it removes; in lists, which are replaced as a
 * whole, everything stays required.
 */
export function suiteJsonSchema(): JsonSchema {
  const { $schema, ...whole } = z.toJSONSchema(suiteSchema, { io: 'input', target: 'draft-07' }) as JsonSchema;
  return {
    $schema,
    title: 'vlm-bench suite',
    description: 'What a paper claims, or what is to be measured, and how it is tested.',
    type: 'object',
    if: { required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    then: { ...partly(whole), required: ['extends', 'id'] },
    else: whole,
  };
}

/** Of the pilot that stands beside a suite. */
export function pilotJsonSchema(): JsonSchema {
  const { $schema, ...whole } = z.toJSONSchema(pilotSchema, { io: 'input', target: 'draft-07' }) as JsonSchema;
  return {
    $schema,
    title: 'vlm-bench pilot',
    description: 'What was seen on the validation split before a suite was fixed.',
    ...whole,
  };
}

/** Of benchmarks, which any model is evaluated on. */
export function benchmarkJsonSchema(): JsonSchema {
  const { $schema, ...whole } = z.toJSONSchema(benchmarkFields, { io: 'input', target: 'draft-07' }) as JsonSchema;
  return {
    $schema,
    title: 'vlm-bench benchmark',
    description: 'What any model is asked, and how it is scored.',
    ...whole,
  };
}

function partly(schema: JsonSchema): JsonSchema {
  const { required: _, properties, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(isSchema(properties) ? { properties: mapped(properties) } : {}),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties: isSchema(additionalProperties) ? removable(additionalProperties) : additionalProperties,
        }),
  };
}

function mapped(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, isSchema(schema) ? removable(schema) : schema]),
  );
}

/** Descriptions stay at the top, where editors look for them. */
function removable(schema: JsonSchema): JsonSchema {
  const { description, ...rest } = partly(schema);
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: 'null' }] };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
