/**
 * A system's scores on images as a JSON document, one image per line so that a change of one image is a change of one line.
 * The same body serves scores files (`score captions --per-image FILE.json`, or written by other tools) and the gate's baselines.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { writeOutput } from '../score/write-output.js';
import { imageEntry, readImageEntries } from './image-entries.js';
import {
  type Aggregation,
  type System,
  type SystemItem,
  type SystemMetric,
  sortItems,
  systemMetric,
} from './system.js';

export const SCORES_FORMAT = 'vlm-bench scores 1';

const metricName = z.string().regex(/^[A-Za-z0-9][\w ./+@-]{0,79}$/, 'a short name that starts with a letter or digit');

const metricSchema = z.strictObject({
  /** How it was computed, in one line; scores are compared only where this is equal. */
  signature: z.string().min(1).max(4000),
  higherIsBetter: z.boolean().default(true),
  aggregation: z.enum(['mean', 'ratio', 'BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4']).default('mean'),
  /** Whose texts it judges. */
  group: z.string().default('captions'),
  /** Name of its entry in `scores` of each image, where metrics share one; by default its own name. */
  values: metricName.optional(),
  /** The score over all images for people who read the file; one per record. It is computed again when the file is read. */
  score: z.array(z.number()).optional(),
});

export const scoresHeaderShape = {
  label: z.string().min(1),
  /** Seed of each record; null where it has none. Absent for one record without a seed. */
  seeds: z.array(z.int().nullable()).min(1).default([null]),
  runIds: z.array(z.string()).optional(),
  commit: z.string().optional(),
  metrics: z.record(metricName, metricSchema),
};

const scoresHeaderSchema = z.strictObject({ format: z.literal(SCORES_FORMAT), ...scoresHeaderShape });

export type ScoresHeader = z.infer<z.ZodObject<typeof scoresHeaderShape>>;

/** A scores file's system. @throws UserError `data-invalid` naming the field, `score-invalid` for scores that are no numbers */
export function parseScoresFile(document: unknown, file: string): System {
  const { header, images } = splitDocument(document, scoresHeaderSchema, file);
  return systemOfDocument(header, images, file);
}

/** Checks everything but the images, which are many and checked one by one. */
export function splitDocument<Header>(
  document: unknown,
  schema: z.ZodType<Header>,
  file: string,
): { readonly header: Header; readonly images: unknown } {
  const { images, ...rest } = (typeof document === 'object' && document !== null ? document : {}) as {
    images?: unknown;
  };
  const parsed = schema.safeParse(rounded(rest));
  if (parsed.success) return { header: parsed.data, images };
  throw new UserError(
    parsed.error.issues.slice(0, 5).map(({ path, message }) => ({
      code: 'data-invalid' as const,
      what: message.endsWith('received undefined')
        ? `${path.join('.')} is missing`
        : message.charAt(0).toLowerCase() + message.slice(1),
      where: path.length === 0 ? file : `${file}, ${path.join('.')}`,
      fix: 'correct the field, or write the file again',
    })),
  );
}

/** Only identifiers need more digits than a double has. */
function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, rounded(entry)]));
}

export function systemOfDocument(header: ScoresHeader, images: unknown, file: string): System {
  const { label, seeds, runIds, commit } = header;
  const names = Object.keys(header.metrics);
  if (names.length === 0) {
    throw new UserError({
      code: 'data-invalid',
      what: 'the file holds no metric',
      where: `${file}, metrics`,
      expected: 'at least one metric with its signature',
      fix: 'write the file again',
    });
  }
  const entries = readImageEntries(images, seeds.length, file);
  const known = new Map<string, readonly (readonly Float64Array[])[]>();
  const metrics = names.map((name): SystemMetric => {
    const { signature, higherIsBetter, aggregation, group, values = name } = header.metrics[name]!;
    const columnCount = columnCounts[aggregation];
    const scored = entries.filter(({ scores }) => scores.has(values));
    if (scored.length === 0) {
      throw new UserError({
        code: 'score-invalid',
        what: `no image has a score ${JSON.stringify(values)}`,
        where: `${file}, images`,
        expected: `scores of metric ${name}`,
        fix: 'add the scores of every image, or remove the metric',
      });
    }
    // BLEU-1 … 4 are read from the same counts.
    const key = `${values} ${columnCount}`;
    const columns =
      known.get(key) ??
      seeds.map((_, record) =>
        Array.from({ length: columnCount }, (_, column) =>
          Float64Array.from(scored, (entry) => entry.value(values, record, column, columnCount)),
        ),
      );
    known.set(key, columns);
    return systemMetric({
      name,
      signature,
      higherIsBetter,
      aggregation,
      group,
      imageIds: scored.map(({ id }) => id),
      replicates: seeds.map((seed, record) => ({ ...(seed === null ? {} : { seed }), columns: columns[record]! })),
    });
  });
  return {
    label,
    origin: {
      kind: 'scores',
      paths: [file],
      ...(runIds === undefined ? {} : { runIds }),
      ...(commit === undefined ? {} : { commit }),
    },
    records: seeds.length,
    metrics,
    items: sortItems(entries.flatMap(({ items }) => items)),
  };
}

const columnCounts: Readonly<Record<Aggregation, number>> = {
  mean: 1,
  ratio: 2,
  'BLEU-1': 6,
  'BLEU-2': 6,
  'BLEU-3': 6,
  'BLEU-4': 6,
};

/** @throws UserError `file-unreadable` when the folder or the disk refuses */
export async function writeScoresFile(file: string, system: System): Promise<void> {
  await writeOutput(file, [documentText({ format: SCORES_FORMAT, ...headerOf(system) }, system)]);
}

/** The fields of a document that describe `system`, beside those of its kind of file. */
export function headerOf(system: System): ScoresHeader {
  const [first] = system.metrics;
  return {
    label: system.label,
    seeds: first!.replicates.map(({ seed }) => seed ?? null),
    ...(system.origin.runIds === undefined ? {} : { runIds: [...system.origin.runIds] }),
    ...(system.origin.commit === undefined ? {} : { commit: system.origin.commit }),
    metrics: Object.fromEntries(
      system.metrics.map(({ name, signature, higherIsBetter, aggregation, group, replicates }) => [
        name,
        {
          signature,
          higherIsBetter,
          aggregation,
          group,
          ...(aggregation.startsWith('BLEU-') ? { values: 'BLEU' } : {}),
          score: replicates.map(({ score }) => score),
        },
      ]),
    ),
  };
}

/**
 * The text of a document: fields of `header` one per line with sorted keys inside, then one image per line, sorted.
 * @param keep which texts to write: all that is known, or only what the system said
 */
export function documentText(
  header: Readonly<Record<string, unknown>>,
  { metrics, items }: Pick<System, 'metrics' | 'items'>,
  { references = true }: { readonly references?: boolean } = {},
): string {
  const fields = Object.entries(header).flatMap(([key, value]) =>
    value === undefined ? [] : [`${JSON.stringify(key)}: ${fieldText(key, value)}`],
  );
  const imageIds = [...new Set(metrics.flatMap((metric) => metric.imageIds))].sort((a, b) => (a < b ? -1 : 1));
  const positions = metrics.map((metric) => new Map(metric.imageIds.map((imageId, index) => [imageId, index])));
  const itemsOf = new Map<string, SystemItem[]>();
  for (const item of items) {
    const known = itemsOf.get(item.imageId);
    if (known === undefined) itemsOf.set(item.imageId, [item]);
    else known.push(item);
  }
  const lines = imageIds.map((imageId) => {
    const scores: Record<string, unknown> = {};
    metrics.forEach((metric, index) => {
      const position = positions[index]!.get(imageId);
      if (position === undefined) return;
      scores[metric.aggregation.startsWith('BLEU-') ? 'BLEU' : metric.name] = storedValues(metric, position);
    });
    return JSON.stringify(imageEntry(imageId, scores, itemsOf.get(imageId) ?? [], references));
  });
  return `{\n${fields.join(',\n')},\n"images": [\n${lines.join(',\n')}\n]\n}\n`;
}

/** Metrics and acceptances one per line; everything else on the line of its key. */
function fieldText(key: string, value: unknown): string {
  if (key === 'metrics') {
    const lines = Object.entries(value as object).map(
      ([name, entry]) => `${JSON.stringify(name)}: ${canonicalJson(entry)}`,
    );
    return `{\n${lines.join(',\n')}\n}`;
  }
  if (Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null) {
    return `[\n${value.map(canonicalJson).join(',\n')}\n]`;
  }
  return canonicalJson(value);
}

function storedValues({ aggregation, replicates }: SystemMetric, image: number): readonly unknown[] {
  const columns = columnCounts[aggregation];
  return replicates.map(({ columns: all }) => {
    const values = all.slice(0, columns).map((column) => column[image]!);
    return columns === 1 ? values[0] : values;
  });
}
