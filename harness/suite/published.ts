/**
 * The published reference numbers of `suites/published.yaml`: every row keeps the source that it was taken from. They are shown beside
 * results and take part in no test.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import { shownPath } from '../files/shown-path.js';
import { readYamlFile } from './read-yaml.js';
import { publishedFile } from './shipped-suites.js';

const text = z.string().trim().min(1);

const row = z.strictObject({
  model: text,
  setting: text,
  /** Column → the number as the source prints it. */
  values: z.record(text, text),
  /** What the model was asked, and how long its answers might be, where the source says it. */
  prompt: z.string().min(1).exactOptional(),
  maximumTokens: z.int().min(1).exactOptional(),
  source: z.strictObject({ citation: text, url: z.url() }),
  caveat: text.exactOptional(),
});

const measuredOn = z.strictObject({
  benchmark: text,
  split: text,
  /** The same in the terms of this package, for benchmarks that any model is evaluated on. */
  data: z.strictObject({ name: text, split: text }).exactOptional(),
});

const table = z
  .strictObject({
    title: text,
    metric: text,
    note: text,
    /** What a column was measured on, where its rows do not each say so themselves. */
    columns: z.record(text, z.union([measuredOn, z.strictObject({})])),
    rows: z.array(row).min(1),
  })
  .superRefine(({ columns, rows }, context) => {
    const known = Object.keys(columns);
    rows.forEach(({ values }, index) => {
      for (const name of Object.keys(values)) {
        if (known.includes(name)) continue;
        const message = `must name one of the columns (${known.join(', ')})`;
        context.addIssue({ code: 'custom', path: ['rows', index, 'values', name], message });
      }
      if (Object.keys(values).length === 0) {
        context.addIssue({ code: 'custom', path: ['rows', index, 'values'], message: 'must state a number' });
      }
    });
  });

const publishedSchema = z.strictObject({
  schemaVersion: z.literal(1),
  tables: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), table),
});

export interface PublishedTable extends z.infer<typeof table> {
  readonly id: string;
}

/** Ids of all tables, in the order of the file. */
export function publishedTableIds(): readonly string[] {
  return Object.keys(readTables());
}

/**
 * The tables of those ids, in the order asked for; without ids, all of them.
 * @throws UserError `suite-invalid` for an id that no table has
 */
export function readPublishedTables(ids?: readonly string[]): readonly PublishedTable[] {
  const tables = readTables();
  return (ids ?? Object.keys(tables)).map((id) => {
    const found = Object.hasOwn(tables, id) ? tables[id] : undefined;
    if (found !== undefined) return { id, ...found };
    const known = Object.keys(tables);
    const closest = closestName(id, known);
    throw new UserError({
      code: 'suite-invalid',
      what: `there is no published table "${id}"`,
      expected: `one of ${known.join(', ')}`,
      fix: closest === undefined ? 'name one of these' : `did you mean "${closest}"?`,
    });
  });
}

function readTables(): z.infer<typeof publishedSchema>['tables'] {
  return readYamlFile(shownPath(publishedFile()), publishedSchema).tables;
}
